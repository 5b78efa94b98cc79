import type { Attributes } from '@opentelemetry/api';
import type { TelemetryConnection } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from '../otel';

/** One record to send: a span, and which of its facts the record reports. */
export interface OutgoingRecord {
  readonly span: ReadableSpan;
  readonly kind: 'operation' | 'error';
  readonly completion: Attributes | undefined;
  readonly staging?: Attributes | undefined;
}

/** The spans of one connection in one export. A span makes one record or several. */
export interface ConnectionBatch {
  readonly connectionId: string;
  /** Attributes that describe the connection. */
  readonly facts: Attributes;
  /** The connection as the processor claimed it on the telemetry channel. */
  readonly claimed?: TelemetryConnection | undefined;
  readonly spans: readonly {
    readonly span: ReadableSpan;
    readonly records: readonly OutgoingRecord[];
  }[];
}
