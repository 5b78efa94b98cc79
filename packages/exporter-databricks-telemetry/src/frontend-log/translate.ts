import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX,
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
  ATTR_DATABRICKS_STATEMENT_STATE,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { count, flag, hrTimeToMillis, secondsToMillis, text } from '../attribute-values';
import type { ReadableSpan } from '../otel';
import type { Join } from '../record';
import type { ConnectionFacts } from './connection-facts';
import { Encoder } from './encode';
import type { Fields, PreparedLog } from './encode';
import { anonymousEventId, eventId } from './event-id';
import {
  errorName,
  errorStack,
  executionResult,
  operationFacts,
  statementType,
  statementVerb,
  volumeOperationType,
} from './operation-facts';
import type { OperationFacts } from './operation-facts';
import type { AnonymousFrontendLog, StatementType, TelemetryFrontendLog } from './schema';

/** Name of the error that the record of a cancelled statement has: that of the driver's own error. */
const CANCELED_ERROR_NAME = 'CANCELED';
/** `databricks.statement.state` of a statement that was cancelled while it ran. */
const STATE_CANCELED = 'CANCELED';

/** What a call's record knows besides the call's own span. */
type JoinedFacts = Partial<Pick<Join, 'completion' | 'staging' | 'failure' | 'isCanceled'>>;

/** What the sources of a log read. */
interface RecordFacts {
  /** Attributes of the span. */
  readonly own: Attributes;
  /** The attributes that hold the totals of a call: those of its close, or its own. */
  readonly totals: Attributes;
  /** `totals` if they count chunks: chunks and their times are known together or not at all. */
  readonly chunks: Attributes | undefined;
  readonly span: ReadableSpan;
  readonly kind: 'operation' | 'error';
  /** The span that failed. */
  readonly failure: ReadableSpan | undefined;
  readonly isCanceled: boolean;
  /** Attributes of the statement's close. */
  readonly completion: Attributes | undefined;
  /** Attributes of the statement's file transfer. */
  readonly staging: Attributes | undefined;
  /** What the kind of the call implies. */
  readonly operation: OperationFacts;
  /** First word of the SQL, where the kind of the call does not imply the type of the statement. */
  readonly verb: string | undefined;
  readonly statement: StatementType | undefined;
}

/** What the connection fields of a log read. */
interface ConnectionSource extends ConnectionFacts {
  readonly userAgent: string;
}

type AnonymousSource = Pick<ConnectionSource, 'userAgent'>;

/** Every field of a log, in the order in which it is written. */
const LOG = {
  workspace_id: { connectionDigits: ({ workspaceId }) => workspaceId },
  frontend_log_event_id: { text: ({ span, kind }) => eventId(span.spanContext(), kind) },
  context: {
    client_context: {
      user_agent: { connection: ({ userAgent }) => userAgent },
      timestamp_millis: {
        number: ({ span, kind }) =>
          hrTimeToMillis(kind === 'error' ? span.endTime : span.startTime),
      },
    },
  },
  entry: {
    sql_driver_log: {
      system_configuration: { connection: ({ systemConfiguration }) => systemConfiguration },
      driver_connection_params: { connection: ({ connectionParameters }) => connectionParameters },
      auth_type: { connection: ({ authType }) => authType },
      session_id: {
        text: ({ own, completion }) =>
          text(own[ATTR_DATABRICKS_SESSION_ID]) ?? text(completion?.[ATTR_DATABRICKS_SESSION_ID]),
      },
      sql_statement_id: {
        text: ({ own, completion }) =>
          text(own[ATTR_DATABRICKS_STATEMENT_ID]) ??
          text(completion?.[ATTR_DATABRICKS_STATEMENT_ID]),
      },
      vol_operation: {
        volume_operation_type: {
          only: 'operation',
          text: ({ operation, staging, statement, verb }) =>
            (staging && operationOf(staging).volumeOperationType) ??
            operation.volumeOperationType ??
            (statement === 'VOLUME' && verb !== undefined ? volumeOperationType(verb) : undefined),
        },
      },
      sql_operation: {
        operation_detail: {
          // All calls that make spans are the application's.
          is_internal_call: { flag: () => false },
          operation_type: { text: ({ operation }) => operation.operationType },
          n_operation_status_calls: {
            number: ({ own }) => count(own[ATTR_DATABRICKS_STATEMENT_POLL_COUNT]),
          },
          operation_status_latency_millis: {
            number: ({ own }) => secondsToMillis(own[ATTR_DATABRICKS_STATEMENT_POLL_DURATION]),
          },
        },
        statement_type: { only: 'operation', text: ({ statement }) => statement },
        is_compressed: {
          only: 'operation',
          flag: ({ own, completion }) =>
            flag(completion?.[ATTR_DATABRICKS_RESULT_COMPRESSED]) ??
            flag(own[ATTR_DATABRICKS_RESULT_COMPRESSED]),
        },
        execution_result: {
          only: 'operation',
          text: ({ own, completion, operation }) => {
            const format = executionResult(own, completion);
            return operation.hasResult === true || format !== 'FORMAT_UNSPECIFIED'
              ? format
              : undefined;
          },
        },
        chunk_id: {
          number: ({ failure }) =>
            failure && count(failure.attributes[ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX]),
        },
        retry_count: { number: ({ own, completion }) => retryCount(own, completion) },
        chunk_details: {
          total_chunks_present: {
            only: 'operation',
            number: ({ chunks }) => count(chunks?.[ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT]),
          },
          total_chunks_iterated: {
            only: 'operation',
            number: ({ chunks }) => count(chunks?.[ATTR_DATABRICKS_RESULT_CHUNK_COUNT]),
          },
          initial_chunk_latency_millis: {
            only: 'operation',
            number: ({ chunks }) =>
              secondsToMillis(chunks?.[ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION]),
          },
          slowest_chunk_latency_millis: {
            only: 'operation',
            number: ({ chunks }) =>
              secondsToMillis(chunks?.[ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION]),
          },
          sum_chunks_download_time_millis: {
            only: 'operation',
            number: ({ chunks }) =>
              secondsToMillis(chunks?.[ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION]),
          },
        },
        result_latency: {
          result_set_ready_latency_millis: {
            only: 'operation',
            number: ({ totals }) => secondsToMillis(totals[ATTR_DATABRICKS_RESULT_READY_DURATION]),
          },
          result_set_consumption_latency_millis: {
            only: 'operation',
            number: ({ totals }) =>
              secondsToMillis(totals[ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION]),
          },
        },
      },
      error_info: {
        error_name: {
          text: ({ failure, isCanceled }) =>
            failure === undefined
              ? isCanceled
                ? CANCELED_ERROR_NAME
                : undefined
              : errorName(failure.attributes, failure.events),
        },
        stack_trace: { text: ({ failure }) => failure && errorStack(failure.events) },
      },
      operation_latency_ms: {
        only: 'operation',
        number: ({ span }) => hrTimeToMillis(span.duration),
      },
    },
  },
} satisfies Fields<RecordFacts, ConnectionSource, TelemetryFrontendLog>;

