import { SpanStatusCode } from '@opentelemetry/api';
import type { Attributes, HrTime, Span } from '@opentelemetry/api';
import { clock } from '../clock';
import {
  ATTR_DATABRICKS_OPERATION,
  OPERATION_CLOSE_STATEMENT,
  OPERATION_CLOUDFETCH_DOWNLOAD,
  OPERATION_EXECUTE_STATEMENT,
  OPERATION_FETCH,
  SYMBOL_DATABRICKS_PUBLISHED,
} from '../semconv';
import type { PublishedOperation } from '../telemetry-channel';
import { publish } from './channel';
import { EndedOperation } from './ended-operation';
import { exceptionAttributes, stackFrames } from './failure';
import type { Failure } from './failure';
import { FailureSightings } from './failure-sightings';
import type { OperationEnd, StartedOperation } from './operation';

const PUBLISHED = Symbol.for(SYMBOL_DATABRICKS_PUBLISHED);
const NOTHING: Attributes = Object.freeze({});
const NO_EVENTS: PublishedOperation['events'] = [];
const SUCCEEDED = Object.freeze({ code: SpanStatusCode.UNSET });

/** Publishes ended operations from what the instrumentation knows of them, whatever the SDK did with their spans. */
export class Publisher {
  /** Apart from that of the spans: which span records an exception depends on sampling. */
  readonly #published = new FailureSightings();

  /** Called before the span ends. A span is marked only after its operation was published. */
  publish(operation: StartedOperation, end: OperationEnd): void {
    if (!operation.isSuppressed && isReported(operation, end)) this.#publish(operation, end);
    if (operation.span?.isRecording() === true) mark(operation.span);
  }

  #publish(operation: StartedOperation, end: OperationEnd): void {
    const { connection, name, kind, startMs, span } = operation;
    const { ownership } = connection;
    if (ownership === undefined) return;
    const { failure } = end;
    const nowMs = clock.monotonicMs();
    const durationMs = Math.max(0, (end.endMs ?? nowMs) - startMs);
    // The wall clock is read once; the times before are the monotonic clock's distances from it.
    const startEpochMs = clock.epochMs() - (nowMs - startMs);
    const ended = new EndedOperation(
      ownership.connection,
      name,
      kind,
      attributesOf(operation, end),
      failure === undefined ? SUCCEEDED : { code: SpanStatusCode.ERROR, message: failure.message },
      failure !== undefined && this.#published.isFirst(failure)
        ? [exceptionEvent(failure, startEpochMs + durationMs)]
        : NO_EVENTS,
      startEpochMs,
      durationMs,
      span,
      end.totals,
    );
    publish(ended, ownership);
  }
}

/** The totals of fetches and downloads are on the close of their statement; of themselves only failures are reported. */
function isReported(
  { attributes }: StartedOperation,
  { failure, published }: OperationEnd,
): boolean {
  const kind = attributes[ATTR_DATABRICKS_OPERATION];
  if (kind !== OPERATION_FETCH && kind !== OPERATION_CLOUDFETCH_DOWNLOAD) return true;
  return failure !== undefined && published !== undefined;
}

function mark(span: Span & { [PUBLISHED]?: boolean }): void {
  span[PUBLISHED] = true;
}

function attributesOf(operation: StartedOperation, end: OperationEnd): Attributes {
  if (end.failure === undefined) {
    const result = end.published ?? end.result ?? NOTHING;
    switch (operation.attributes[ATTR_DATABRICKS_OPERATION]) {
      case OPERATION_EXECUTE_STATEMENT:
        // A statement that was canceled while its results were read has totals.
        if (result['databricks.result.row_count'] === undefined) {
          return statementAttributes(operation, end, result);
        }
        break;
      case OPERATION_CLOSE_STATEMENT:
        return closeAttributes(operation, end, result);
    }
  }
  return allAttributes(operation, end);
}

/*
 * Literals with quoted names: computed names, and copies by spreading, would make V8 turn the object into a dictionary
 * (3 × slower). The two operations of every statement have one each with the attributes that they may have, because each
 * name takes eight bytes and a moment, also without a value.
 */

