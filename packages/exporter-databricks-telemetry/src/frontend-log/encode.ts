import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX,
  ATTR_DATABRICKS_CLOUDFETCH_COMPRESSED,
  ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION,
  ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION,
  ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION,
  ATTR_DATABRICKS_HTTP_RETRY_COUNT,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT,
  ATTR_DATABRICKS_RESULT_CHUNK_COUNT,
  ATTR_DATABRICKS_RESULT_COMPRESSED,
  ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION,
  ATTR_DATABRICKS_RESULT_READY_DURATION,
  ATTR_DATABRICKS_SESSION_ID,
  ATTR_DATABRICKS_STATEMENT_ID,
  ATTR_DATABRICKS_STATEMENT_POLL_COUNT,
  ATTR_DATABRICKS_STATEMENT_POLL_DURATION,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from '../otel';
import { count, epochMillis, flag, hrTimeToMillis, millis, text } from '../attribute-values';
import type { ConnectionFacts } from './connection-facts';
import { anonymousEventId, eventId } from './event-id';
import * as fragment from './fragments';
import { embed, flat, quoted } from './json-in-json';
import {
  errorName,
  errorStack,
  executionResult,
  operationFacts,
  statementType,
  statementVerb,
  volumeOperationType,
} from './operation-facts';

/** The static parts of a connection's logs, encoded once. */
export interface PreparedConnection {
  /** From the start to the event id. */
  readonly head: string;
  /** From the event id to the time. */
  readonly context: string;
  /** From the time to the first field of the record. */
  readonly entry: string;
}

/** The log of a record up to its time is the same for a connection; so is what follows up to the record's own fields. */
export function prepareConnection(facts: ConnectionFacts, userAgent: string): PreparedConnection {
  const { workspaceId, authType, systemConfiguration, connectionParameters } = facts;
  return {
    head: flat(
      `{${workspaceId === undefined ? '' : `${fragment.WORKSPACE_ID}${workspaceId},`}${fragment.EVENT_ID}\\"`,
    ),
    context: flat(
      fragment.CLIENT_CONTEXT + fragment.USER_AGENT + quoted(userAgent) + fragment.TIMESTAMP_NEXT,
    ),
    entry: flat(
      fragment.SQL_DRIVER_LOG +
        fragment.SYSTEM_CONFIGURATION +
        embed(systemConfiguration) +
        fragment.CONNECTION_PARAMETERS_NEXT +
        embed(connectionParameters) +
        (authType === undefined ? '' : fragment.AUTH_TYPE_NEXT + quoted(authType)),
    ),
  };
}

/** The log of a call: its kind, latencies and figures. */
export function encodeOperation(
  span: ReadableSpan,
  connection: PreparedConnection,
  completion?: Attributes,
  staging?: Attributes,
): string {
  const { attributes } = span;
  return (
    connection.head +
    eventId(span.spanContext(), 'operation') +
    connection.context +
    epochMillis(span.startTime) +
    connection.entry +
    ids(attributes, completion) +
    operationFields(attributes, completion, staging) +
    fragment.LATENCY_NEXT +
    hrTimeToMillis(span.duration) +
    '}}}'
  );
}

/** The log of one failure, beside that of the call. */
export function encodeError(span: ReadableSpan, connection: PreparedConnection): string {
  const { attributes } = span;
  const stack = errorStack(span.events);
  return (
    connection.head +
    eventId(span.spanContext(), 'error') +
    connection.context +
    epochMillis(span.endTime) +
    connection.entry +
    ids(attributes, undefined) +
    operationDetail(text(attributes, ATTR_DATABRICKS_OPERATION) ?? '', attributes) +
    number(fragment.CHUNK_ID_NEXT, count(attributes, ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX)) +
    number(fragment.RETRY_COUNT_NEXT, count(attributes, ATTR_DATABRICKS_HTTP_RETRY_COUNT)) +
    '}' +
    fragment.ERROR_NAME +
    quoted(errorName(attributes, span.events)) +
    (stack === undefined ? '}}}}' : `${fragment.STACK_TRACE_NEXT}${quoted(stack)}}}}}`)
  );
}

/**
 * The log of a failure that cannot be authenticated: what kind of call failed and how, and nothing by which it could be
 * linked to a workspace, a session or a user.
 */
export function encodeAnonymousError(span: ReadableSpan, userAgent: string): string {
  const operation = text(span.attributes, ATTR_DATABRICKS_OPERATION) ?? '';
  return (
    `{${fragment.EVENT_ID}\\"${anonymousEventId()}${fragment.CLIENT_CONTEXT}${fragment.USER_AGENT}` +
    `${quoted(userAgent)}${fragment.TIMESTAMP_NEXT}${epochMillis(span.endTime)}` +
    fragment.SQL_DRIVER_LOG +
    `${fragment.sqlOperation(operation)}}}`.slice(1) +
    `${fragment.ERROR_NAME}${quoted(errorName(span.attributes, span.events))}` +
    `${fragment.STACK_TRACE_NEXT}\\"\\"}}}}`
  );
}

