/**
 * The spans of one statement with the attributes the instrumentation gives them, started on any tracer. The one who
 * measures the processor alone starts them himself, so that both arms pay for the very same spans.
 */
import { SpanKind } from '@opentelemetry/api';
import type { Attributes, Span, Tracer } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CLIENT_BACKEND,
  ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX,
  ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION,
  ATTR_DATABRICKS_CLOUDFETCH_ROW_COUNT,
  ATTR_DATABRICKS_CLOUDFETCH_SIZE,
  ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION,
  ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION,
  ATTR_DATABRICKS_CONNECTION_ARROW_ENABLED,
  ATTR_DATABRICKS_CONNECTION_AUTH_TYPE,
  ATTR_DATABRICKS_CONNECTION_CLOUDFETCH_ENABLED,
  ATTR_DATABRICKS_CONNECTION_DIRECT_RESULTS_ENABLED,
  ATTR_DATABRICKS_CONNECTION_HTTP_PATH,
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_CONNECTION_METRIC_VIEW_METADATA,
  ATTR_DATABRICKS_CONNECTION_SOCKET_TIMEOUT,
  ATTR_DATABRICKS_CONNECTION_USE_PROXY,
  ATTR_DATABRICKS_DRIVER_VERSION,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_RESULT_CHUNK_COUNT,
  ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT,
  ATTR_DATABRICKS_RESULT_COMPRESSED,
  ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION,
  ATTR_DATABRICKS_RESULT_FORMAT,
  ATTR_DATABRICKS_RESULT_READY_DURATION,
  ATTR_DATABRICKS_RESULT_ROW_COUNT,
  ATTR_DATABRICKS_RESULT_SIZE,
  ATTR_DATABRICKS_SESSION_ID,
  ATTR_DATABRICKS_STATEMENT_DIRECT_RESULTS,
  ATTR_DATABRICKS_STATEMENT_ID,
  ATTR_DATABRICKS_STATEMENT_POLL_COUNT,
  ATTR_DATABRICKS_STATEMENT_POLL_DURATION,
  ATTR_DATABRICKS_STATEMENT_STATE,
  ATTR_DATABRICKS_WAREHOUSE_ID,
  ATTR_DB_NAMESPACE,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  OPERATION_CLOSE_STATEMENT,
  OPERATION_CLOUDFETCH_DOWNLOAD,
  OPERATION_CONNECT,
  OPERATION_EXECUTE_STATEMENT,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { SESSION_ID } from '../harness/ids';

export const CONNECTION_ID = '7f3c8a52-6f2f-4d53-9f0e-5d0b6cf0a111';

/** What every span of a session, and every closing span of it, is given; made once per connection. */
interface SessionAttributes {
  readonly identity: Attributes;
  readonly closing: Attributes;
}

function sessionOf(connectionId: string): SessionAttributes {
  return {
    identity: {
      [ATTR_DATABRICKS_CONNECTION_ID]: connectionId,
      [ATTR_DATABRICKS_CLIENT_BACKEND]: 'thrift',
      [ATTR_DATABRICKS_WAREHOUSE_ID]: '0123456789abcdef',
      [ATTR_DATABRICKS_SESSION_ID]: SESSION_ID,
    },
    closing: {
      [ATTR_DB_SYSTEM_NAME]: 'databricks',
      [ATTR_SERVER_ADDRESS]: 'workspace.cloud.databricks.com',
      [ATTR_DB_NAMESPACE]: 'main|sales',
      [ATTR_DATABRICKS_CONNECTION_ID]: connectionId,
      [ATTR_DATABRICKS_OPERATION]: OPERATION_CLOSE_STATEMENT,
    },
  };
}

const sessions = new Map([[CONNECTION_ID, sessionOf(CONNECTION_ID)]]);

function attributesOf(connectionId: string): SessionAttributes {
  let session = sessions.get(connectionId);
  if (session === undefined) {
    session = sessionOf(connectionId);
    sessions.set(connectionId, session);
  }
  return session;
}

/** Of the `connect` span. */
export const CONNECTION_ATTRIBUTES: Attributes = {
  [ATTR_DATABRICKS_OPERATION]: OPERATION_CONNECT,
  [ATTR_SERVER_ADDRESS]: 'workspace.cloud.databricks.com',
  [ATTR_DATABRICKS_CONNECTION_ID]: CONNECTION_ID,
  [ATTR_DATABRICKS_CLIENT_BACKEND]: 'thrift',
  [ATTR_DATABRICKS_WAREHOUSE_ID]: '0123456789abcdef',
  [ATTR_DATABRICKS_DRIVER_VERSION]: '2.1.0',
  [ATTR_DATABRICKS_CONNECTION_HTTP_PATH]: '/sql/1.0/warehouses/0123456789abcdef',
  [ATTR_DATABRICKS_CONNECTION_AUTH_TYPE]: 'access-token',
  [ATTR_DATABRICKS_CONNECTION_USE_PROXY]: false,
  [ATTR_DATABRICKS_CONNECTION_SOCKET_TIMEOUT]: 900_000,
  [ATTR_DATABRICKS_CONNECTION_CLOUDFETCH_ENABLED]: true,
  [ATTR_DATABRICKS_CONNECTION_ARROW_ENABLED]: true,
  [ATTR_DATABRICKS_CONNECTION_DIRECT_RESULTS_ENABLED]: true,
  [ATTR_DATABRICKS_CONNECTION_METRIC_VIEW_METADATA]: false,
};

