import type { Attributes } from '@opentelemetry/api';
import type { TelemetryConnection } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from '../otel';
import type { Join } from '../record';

/** One record to send: a span, and which of its facts the record reports. */
export interface OutgoingRecord {
  readonly span: ReadableSpan;
  readonly join: Pick<Join, 'kind' | 'completion' | 'staging' | 'failure' | 'isCanceled'>;
}

/** The records of one connection in one export. */
export interface ConnectionBatch {
  readonly connectionId: string;
  /** Attributes that describe the connection. */
  readonly facts: Attributes;
  /** The connection as the processor claimed it on the telemetry channel. */
  readonly claimed?: TelemetryConnection | undefined;
  readonly records: readonly OutgoingRecord[];
}