function ids(attributes: Attributes, completion: Attributes | undefined): string {
  const session =
    text(attributes, ATTR_DATABRICKS_SESSION_ID) ?? text(completion, ATTR_DATABRICKS_SESSION_ID);
  const statement =
    text(attributes, ATTR_DATABRICKS_STATEMENT_ID) ??
    text(completion, ATTR_DATABRICKS_STATEMENT_ID);
  return (
    (session === undefined ? '' : sessionField(session)) +
    (statement === undefined ? '' : fragment.STATEMENT_ID_NEXT + quoted(statement))
  );
}

let lastSession = '';
let lastSessionField = '';

/** Records of one session follow each other. */
function sessionField(session: string): string {
  if (session !== lastSession) {
    lastSession = session;
    lastSessionField = flat(fragment.SESSION_ID_NEXT + quoted(session));
  }
  return lastSessionField;
}

function operationFields(
  attributes: Attributes,
  completion: Attributes | undefined,
  staging: Attributes | undefined,
): string {
  const operation = text(attributes, ATTR_DATABRICKS_OPERATION) ?? '';
  const facts = operationFacts(operation);
  const verb = facts.statementType === undefined ? statementVerb(attributes) : undefined;
  const type = facts.statementType ?? (verb === undefined ? undefined : statementType(verb));
  const volumeType =
    (staging &&
      operationFacts(text(staging, ATTR_DATABRICKS_OPERATION) ?? '').volumeOperationType) ??
    facts.volumeOperationType ??
    (type === 'VOLUME' && verb !== undefined ? volumeOperationType(verb) : undefined);
  const compressed =
    flag(completion, ATTR_DATABRICKS_RESULT_COMPRESSED) ??
    flag(attributes, ATTR_DATABRICKS_RESULT_COMPRESSED) ??
    flag(completion, ATTR_DATABRICKS_CLOUDFETCH_COMPRESSED) ??
    flag(attributes, ATTR_DATABRICKS_CLOUDFETCH_COMPRESSED);
  const format = executionResult(attributes, completion);
  // A call without totals of its own is its own completion.
  const totals = completion ?? attributes;
  return (
    (volumeType === undefined ? '' : fragment.volumeOperation(volumeType)) +
    operationDetail(operation, attributes) +
    (type === undefined ? '' : fragment.STATEMENT_TYPE_NEXT[type]) +
    (compressed === undefined
      ? ''
      : compressed
        ? fragment.COMPRESSED_NEXT
        : fragment.UNCOMPRESSED_NEXT) +
    (facts.hasResult === true || format !== 'FORMAT_UNSPECIFIED'
      ? fragment.EXECUTION_RESULT_NEXT[format]
      : '') +
    number(fragment.RETRY_COUNT_NEXT, retryCount(attributes, completion)) +
    chunkDetails(totals) +
    resultLatency(totals) +
    '}'
  );
}

/** Opens `sql_operation` and writes the one message that it always has. */
function operationDetail(operation: string, attributes: Attributes): string {
  return (
    fragment.sqlOperation(operation) +
    number(fragment.STATUS_CALLS_NEXT, count(attributes, ATTR_DATABRICKS_STATEMENT_POLL_COUNT)) +
    number(
      fragment.STATUS_LATENCY_NEXT,
      millis(attributes, ATTR_DATABRICKS_STATEMENT_POLL_DURATION),
    ) +
    '}'
  );
}

function chunkDetails(totals: Attributes): string {
  const present = count(totals, ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT);
  const iterated = count(totals, ATTR_DATABRICKS_RESULT_CHUNK_COUNT);
  // Chunks and their times are known together or not at all.
  if (present === undefined && iterated === undefined) return '';
  return (
    (present === undefined
      ? fragment.CHUNKS_ITERATED_ONLY + iterated
      : fragment.CHUNKS_PRESENT + present + number(fragment.CHUNKS_ITERATED_NEXT, iterated)) +
    number(fragment.CHUNK_INITIAL_NEXT, millis(totals, ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION)) +
    number(
      fragment.CHUNK_SLOWEST_NEXT,
      millis(totals, ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION),
    ) +
    number(fragment.CHUNK_SUM_NEXT, millis(totals, ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION)) +
    '}'
  );
}

function resultLatency(totals: Attributes): string {
  const ready = millis(totals, ATTR_DATABRICKS_RESULT_READY_DURATION);
  const consumption = millis(totals, ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION);
  if (ready !== undefined) {
    return `${fragment.RESULT_READY + ready + number(fragment.RESULT_CONSUMPTION_NEXT, consumption)}}`;
  }
  return consumption === undefined ? '' : `${fragment.RESULT_CONSUMPTION_ONLY}${consumption}}`;
}

/** Retries of the statement, downloads included: those of the call are among those its close counts. */
function retryCount(
  attributes: Attributes,
  completion: Attributes | undefined,
): number | undefined {
  const own = count(attributes, ATTR_DATABRICKS_HTTP_RETRY_COUNT);
  const later = count(completion, ATTR_DATABRICKS_HTTP_RETRY_COUNT);
  return own === undefined || later === undefined ? (own ?? later) : Math.max(own, later);
}

function number(name: string, value: number | undefined): string {
  return value === undefined ? '' : name + value;
}
