import type { Attributes, HrTime } from '@opentelemetry/api';
import type { Operation } from '@dbsql-otel/instrumentation-databricks-sql/semconv';

/** What is kept of an exception event. */
export interface SpanException {
  readonly time: HrTime;
  readonly attributes: Attributes;
}

/** What is kept of one span of the instrumentation, in memory and in the journal: plain data. */
export interface ReceivedSpan {
  /** 32 and 16 hexadecimal digits in lower case. */
  readonly traceId: string;
  readonly spanId: string;
  readonly operation: Operation;
  readonly start: HrTime;
  readonly end: HrTime;
  readonly hasFailed: boolean;
  readonly attributes: Attributes;
  readonly exception?: SpanException;
}

/** A span with what its resource says of its process. */
export interface SpanOfProcess {
  readonly span: ReceivedSpan;
  readonly resource: Attributes;
}

/** A span is known by it: its ids. */
export function spanKey({ traceId, spanId }: Pick<ReceivedSpan, 'traceId' | 'spanId'>): string {
  return traceId + spanId;
}