/**
 * A failure that cannot be authenticated: which kind of call failed and how, and nothing that links it to a workspace, a
 * session or a user.
 */
const ANONYMOUS_ERROR = {
  frontend_log_event_id: { text: anonymousEventId },
  context: {
    client_context: {
      user_agent: { connection: ({ userAgent }) => userAgent },
      timestamp_millis: LOG.context.client_context.timestamp_millis,
    },
  },
  entry: {
    sql_driver_log: {
      sql_operation: {
        operation_detail: {
          is_internal_call: { flag: () => false },
          operation_type: { text: ({ operation }) => operation.operationType },
        },
      },
      error_info: {
        error_name: LOG.entry.sql_driver_log.error_info.error_name,
        stack_trace: { text: () => '' },
      },
    },
  },
} satisfies Fields<RecordFacts, AnonymousSource, AnonymousFrontendLog>;

const operationEncoder = new Encoder<RecordFacts, ConnectionSource>(LOG, 'operation');
const errorEncoder = new Encoder<RecordFacts, ConnectionSource>(LOG, 'error');
const anonymousEncoder = new Encoder<RecordFacts, AnonymousSource>(ANONYMOUS_ERROR, 'error');

/** What is the same in all logs of a connection, encoded. */
export interface PreparedConnection {
  readonly operation: PreparedLog;
  readonly error: PreparedLog;
}

/** Encodes the fields that all logs of a connection share. */
export function prepareConnection(facts: ConnectionFacts, userAgent: string): PreparedConnection {
  const connection = { ...facts, userAgent };
  return {
    operation: operationEncoder.prepare(connection),
    error: errorEncoder.prepare(connection),
  };
}

/** The log of a call: its kind, latencies, figures and failure. */
export function encodeOperation(
  span: ReadableSpan,
  connection: PreparedConnection,
  joined: JoinedFacts = {},
): string {
  const facts = factsOf(span, 'operation', joined);
  return operationEncoder.encode(facts, connection.operation);
}

/** The log of a failure that belongs to no other record. */
export function encodeError(span: ReadableSpan, connection: PreparedConnection): string {
  return errorEncoder.encode(factsOf(span, 'error', { failure: span }), connection.error);
}

/** The log of a failure that cannot be authenticated. */
export function encodeAnonymousError(
  span: ReadableSpan,
  userAgent: string,
  failure: ReadableSpan = span,
): string {
  const facts = factsOf(span, 'error', { failure });
  return anonymousEncoder.encode(facts, anonymousEncoder.prepare({ userAgent }));
}

function factsOf(
  span: ReadableSpan,
  kind: RecordFacts['kind'],
  { completion, staging, failure, isCanceled = false }: JoinedFacts,
): RecordFacts {
  const own = span.attributes;
  const operation = operationOf(own);
  const verb = operation.statementType === undefined ? statementVerb(own) : undefined;
  // A call without totals of its own is its own completion.
  const totals = completion ?? own;
  const hasChunks =
    count(totals[ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT]) !== undefined ||
    count(totals[ATTR_DATABRICKS_RESULT_CHUNK_COUNT]) !== undefined;
  return {
    span,
    kind,
    failure,
    isCanceled: isCanceled || text(own[ATTR_DATABRICKS_STATEMENT_STATE]) === STATE_CANCELED,
    own,
    completion,
    staging,
    totals,
    chunks: hasChunks ? totals : undefined,
    operation,
    verb,
    statement: operation.statementType ?? (verb === undefined ? undefined : statementType(verb)),
  };
}

function operationOf(attributes: Attributes): OperationFacts {
  return operationFacts(text(attributes[ATTR_DATABRICKS_OPERATION]) ?? '');
}

/** Retries of the statement, downloads included: those of the call are among those that its close counts. */
function retryCount(own: Attributes, completion: Attributes | undefined): number | undefined {
  const before = count(own[ATTR_DATABRICKS_HTTP_RETRY_COUNT]);
  const all = count(completion?.[ATTR_DATABRICKS_HTTP_RETRY_COUNT]);
  return before === undefined || all === undefined ? (before ?? all) : Math.max(before, all);
}
