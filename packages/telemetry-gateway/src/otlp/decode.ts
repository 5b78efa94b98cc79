import type { Attributes, HrTime } from '@opentelemetry/api';
import * as semconv from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Operation } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import {
  EXCEPTION_ATTRIBUTES,
  isObject,
  readAttributes,
  RESOURCE_ATTRIBUTES,
  SPAN_ATTRIBUTES,
} from './attributes';
import type { ReceivedSpan, SpanException, SpanOfProcess } from './span';

const OPERATIONS: ReadonlySet<unknown> = new Set(
  Object.entries(semconv)
    .filter(([name]) => name.startsWith('OPERATION_'))
    .map(([, value]) => value),
);

const TRACE_ID = /^[0-9a-f]{32}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
const NANOSECONDS = /^\d{1,20}$/;
const NO_ID = /^0+$/;
const NANOS_PER_SECOND = 1_000_000_000n;
const MAX_SECONDS = 2 ** 33;
const STATUS_ERROR = 2;
/** Events that are searched for the exception: a span of the instrumentation has one. */
const MAX_EVENTS = 128;

/** The spans of one export request. */
export interface Decoded {
  readonly spans: readonly SpanOfProcess[];
  /** Spans of other scopes, and of operations that are not known. */
  readonly ignored: number;
  /** Spans of the instrumentation's scope that cannot be read. */
  readonly malformed: number;
}

/**
 * Reads an OTLP export request, already parsed from JSON. Whatever it is, the result has only the instrumentation's spans,
 * and of them only what records are made of. `undefined` when it is no export request.
 */
export function decodeTraces(request: unknown): Decoded | undefined {
  if (!isObject(request) || Array.isArray(request)) return undefined;
  const resourceSpans = request['resourceSpans'] ?? [];
  if (!Array.isArray(resourceSpans)) return undefined;
  const spans: SpanOfProcess[] = [];
  let ignored = 0;
  let malformed = 0;
  for (const ofResource of resourceSpans as readonly unknown[]) {
    if (!isObject(ofResource)) continue;
    let resource: Attributes | undefined;
    for (const ofScope of listOf(ofResource['scopeSpans'])) {
      if (!isObject(ofScope)) continue;
      const list = listOf(ofScope['spans']);
      const { scope } = ofScope;
      if (!isObject(scope) || scope['name'] !== semconv.SCOPE_NAME) {
        ignored += list.length;
        continue;
      }
      resource ??= readResource(ofResource['resource']);
      for (const each of list) {
        const span = readSpan(each);
        if (span === 'ignored') ignored += 1;
        else if (span === 'malformed') malformed += 1;
        else spans.push({ span, resource });
      }
    }
  }
  return { spans, ignored, malformed };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Paths name users, and arguments carry secrets: neither is kept. */
function readResource(resource: unknown): Attributes {
  const attributes = readAttributes(
    isObject(resource) ? resource['attributes'] : undefined,
    RESOURCE_ATTRIBUTES,
  );
  const { 'process.command': script, 'process.executable.name': title } = attributes;
  if (typeof script === 'string') attributes['process.command'] = lastSegment(script);
  if (typeof title === 'string') {
    const program = programOf(title);
    if (program === undefined) delete attributes['process.executable.name'];
    else attributes['process.executable.name'] = program;
  }
  return attributes;
}

function lastSegment(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** `undefined` where a space may be part of a directory. */
function programOf(commandLine: string): string | undefined {
  const [program = '', ...words] = commandLine.trim().split(/\s+/);
  const isCut = /[/\\]/.test(program) && words.some((word) => /[/\\]/.test(word));
  return isCut ? undefined : lastSegment(program);
}

function readSpan(value: unknown): ReceivedSpan | 'ignored' | 'malformed' {
  if (!isObject(value)) return 'malformed';
  const attributes = readAttributes(value['attributes'], SPAN_ATTRIBUTES);
  const operation = attributes[semconv.ATTR_DATABRICKS_OPERATION];
  if (!OPERATIONS.has(operation)) return 'ignored';
  const traceId = readId(value['traceId'], TRACE_ID);
  const spanId = readId(value['spanId'], SPAN_ID);
  const start = readTime(value['startTimeUnixNano']);
  const end = readTime(value['endTimeUnixNano']);
  if (traceId === undefined || spanId === undefined || start === undefined || end === undefined) {
    return 'malformed';
  }
  const { status } = value;
  const code = isObject(status) ? status['code'] : undefined;
  const exception = readException(value['events']);
  return {
    traceId,
    spanId,
    operation: operation as Operation,
    start,
    end,
    hasFailed: code === STATUS_ERROR || code === 'STATUS_CODE_ERROR',
    attributes,
    ...(exception === undefined ? {} : { exception }),
  };
}

function readId(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) && !NO_ID.test(value)
    ? value.toLowerCase()
    : undefined;
}

/** Nanoseconds since the epoch: text in JSON, and a number of some senders. */
function readTime(value: unknown): HrTime | undefined {
  const isInteger = typeof value === 'number' && Number.isInteger(value) && value >= 0;
  const digits = isInteger ? String(BigInt(value)) : value;
  if (typeof digits !== 'string' || !NANOSECONDS.test(digits)) return undefined;
  const nanoseconds = BigInt(digits);
  const seconds = Number(nanoseconds / NANOS_PER_SECOND);
  return seconds > MAX_SECONDS ? undefined : [seconds, Number(nanoseconds % NANOS_PER_SECOND)];
}

function readException(events: unknown): SpanException | undefined {
  for (const event of listOf(events).slice(0, MAX_EVENTS)) {
    if (!isObject(event) || event['name'] !== 'exception') continue;
    const attributes = readAttributes(event['attributes'], EXCEPTION_ATTRIBUTES);
    return { time: readTime(event['timeUnixNano']) ?? [0, 0], attributes };
  }
  return undefined;
}
