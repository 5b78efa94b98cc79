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
  ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION,
  ATTR_DATABRICKS_RESULT_READY_DURATION,
  ATTR_DATABRICKS_SESSION_ID,
  ATTR_DATABRICKS_STATEMENT_ID,
  ATTR_DATABRICKS_STATEMENT_POLL_COUNT,
  ATTR_DATABRICKS_STATEMENT_POLL_DURATION,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from '../otel';
import { count, flag, hrTimeToMillis, millis, text } from './attribute-values';
import type { ConnectionFacts } from './connection-facts';
import { anonymousEventId, eventId } from './event-id';
import { embed, key, quoted } from './json-in-json';
import {
  errorName,
  errorStack,
  executionResult,
  operationFacts,
  statementType,
  statementVerb,
  volumeOperationType,
} from './operation-facts';
import type {
  ChunkDetails,
  ClientContext,
  DriverErrorInfo,
  OperationDetail,
  ResultLatency,
  SqlDriverLog,
  SqlExecutionEvent,
  TelemetryFrontendLog,
  VolumeOperationEvent,
} from './schema';

/** The static parts of a connection's logs, encoded once. */
export interface PreparedConnection {
  /** From the start to the event id. */
  readonly head: string;
  /** From the event id to the time. */
  readonly context: string;
  /** From the time to the first field of the record. */
  readonly entry: string;
}

const EVENT_ID = key('frontend_log_event_id' satisfies keyof TelemetryFrontendLog);
const CONTEXT = key('context' satisfies keyof TelemetryFrontendLog);
const CLIENT_CONTEXT = key('client_context' satisfies keyof TelemetryFrontendLog['context']);
const USER_AGENT = key('user_agent' satisfies keyof ClientContext);
const TIMESTAMP = key('timestamp_millis' satisfies keyof ClientContext);
const ENTRY = key('entry' satisfies keyof TelemetryFrontendLog);
const SQL_DRIVER_LOG = key('sql_driver_log' satisfies keyof TelemetryFrontendLog['entry']);
const WORKSPACE_ID = key('workspace_id' satisfies keyof TelemetryFrontendLog);
const SYSTEM_CONFIGURATION = key('system_configuration' satisfies keyof SqlDriverLog);
const CONNECTION_PARAMETERS = key('driver_connection_params' satisfies keyof SqlDriverLog);
const AUTH_TYPE = key('auth_type' satisfies keyof SqlDriverLog);
const SESSION_ID = key('session_id' satisfies keyof SqlDriverLog);
const STATEMENT_ID = key('sql_statement_id' satisfies keyof SqlDriverLog);
const LATENCY = key('operation_latency_ms' satisfies keyof SqlDriverLog);
const VOLUME_OPERATION = key('vol_operation' satisfies keyof SqlDriverLog);
const VOLUME_OPERATION_TYPE = key('volume_operation_type' satisfies keyof VolumeOperationEvent);
const SQL_OPERATION = key('sql_operation' satisfies keyof SqlDriverLog);
const STATEMENT_TYPE = key('statement_type' satisfies keyof SqlExecutionEvent);
const IS_COMPRESSED = key('is_compressed' satisfies keyof SqlExecutionEvent);
const EXECUTION_RESULT = key('execution_result' satisfies keyof SqlExecutionEvent);
const CHUNK_ID = key('chunk_id' satisfies keyof SqlExecutionEvent);
const RETRY_COUNT = key('retry_count' satisfies keyof SqlExecutionEvent);
const CHUNK_DETAILS = key('chunk_details' satisfies keyof SqlExecutionEvent);
const RESULT_LATENCY = key('result_latency' satisfies keyof SqlExecutionEvent);
const OPERATION_DETAIL = key('operation_detail' satisfies keyof SqlExecutionEvent);
const CHUNKS_PRESENT = key('total_chunks_present' satisfies keyof ChunkDetails);
const CHUNKS_ITERATED = key('total_chunks_iterated' satisfies keyof ChunkDetails);
const CHUNK_INITIAL = key('initial_chunk_latency_millis' satisfies keyof ChunkDetails);
const CHUNK_SLOWEST = key('slowest_chunk_latency_millis' satisfies keyof ChunkDetails);
const CHUNK_SUM = key('sum_chunks_download_time_millis' satisfies keyof ChunkDetails);
const RESULT_READY = key('result_set_ready_latency_millis' satisfies keyof ResultLatency);
const RESULT_CONSUMPTION = key(
  'result_set_consumption_latency_millis' satisfies keyof ResultLatency,
);
const STATUS_CALLS = key('n_operation_status_calls' satisfies keyof OperationDetail);
const STATUS_LATENCY = key('operation_status_latency_millis' satisfies keyof OperationDetail);
const OPERATION_TYPE = key('operation_type' satisfies keyof OperationDetail);
const IS_INTERNAL_CALL = key('is_internal_call' satisfies keyof OperationDetail);
const ERROR_INFO = key('error_info' satisfies keyof SqlDriverLog);
const ERROR_NAME = key('error_name' satisfies keyof DriverErrorInfo);
const STACK_TRACE = key('stack_trace' satisfies keyof DriverErrorInfo);

