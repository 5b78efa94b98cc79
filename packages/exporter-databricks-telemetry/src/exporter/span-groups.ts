import { SpanStatusCode } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_OPERATION,
  OPERATION_CLOUDFETCH_DOWNLOAD,
  OPERATION_CONNECT,
  OPERATION_FETCH,
  SCOPE_NAME,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { TelemetryConnection } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { Connections } from '../connections';
import type { ConnectionBatch, OutgoingRecord } from '../delivery/connection-batch';
import type { ReadableSpan } from '../otel';
import type { TelemetryRecord } from '../record';

/**
 * Sorts spans by their connections and says what is to be told of each. The processor's records bring all that in their
 * join; for the spans of a plain BatchSpanProcessor it is taken from the spans, those that came before included.
 */
export class SpanGroups {
  readonly #connections = new Connections();

  /** Spans that telemetry has no use for are in no group. */
  of(spans: readonly ReadableSpan[]): ConnectionBatch[] {
    const groups = new Map<
      string,
      {
        facts: Attributes | undefined;
        claimed: TelemetryConnection | undefined;
        spans: ConnectionBatch['spans'][number][];
      }
    >();
    for (const span of spans) {
      const { connectionId, records, facts, claimed } = this.#describe(span);
      if (records.length > 0) {
        const group = groups.get(connectionId);
        if (group) {
          group.facts ??= facts;
          group.claimed ??= claimed;
          group.spans.push({ span, records });
        } else {
          groups.set(connectionId, { facts, claimed, spans: [{ span, records }] });
        }
      }
    }
    return [...groups].map(([connectionId, { facts, claimed, spans: own }]) => ({
      connectionId,
      claimed,
      facts: facts ?? this.#factsOf(own[0]?.span),
      spans: own,
    }));
  }

  forget(connectionId: string): void {
    this.#connections.forget(connectionId);
  }

  clear(): void {
    this.#connections.clear();
  }

  /** What is to be said of a span: what its join says, else what the span itself tells. */
  #describe(span: ReadableSpan): {
    connectionId: string;
    records: OutgoingRecord[];
    facts?: Attributes | undefined;
    claimed?: TelemetryConnection | undefined;
  } {
    const { attributes } = span;
    const id = attributes[ATTR_DATABRICKS_CONNECTION_ID];
    const connectionId = typeof id === 'string' ? id : '';
    if (isRecord(span)) {
      const { kind, completion, staging, failure, isCanceled, connection, claimed } = span.join;
      const own: OutgoingRecord[] = [{ span, kind, completion, staging, failure, isCanceled }];
      return { connectionId, records: own, facts: connection, claimed };
    }
    if (span.instrumentationScope.name !== SCOPE_NAME) return { connectionId, records: [] };
    this.#connections.learnReporter(span);
    if (this.#connections.reportsByItself(span)) return { connectionId, records: [] };
    const records: OutgoingRecord[] = [];
    const failure = span.status.code === SpanStatusCode.ERROR ? span : undefined;
    switch (attributes[ATTR_DATABRICKS_OPERATION]) {
      case OPERATION_CONNECT:
        this.#connections.connected(span);
        // A connection makes no record; its failure stands alone.
        if (failure !== undefined) records.push({ span, kind: 'error', completion: undefined });
        break;
      // Their figures are in the totals of `close_statement`, their failures on the statement.
      case OPERATION_FETCH:
      case OPERATION_CLOUDFETCH_DOWNLOAD:
        return { connectionId, records };
      default:
        records.push({ span, kind: 'operation', completion: undefined, failure });
    }
    return { connectionId, records };
  }

  #factsOf(span: ReadableSpan | undefined): Attributes {
    if (span === undefined) return {};
    return this.#connections.factsOf(span) ?? span.attributes;
  }
}

/** Whether a span is a record of our own processor, which keeps books of it. */
export function isRecord(span: ReadableSpan): span is TelemetryRecord {
  return 'join' in span;
}
