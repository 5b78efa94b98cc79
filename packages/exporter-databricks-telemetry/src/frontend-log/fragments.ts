import { typedOperations } from './operation-facts';
import { flat, key, next } from './json-in-json';
import {
  EXECUTION_RESULT_FORMATS,
  type ChunkDetails,
  type ClientContext,
  type DriverErrorInfo,
  type ExecutionResultFormat,
  type OperationDetail,
  type ResultLatency,
  STATEMENT_TYPES,
  type SqlDriverLog,
  type SqlExecutionEvent,
  type StatementType,
  type TelemetryFrontendLog,
  VOLUME_OPERATION_TYPES,
  type VolumeOperationEvent,
  type VolumeOperationType,
} from './schema';

/*
 * The texts that an encoded log is put together from, each as long as it can be: what encoding costs is the number of
 * pieces. `…_NEXT` begins with the comma after another field; the others are the first of their message.
 */

export const EVENT_ID = key('frontend_log_event_id' satisfies keyof TelemetryFrontendLog);
export const WORKSPACE_ID = key('workspace_id' satisfies keyof TelemetryFrontendLog);
/** `\"` ends the event id. */
export const CLIENT_CONTEXT = flat(
  `\\"${next('context' satisfies keyof TelemetryFrontendLog)}{${key('client_context' satisfies keyof TelemetryFrontendLog['context'])}{`,
);
export const USER_AGENT = key('user_agent' satisfies keyof ClientContext);
export const TIMESTAMP_NEXT = next('timestamp_millis' satisfies keyof ClientContext);
/** Ends the context. */
export const SQL_DRIVER_LOG = flat(
  `}}${next('entry' satisfies keyof TelemetryFrontendLog)}{${key('sql_driver_log' satisfies keyof TelemetryFrontendLog['entry'])}{`,
);

export const SYSTEM_CONFIGURATION = key('system_configuration' satisfies keyof SqlDriverLog);
export const CONNECTION_PARAMETERS_NEXT = next(
  'driver_connection_params' satisfies keyof SqlDriverLog,
);
export const AUTH_TYPE_NEXT = next('auth_type' satisfies keyof SqlDriverLog);
export const SESSION_ID_NEXT = next('session_id' satisfies keyof SqlDriverLog);
export const STATEMENT_ID_NEXT = next('sql_statement_id' satisfies keyof SqlDriverLog);
export const LATENCY_NEXT = next('operation_latency_ms' satisfies keyof SqlDriverLog);

export const CHUNK_ID_NEXT = next('chunk_id' satisfies keyof SqlExecutionEvent);
export const RETRY_COUNT_NEXT = next('retry_count' satisfies keyof SqlExecutionEvent);
const IS_COMPRESSED = 'is_compressed' satisfies keyof SqlExecutionEvent;
export const COMPRESSED_NEXT = next(IS_COMPRESSED, true);
export const UNCOMPRESSED_NEXT = next(IS_COMPRESSED, false);

const CHUNK_DETAILS_NEXT = next('chunk_details' satisfies keyof SqlExecutionEvent);
const CHUNKS_ITERATED = 'total_chunks_iterated' satisfies keyof ChunkDetails;
/** The message with its first field. */
export const CHUNKS_PRESENT = flat(
  `${CHUNK_DETAILS_NEXT}{${key('total_chunks_present' satisfies keyof ChunkDetails)}`,
);
export const CHUNKS_ITERATED_ONLY = flat(`${CHUNK_DETAILS_NEXT}{${key(CHUNKS_ITERATED)}`);
export const CHUNKS_ITERATED_NEXT = next(CHUNKS_ITERATED);
export const CHUNK_INITIAL_NEXT = next('initial_chunk_latency_millis' satisfies keyof ChunkDetails);
export const CHUNK_SLOWEST_NEXT = next('slowest_chunk_latency_millis' satisfies keyof ChunkDetails);
export const CHUNK_SUM_NEXT = next('sum_chunks_download_time_millis' satisfies keyof ChunkDetails);

const RESULT_LATENCY_NEXT = next('result_latency' satisfies keyof SqlExecutionEvent);
const RESULT_CONSUMPTION = 'result_set_consumption_latency_millis' satisfies keyof ResultLatency;
export const RESULT_READY = flat(
  `${RESULT_LATENCY_NEXT}{${key('result_set_ready_latency_millis' satisfies keyof ResultLatency)}`,
);
export const RESULT_CONSUMPTION_ONLY = flat(`${RESULT_LATENCY_NEXT}{${key(RESULT_CONSUMPTION)}`);
export const RESULT_CONSUMPTION_NEXT = next(RESULT_CONSUMPTION);

export const STATUS_CALLS_NEXT = next('n_operation_status_calls' satisfies keyof OperationDetail);
export const STATUS_LATENCY_NEXT = next(
  'operation_status_latency_millis' satisfies keyof OperationDetail,
);

/** `error_info` up to the name's value. */
export const ERROR_NAME = flat(
  `${next('error_info' satisfies keyof SqlDriverLog)}{${key('error_name' satisfies keyof DriverErrorInfo)}`,
);
export const STACK_TRACE_NEXT = next('stack_trace' satisfies keyof DriverErrorInfo);

const SQL_OPERATION = 'sql_operation' satisfies keyof SqlDriverLog;
const OPERATION_DETAIL = key('operation_detail' satisfies keyof SqlExecutionEvent);
const OPERATION_TYPE = 'operation_type' satisfies keyof OperationDetail;
const UNTYPED_OPERATION = flat(
  `${next(SQL_OPERATION)}{${OPERATION_DETAIL}{${key('is_internal_call' satisfies keyof OperationDetail)}false`,
);
const TYPED_OPERATIONS: ReadonlyMap<string, string> = new Map(
  typedOperations().map(({ operation, operationType }) => [
    operation,
    flat(UNTYPED_OPERATION + next(OPERATION_TYPE, operationType)),
  ]),
);

/** `sql_operation` up to the calls of its detail. All calls that make spans are the application's, none is internal. */
export function sqlOperation(operation: string): string {
  return TYPED_OPERATIONS.get(operation) ?? UNTYPED_OPERATION;
}

/** The field of each value of an enum. */
function fields<Value extends string>(
  name: string,
  values: readonly Value[],
): Readonly<Record<Value, string>> {
  const entries = values.map((value) => [value, next(name, value)] as const);
  return Object.fromEntries(entries) as Record<Value, string>;
}

export const STATEMENT_TYPE_NEXT: Readonly<Record<StatementType, string>> = fields(
  'statement_type' satisfies keyof SqlExecutionEvent,
  STATEMENT_TYPES,
);
export const EXECUTION_RESULT_NEXT: Readonly<Record<ExecutionResultFormat, string>> = fields(
  'execution_result' satisfies keyof SqlExecutionEvent,
  EXECUTION_RESULT_FORMATS,
);

const VOLUME_OPERATION_TYPE = key('volume_operation_type' satisfies keyof VolumeOperationEvent);

export function volumeOperation(type: VolumeOperationType): string {
  return VOLUME_OPERATIONS[type];
}

const VOLUME_OPERATIONS = Object.fromEntries(
  VOLUME_OPERATION_TYPES.map((type) => [
    type,
    flat(
      `${next('vol_operation' satisfies keyof SqlDriverLog)}{${VOLUME_OPERATION_TYPE}\\"${type}\\"}`,
    ),
  ]),
) as Record<VolumeOperationType, string>;