/** The log of a record up to its time is the same for a connection; so is what follows up to the record's own fields. */
export function prepareConnection(facts: ConnectionFacts, userAgent: string): PreparedConnection {
  return {
    head:
      facts.workspaceId === undefined
        ? `{${EVENT_ID}\\"`
        : `{${WORKSPACE_ID}${facts.workspaceId},${EVENT_ID}\\"`,
    context: `\\",${CONTEXT}{${CLIENT_CONTEXT}{${USER_AGENT}${quoted(userAgent)},${TIMESTAMP}`,
    entry:
      `}},${ENTRY}{${SQL_DRIVER_LOG}{${SYSTEM_CONFIGURATION}${embed(facts.systemConfiguration)}` +
      `,${CONNECTION_PARAMETERS}${embed(facts.connectionParameters)}` +
      (facts.authType === undefined ? '' : `,${AUTH_TYPE}${quoted(facts.authType)}`),
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
    hrTimeToMillis(span.startTime) +
    connection.entry +
    ids(attributes, completion) +
    operationFields(attributes, completion, staging) +
    `,${LATENCY}${hrTimeToMillis(span.duration)}}}}`
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
    hrTimeToMillis(span.endTime) +
    connection.entry +
    ids(attributes, undefined) +
    failedOperationFields(attributes) +
    `,${ERROR_INFO}{${ERROR_NAME}${quoted(errorName(attributes, span.events))}` +
    (stack === undefined ? '}}}}' : `,${STACK_TRACE}${quoted(stack)}}}}}`)
  );
}

/**
 * The log of a failure that cannot be authenticated: what kind of call failed and how, and nothing by which it could be
 * linked to a workspace, a session or a user.
 */
export function encodeAnonymousError(span: ReadableSpan, userAgent: string): string {
  const { operationType } = operationFacts(text(span.attributes, ATTR_DATABRICKS_OPERATION) ?? '');
  return (
    `{${EVENT_ID}\\"${anonymousEventId()}\\",${CONTEXT}{${CLIENT_CONTEXT}{` +
    `${USER_AGENT}${quoted(userAgent)},${TIMESTAMP}${hrTimeToMillis(span.endTime)}}},` +
    `${ENTRY}{${SQL_DRIVER_LOG}{` +
    (operationType === undefined
      ? ''
      : `${SQL_OPERATION}{${OPERATION_DETAIL}{${OPERATION_TYPE}\\"${operationType}\\"}},`) +
    `${ERROR_INFO}{${ERROR_NAME}${quoted(errorName(span.attributes, span.events))},` +
    `${STACK_TRACE}\\"\\"}}}}`
  );
}

/** The request's body around encoded logs. */
export function encodeBody(logs: readonly string[], uploadTimeMs: number): string {
  return `{"uploadTime":${uploadTimeMs},"items":[],"protoLogs":["${logs.join('","')}"]}`;
}

function ids(attributes: Attributes, completion: Attributes | undefined): string {
  const session =
    text(attributes, ATTR_DATABRICKS_SESSION_ID) ?? text(completion, ATTR_DATABRICKS_SESSION_ID);
  const statement =
    text(attributes, ATTR_DATABRICKS_STATEMENT_ID) ??
    text(completion, ATTR_DATABRICKS_STATEMENT_ID);
  return (
    (session === undefined ? '' : `,${SESSION_ID}${quoted(session)}`) +
    (statement === undefined ? '' : `,${STATEMENT_ID}${quoted(statement)}`)
  );
}