function statementAttributes(
  { attributes: created, connection }: StartedOperation,
  { identity = NOTHING }: OperationEnd,
  result: Attributes,
): Attributes {
  return {
    'databricks.operation': created['databricks.operation'],
    'databricks.connection.id': connection.id,
    'databricks.session.id': identity['databricks.session.id'],
    'databricks.statement.id': result['databricks.statement.id'],
    'db.query.summary': created['db.query.summary'],
    'databricks.statement.state': result['databricks.statement.state'],
    'databricks.statement.poll_count': result['databricks.statement.poll_count'],
    'databricks.statement.poll_duration': result['databricks.statement.poll_duration'],
    'databricks.statement.direct_results': result['databricks.statement.direct_results'],
    'databricks.http.retry_count': result['databricks.http.retry_count'],
  };
}

function closeAttributes(
  { attributes: created, connection }: StartedOperation,
  { identity = NOTHING }: OperationEnd,
  result: Attributes,
): Attributes {
  return {
    'databricks.operation': created['databricks.operation'],
    'databricks.connection.id': connection.id,
    'databricks.session.id': identity['databricks.session.id'],
    'databricks.statement.id': result['databricks.statement.id'],
    'databricks.result.format': result['databricks.result.format'],
    'databricks.result.compressed': result['databricks.result.compressed'],
    'databricks.result.row_count': result['databricks.result.row_count'],
    'databricks.result.chunk_count': result['databricks.result.chunk_count'],
    'databricks.result.chunks_present': result['databricks.result.chunks_present'],
    'databricks.result.size': result['databricks.result.size'],
    'databricks.result.ready_duration': result['databricks.result.ready_duration'],
    'databricks.result.consumption_duration': result['databricks.result.consumption_duration'],
    'databricks.cloudfetch.first_duration': result['databricks.cloudfetch.first_duration'],
    'databricks.cloudfetch.slowest_duration': result['databricks.cloudfetch.slowest_duration'],
    'databricks.cloudfetch.total_duration': result['databricks.cloudfetch.total_duration'],
    'databricks.http.retry_count': result['databricks.http.retry_count'],
  };
}

function allAttributes(operation: StartedOperation, end: OperationEnd): Attributes {
  const { attributes: created, connection } = operation;
  const { identity = NOTHING, failure } = end;
  const result = end.published ?? end.result ?? NOTHING;
  return {
    'databricks.operation': created['databricks.operation'],
    'databricks.connection.id': connection.id,
    'databricks.session.id': identity['databricks.session.id'] ?? created['databricks.session.id'],
    'databricks.statement.id':
      result['databricks.statement.id'] ?? created['databricks.statement.id'],
    'db.query.summary': created['db.query.summary'],
    'databricks.statement.state': result['databricks.statement.state'],
    'databricks.statement.poll_count': result['databricks.statement.poll_count'],
    'databricks.statement.poll_duration': result['databricks.statement.poll_duration'],
    'databricks.statement.submit_duration': result['databricks.statement.submit_duration'],
    'databricks.statement.pending_duration': result['databricks.statement.pending_duration'],
    'databricks.statement.running_duration': result['databricks.statement.running_duration'],
    'databricks.statement.direct_results': result['databricks.statement.direct_results'],
    'databricks.result.format': result['databricks.result.format'],
    'databricks.result.compressed':
      result['databricks.result.compressed'] ?? created['databricks.result.compressed'],
    'databricks.result.row_count': result['databricks.result.row_count'],
    'databricks.result.chunk_count': result['databricks.result.chunk_count'],
    'databricks.result.chunks_present': result['databricks.result.chunks_present'],
    'databricks.result.size': result['databricks.result.size'],
    'databricks.result.ready_duration': result['databricks.result.ready_duration'],
    'databricks.result.consumption_duration': result['databricks.result.consumption_duration'],
    'databricks.cloudfetch.first_duration': result['databricks.cloudfetch.first_duration'],
    'databricks.cloudfetch.slowest_duration': result['databricks.cloudfetch.slowest_duration'],
    'databricks.cloudfetch.total_duration': result['databricks.cloudfetch.total_duration'],
    'databricks.cloudfetch.chunk_index': created['databricks.cloudfetch.chunk_index'],
    'databricks.http.retry_count': result['databricks.http.retry_count'],
    'error.type': failure?.type,
    'db.response.status_code': failure?.sqlState,
    'databricks.error.condition': failure?.condition,
    'databricks.error.reason': failure?.reason,
    'databricks.error.retryable': failure?.retryable,
  };
}

function exceptionEvent(failure: Failure, epochMs: number): PublishedOperation['events'][number] {
  const seconds = Math.floor(epochMs / 1000);
  const time: HrTime = [seconds, Math.round((epochMs - seconds * 1000) * 1e6)];
  const attributes = exceptionAttributes(failure, stackFrames(failure.error));
  return { time, name: 'exception', attributes };
}