export function creationAttributes(connectionId: string): Attributes {
  return {
    [ATTR_DB_SYSTEM_NAME]: 'databricks',
    [ATTR_SERVER_ADDRESS]: 'workspace.cloud.databricks.com',
    [ATTR_DB_NAMESPACE]: 'main|sales',
    [ATTR_DATABRICKS_OPERATION]: OPERATION_EXECUTE_STATEMENT,
    [ATTR_DATABRICKS_CONNECTION_ID]: connectionId,
    [ATTR_DB_QUERY_SUMMARY]: 'SELECT main.sales.orders',
    [ATTR_DB_QUERY_TEXT]: 'SELECT * FROM main.sales.orders WHERE id = ?',
  };
}

/** What a statement's span is given in its end. */
export function describeOutcome(span: Span, statementId: string, connectionId: string): void {
  span.setAttributes(attributesOf(connectionId).identity);
  span.setAttributes({
    [ATTR_DATABRICKS_STATEMENT_ID]: statementId,
    [ATTR_DATABRICKS_STATEMENT_STATE]: 'FINISHED',
    [ATTR_DATABRICKS_STATEMENT_DIRECT_RESULTS]: false,
    [ATTR_DATABRICKS_STATEMENT_POLL_COUNT]: 2,
    [ATTR_DATABRICKS_STATEMENT_POLL_DURATION]: 0.021,
  });
}

export function closingAttributes(connectionId: string): Attributes {
  return attributesOf(connectionId).closing;
}

/** What the span of a close is given in its end: the totals. */
export function describeClose(
  span: Span,
  statementId: string,
  chunks: number,
  connectionId: string,
): void {
  span.setAttributes(attributesOf(connectionId).identity);
  span.setAttributes({
    [ATTR_DATABRICKS_RESULT_FORMAT]: 'cloudfetch',
    [ATTR_DATABRICKS_RESULT_COMPRESSED]: true,
    [ATTR_DATABRICKS_RESULT_ROW_COUNT]: chunks * 1_000,
    [ATTR_DATABRICKS_RESULT_READY_DURATION]: 0.12,
    [ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION]: 1.4,
    [ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT]: chunks,
    [ATTR_DATABRICKS_RESULT_CHUNK_COUNT]: chunks,
    [ATTR_DATABRICKS_RESULT_SIZE]: chunks * 1_048_576,
    [ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION]: 0.04,
    [ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION]: 0.09,
    [ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION]: 0.8,
    [ATTR_DATABRICKS_STATEMENT_ID]: statementId,
  });
}

/** Starts and ends the span of one connect. */
export function connectSpan(tracer: Tracer, connectionId: string): void {
  const span = tracer.startSpan('connect', {
    attributes: { [ATTR_DATABRICKS_OPERATION]: OPERATION_CONNECT },
  });
  span.setAttributes(CONNECTION_ATTRIBUTES);
  span.setAttribute(ATTR_DATABRICKS_CONNECTION_ID, connectionId);
  span.end();
}

export function downloadAttributes(statementId: string, index: number): Attributes {
  return {
    [ATTR_DATABRICKS_OPERATION]: OPERATION_CLOUDFETCH_DOWNLOAD,
    [ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX]: index,
    [ATTR_DATABRICKS_RESULT_COMPRESSED]: true,
    [ATTR_DATABRICKS_STATEMENT_ID]: statementId,
    ...attributesOf(CONNECTION_ID).identity,
  };
}

/** What the span of a download is given in its end. */
export function describeDownload(span: Span): void {
  span.setAttributes({
    [ATTR_DATABRICKS_CLOUDFETCH_SIZE]: 1_048_576,
    [ATTR_DATABRICKS_CLOUDFETCH_ROW_COUNT]: 1_000,
  });
}

/** Starts and ends the span of one download. */
export function downloadSpan(tracer: Tracer, statementId: string, index: number): void {
  const span = tracer.startSpan('cloudfetch.download', {
    attributes: downloadAttributes(statementId, index),
  });
  describeDownload(span);
  span.end();
}

/** Starts and ends the span of one statement. */
export function statementSpan(
  tracer: Tracer,
  statementId: string,
  connectionId = CONNECTION_ID,
): void {
  const statement = tracer.startSpan('SELECT main.sales.orders', {
    kind: SpanKind.CLIENT,
    attributes: creationAttributes(connectionId),
  });
  describeOutcome(statement, statementId, connectionId);
  statement.end();
}

/** Starts and ends the span of its close, which carries the totals. */
export function closeSpan(
  tracer: Tracer,
  statementId: string,
  chunks: number,
  connectionId = CONNECTION_ID,
): void {
  const close = tracer.startSpan('close', {
    kind: SpanKind.CLIENT,
    attributes: closingAttributes(connectionId),
  });
  describeClose(close, statementId, chunks, connectionId);
  close.end();
}

/** Starts and ends the spans of one statement: its own, one per chunk, its close. */
export function statementSpans(
  tracer: Tracer,
  statementId: string,
  chunks: number,
  connectionId = CONNECTION_ID,
): void {
  statementSpan(tracer, statementId, connectionId);
  for (let index = 0; index < chunks; index++) {
    downloadSpan(tracer, statementId, index);
  }
  closeSpan(tracer, statementId, chunks, connectionId);
}