function operationFields(
  attributes: Attributes,
  completion: Attributes | undefined,
  staging: Attributes | undefined,
): string {
  const facts = operationFacts(text(attributes, ATTR_DATABRICKS_OPERATION) ?? '');
  const verb = facts.statementType === undefined ? statementVerb(attributes) : undefined;
  const type = facts.statementType ?? (verb === undefined ? undefined : statementType(verb));
  const volumeType =
    operationFacts(text(staging, ATTR_DATABRICKS_OPERATION) ?? '').volumeOperationType ??
    facts.volumeOperationType ??
    (verb === undefined ? undefined : volumeOperationType(verb));
  const compressed =
    flag(completion, ATTR_DATABRICKS_CLOUDFETCH_COMPRESSED) ??
    flag(attributes, ATTR_DATABRICKS_CLOUDFETCH_COMPRESSED);
  // A call without totals of its own is its own completion.
  const totals = completion ?? attributes;

  let fields = '';
  if (type !== undefined) {
    fields += `,${STATEMENT_TYPE}\\"${type}\\"`;
  }
  if (compressed !== undefined) {
    fields += `,${IS_COMPRESSED}${compressed}`;
  }
  const format = executionResult(attributes, completion);
  if (facts.hasResult === true || format !== 'FORMAT_UNSPECIFIED') {
    fields += `,${EXECUTION_RESULT}\\"${format}\\"`;
  }
  fields += number(RETRY_COUNT, retryCount(attributes, completion));
  fields += group(
    CHUNK_DETAILS,
    number(CHUNK_INITIAL, millis(totals, ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION)) +
      number(CHUNK_SLOWEST, millis(totals, ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION)) +
      number(CHUNKS_PRESENT, count(totals, ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT)) +
      number(CHUNKS_ITERATED, count(totals, ATTR_DATABRICKS_RESULT_CHUNK_COUNT)) +
      number(CHUNK_SUM, millis(totals, ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION)),
  );
  fields += group(
    RESULT_LATENCY,
    number(RESULT_READY, millis(totals, ATTR_DATABRICKS_RESULT_READY_DURATION)) +
      number(RESULT_CONSUMPTION, millis(totals, ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION)),
  );
  fields += group(
    OPERATION_DETAIL,
    number(STATUS_CALLS, count(attributes, ATTR_DATABRICKS_STATEMENT_POLL_COUNT)) +
      number(STATUS_LATENCY, millis(attributes, ATTR_DATABRICKS_STATEMENT_POLL_DURATION)) +
      (facts.operationType === undefined
        ? ''
        : `,${OPERATION_TYPE}\\"${facts.operationType}\\",${IS_INTERNAL_CALL}false`),
  );
  return (
    (volumeType === undefined
      ? ''
      : `,${VOLUME_OPERATION}{${VOLUME_OPERATION_TYPE}\\"${volumeType}\\"}`) +
    group(SQL_OPERATION, fields)
  );
}

function failedOperationFields(attributes: Attributes): string {
  const { operationType } = operationFacts(text(attributes, ATTR_DATABRICKS_OPERATION) ?? '');
  return group(
    SQL_OPERATION,
    number(CHUNK_ID, count(attributes, ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX)) +
      number(RETRY_COUNT, count(attributes, ATTR_DATABRICKS_HTTP_RETRY_COUNT)) +
      (operationType === undefined
        ? ''
        : `,${OPERATION_DETAIL}{${OPERATION_TYPE}\\"${operationType}\\",${IS_INTERNAL_CALL}false}`),
  );
}

/** Retries of the call itself and of what came after it, such as its downloads. */
function retryCount(
  attributes: Attributes,
  completion: Attributes | undefined,
): number | undefined {
  const own = count(attributes, ATTR_DATABRICKS_HTTP_RETRY_COUNT);
  const later = count(completion, ATTR_DATABRICKS_HTTP_RETRY_COUNT);
  return own === undefined || later === undefined ? (own ?? later) : own + later;
}

function number(name: string, value: number | undefined): string {
  return value === undefined ? '' : `,${name}${value}`;
}

/** @param fields each with its leading comma; a message without any is left out. */
function group(name: string, fields: string): string {
  return fields === '' ? '' : `,${name}{${fields.slice(1)}}`;
}
