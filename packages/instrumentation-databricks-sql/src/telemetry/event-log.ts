import { context, trace } from '@opentelemetry/api';
import type { Attributes, Context } from '@opentelemetry/api';
import { clock } from '../clock';
import type { Guard } from '../guard';
import {
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_STATEMENT_DURATION,
  ATTR_DATABRICKS_STATEMENT_ID,
  ATTR_DATABRICKS_STATEMENT_URL,
  ATTR_DB_QUERY_TEXT,
  EVENT_DATABRICKS_CLIENT_STATEMENT_SLOW,
  EVENT_DB_CLIENT_OPERATION_EXCEPTION,
  OPERATION_EXECUTE_STATEMENT,
} from '../semconv';
import { exceptionAttributes, failureAttributes, stackFrames } from './failure';
import type { Failure } from './failure';
import { FailureSightings } from './failure-sightings';
import type { OperationEnd, StartedOperation } from './operation';

/** What is used of a `Logger` of the logs API, which is no dependency of this package. */
export interface EventLogger {
  emit(record: EventRecord): void;
  /** Absent in older releases of the API. */
  enabled?(): boolean;
}

interface EventRecord {
  readonly eventName: string;
  readonly severityNumber: number;
  readonly severityText: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly context: Context;
  readonly attributes: Attributes;
}

/** Where exceptions are recorded: as events of spans, as log records, or as both. */
export type ExceptionSignal = 'spans' | 'logs' | 'both';

const WARN = { severityNumber: 13, severityText: 'WARN' };

/** What `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` asks for; `logs/dup` wins over `logs`. */
export function exceptionSignal(optIn: string | undefined): ExceptionSignal {
  const values = new Set((optIn ?? '').split(',').map((value) => value.trim()));
  if (values.has('logs/dup')) return 'both';
  return values.has('logs') ? 'logs' : 'spans';
}

/** Slow statements and failures as log records, independent of the sampling of their spans. */
export class EventLog {
  readonly #recorded = new FailureSightings();
  readonly #signal = exceptionSignal(process.env['OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN']);
  readonly #guard: Guard;
  readonly #logger: () => EventLogger;

  constructor(guard: Guard, logger: () => EventLogger) {
    this.#guard = guard;
    this.#logger = logger;
  }

  /** Whether spans have exceptions as events. They do as well where no logger provider would take the log record. */
  get areExceptionsOnSpans(): boolean {
    return this.#signal !== 'logs' || !this.#isEnabled();
  }

  /** Whether operations are logged at all. */
  isLive(slowStatementMs: number | undefined): boolean {
    return (slowStatementMs !== undefined || this.#signal !== 'spans') && this.#isEnabled();
  }

  /** Whether the end of this operation is an event, so that its result is worth computing. */
  isEvent(
    operation: StartedOperation,
    { failure, endMs }: Pick<OperationEnd, 'failure' | 'endMs'>,
    slowStatementMs: number | undefined,
  ): boolean {
    if (operation.isSuppressed) return false;
    if (failure !== undefined) return slowStatementMs !== undefined || this.#signal !== 'spans';
    return slowStatementMs !== undefined && isSlow(operation, endMs, slowStatementMs);
  }

  /** Emits one record at most: a statement that is slow and fails has failed. */
  ended(operation: StartedOperation, end: OperationEnd, slowStatementMs: number | undefined): void {
    const { failure } = end;
    if (!this.isEvent(operation, end, slowStatementMs)) return;
    if (failure !== undefined && !this.#recorded.isFirst(failure)) return;
    if (!this.#isEnabled()) return;
    const nowMs = clock.monotonicMs();
    const endMs = end.endMs ?? nowMs;
    const { span } = operation;
    const active = context.active();
    this.#logger().emit({
      eventName:
        failure === undefined
          ? EVENT_DATABRICKS_CLIENT_STATEMENT_SLOW
          : EVENT_DB_CLIENT_OPERATION_EXCEPTION,
      ...WARN,
      timestamp: clock.epochMs() - (nowMs - endMs),
      context: span === undefined ? active : trace.setSpan(active, span),
      attributes: attributesOf(operation, end, endMs),
    });
  }

  #isEnabled(): boolean {
    return this.#guard.run('logger', () => this.#logger().enabled?.() ?? true) === true;
  }
}

function isSlow(
  { attributes, startMs }: StartedOperation,
  endMs: number | undefined,
  slowStatementMs: number,
): boolean {
  return (
    attributes[ATTR_DATABRICKS_OPERATION] === OPERATION_EXECUTE_STATEMENT &&
    (endMs ?? clock.monotonicMs()) - startMs >= slowStatementMs
  );
}

/** Those of the operation's span, without the text of the query. */
function attributesOf(
  { attributes: created, connection, startMs }: StartedOperation,
  { identity, result, published, failure }: OperationEnd,
  endMs: number,
): Attributes {
  const attributes: Attributes = {
    ...created,
    ...identity,
    ...(result ?? published),
    ...eventOfFailure(failure),
  };
  if (created[ATTR_DATABRICKS_OPERATION] === OPERATION_EXECUTE_STATEMENT) {
    attributes[ATTR_DATABRICKS_STATEMENT_DURATION] = Math.max(0, endMs - startMs) / 1000;
    const id = attributes[ATTR_DATABRICKS_STATEMENT_ID];
    const url = connection.statementUrl(typeof id === 'string' ? id : undefined);
    if (url !== undefined) attributes[ATTR_DATABRICKS_STATEMENT_URL] = url;
  }
  delete attributes[ATTR_DB_QUERY_TEXT];
  return attributes;
}

function eventOfFailure(failure: Failure | undefined): Attributes {
  return failure === undefined
    ? {}
    : {
        ...failureAttributes(failure),
        ...exceptionAttributes(failure, stackFrames(failure.error)),
      };
}
