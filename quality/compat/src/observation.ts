import type { OtlpSpan } from './otlp-receiver';

/** An ended span, as `apps/recorder.cjs` writes it down. */
export interface RecordedSpan {
  readonly name: string;
  /** `SpanKind` of the API. */
  readonly kind: number;
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly sampled: boolean;
  /** `SpanStatusCode` of the API. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Ids of the linked spans. */
  readonly links: readonly string[];
  readonly events: readonly string[];
}

/** What `apps/pipeline.cjs` leaves behind when the application is done. */
export interface Report {
  readonly outcome: {
    readonly inlineRows: number;
    readonly cloudFetchRows: number;
    /** SQLSTATE of the error that the failing statement ended with. */
    readonly failure: string;
  };
  readonly spans: readonly RecordedSpan[];
  /** `stats()` of the processor. */
  readonly telemetry: unknown;
  /** Milliseconds since the epoch. */
  readonly finishedAt: number;
}

/** Everything one run of an application showed. */
export interface Observation {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Milliseconds since the epoch. */
  readonly exitedAt: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Absent when the application ended before it was done. */
  readonly report: Report | undefined;
  /** Telemetry records that the workspace took. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
  /** What an OTLP exporter beside ours sent. */
  readonly otlpSpans: readonly OtlpSpan[];
}
