import { ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Attributes, HrTime, Tracer } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type { Sampler } from '@opentelemetry/sdk-trace-base';
import {
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_ERROR_RETRYABLE,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_SESSION_ID,
  ATTR_DATABRICKS_STATEMENT_ID,
  ATTR_ERROR_TYPE,
  SCOPE_NAME,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Operation } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { SpanProcessor } from '../src/otel';

/** How a span of {@link Driver} fails. */
export interface Failure {
  readonly type: string;
  readonly retryable?: boolean;
  /** The failure happened in this call: it is recorded as an exception. */
  readonly own?: boolean;
}

export interface SpanShape {
  readonly attributes?: Attributes;
  readonly failure?: Failure;
  /** `[start, end]`. */
  readonly times?: readonly [HrTime, HrTime];
}

export const CONNECTION_ID = 'c0000000-0000-4000-8000-000000000001';
export const SESSION_ID = '50000000-0000-4000-8000-000000000001';

/** The spans our instrumentation makes, made by the real SDK under its scope name. */
export class SpanSource {
  readonly provider: BasicTracerProvider;
  readonly tracer: Tracer;

  constructor(processors: SpanProcessor[], sampler?: Sampler, scope: string = SCOPE_NAME) {
    this.provider = new BasicTracerProvider({
      spanProcessors: processors,
      ...(sampler && { sampler }),
    });
    this.tracer = this.provider.getTracer(scope);
  }

  span(operation: Operation, { attributes, failure, times }: SpanShape = {}): void {
    const span = this.tracer.startSpan(
      operation,
      {
        kind: SpanKind.CLIENT,
        attributes: {
          [ATTR_DATABRICKS_OPERATION]: operation,
          [ATTR_DATABRICKS_CONNECTION_ID]: CONNECTION_ID,
          ...attributes,
        },
        ...(times && { startTime: times[0] }),
      },
      ROOT_CONTEXT,
    );
    if (failure !== undefined) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute(ATTR_ERROR_TYPE, failure.type);
      if (failure.retryable !== undefined) {
        span.setAttribute(ATTR_DATABRICKS_ERROR_RETRYABLE, failure.retryable);
      }
      if (failure.own === true) {
        span.recordException({ name: failure.type, message: 'failed', stack: 'at driver.js:1:1' });
      }
    }
    span.end(times?.[1]);
  }

  connect(attributes?: Attributes, failure?: Failure): void {
    this.span('connect', { ...(attributes && { attributes }), ...(failure && { failure }) });
  }

  openSession(sessionId = SESSION_ID, attributes?: Attributes): void {
    this.span('open_session', {
      attributes: { [ATTR_DATABRICKS_SESSION_ID]: sessionId, ...attributes },
    });
  }

  closeSession(sessionId = SESSION_ID, failure?: Failure): void {
    this.span('close_session', {
      attributes: { [ATTR_DATABRICKS_SESSION_ID]: sessionId },
      ...(failure && { failure }),
    });
  }

  /** A span of one statement, its own or a later one. */
  of(statementId: string, operation: Operation, shape: SpanShape = {}): void {
    this.span(operation, {
      ...shape,
      attributes: {
        [ATTR_DATABRICKS_STATEMENT_ID]: statementId,
        [ATTR_DATABRICKS_SESSION_ID]: SESSION_ID,
        ...shape.attributes,
      },
    });
  }

  execute(statementId: string, shape?: SpanShape): void {
    this.of(statementId, 'execute_statement', shape);
  }

  close(statementId: string, shape?: SpanShape): void {
    this.of(statementId, 'close_statement', shape);
  }
}
