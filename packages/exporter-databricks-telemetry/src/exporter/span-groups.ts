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
import type { Join, TelemetryRecord } from '../record';

/**
 * Sorts spans by their connections, and finds the record of each. The processor's records have a join; for the spans of a
 * plain BatchSpanProcessor it is made from the spans, those that came before included.
 */
export class SpanGroups {
  readonly #connections = new Connections();

  /** Spans that telemetry has no use for are in no group. */
  of(spans: readonly ReadableSpan[]): ConnectionBatch[] {
    const groups = new Map<string, Group>();
    let group: Group | undefined;
    for (const span of spans) {
      const id = span.attributes[ATTR_DATABRICKS_CONNECTION_ID];
      const connectionId = typeof id === 'string' ? id : '';
      const join = isRecord(span) ? span.join : this.#joinOf(span);
      if (join === undefined) continue;
      // The records of a connection often follow each other.
      if (group?.connectionId !== connectionId) {
        group = groups.get(connectionId) ?? new Group(connectionId);
        groups.set(connectionId, group);
      }
      group.add(span, join);
    }
    return [...groups.values()].map((each) => each.batch(this.#connections));
  }

  forget(connectionId: string): void {
    this.#connections.forget(connectionId);
  }

  clear(): void {
    this.#connections.clear();
  }

  /** The record of a span that no processor has joined; `undefined` when it has none. */
  #joinOf(span: ReadableSpan): GroupedJoin | undefined {
    if (span.instrumentationScope.name !== SCOPE_NAME) return undefined;
    this.#connections.learnReporter(span);
    if (this.#connections.reportsByItself(span)) return undefined;
    const failure = span.status.code === SpanStatusCode.ERROR ? span : undefined;
    switch (span.attributes[ATTR_DATABRICKS_OPERATION]) {
      case OPERATION_CONNECT:
        this.#connections.connected(span);
        // A connection makes no record; its failure stands alone.
        return failure && { kind: 'error', completion: undefined };
      // Their figures are in the totals of `close_statement`, their failures on the statement.
      case OPERATION_FETCH:
      case OPERATION_CLOUDFETCH_DOWNLOAD:
        return undefined;
      default:
        return { kind: 'operation', completion: undefined, failure };
    }
  }
}

type GroupedJoin = OutgoingRecord['join'] & Partial<Pick<Join, 'connection' | 'claimed'>>;

/** The records of one connection. */
class Group {
  readonly connectionId: string;
  readonly #records: OutgoingRecord[] = [];
  #facts: Attributes | undefined;
  #claimed: TelemetryConnection | undefined;

  constructor(connectionId: string) {
    this.connectionId = connectionId;
  }

  add(span: ReadableSpan, join: GroupedJoin): void {
    this.#records.push({ span, join });
    this.#facts ??= join.connection;
    this.#claimed ??= join.claimed;
  }

  batch(connections: Connections): ConnectionBatch {
    const span = this.#records[0]?.span;
    return {
      connectionId: this.connectionId,
      claimed: this.#claimed,
      facts: this.#facts ?? (span && (connections.factsOf(span) ?? span.attributes)) ?? {},
      records: this.#records,
    };
  }
}

/** Whether a span is a record of our own processor, which keeps books of it. */
export function isRecord(span: ReadableSpan): span is TelemetryRecord {
  return 'join' in span;
}
