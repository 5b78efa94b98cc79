/**
 * The least that any instrumentation of these methods has to do: one span with the statement's attributes, active while
 * the driver runs, and one promise more per call, because a failure must reach the caller and nobody else. For a chunk
 * the time it took, and no span.
 */
import { context, SpanKind, trace, type Tracer } from '@opentelemetry/api';
import type {
  DriverMethod,
  MethodPatch,
} from '../../../packages/instrumentation-databricks-sql/build/src/traced';
import { statementId } from '../harness/ids';
import { CONNECTION_ID, creationAttributes, outcomeAttributes } from './statement-spans';

function rethrow(error: unknown): never {
  throw error;
}

/** For `executeStatement`. */
export function spanned(tracer: Tracer): MethodPatch {
  return (original: DriverMethod) =>
    function patched(this: unknown, ...args: unknown[]): unknown {
      const active = context.active();
      const span = tracer.startSpan(
        'SELECT main.sales.orders',
        { kind: SpanKind.CLIENT, attributes: creationAttributes(CONNECTION_ID) },
        active,
      );
      const running = context.with(trace.setSpan(active, span), () =>
        Reflect.apply(original, this, args),
      ) as Promise<unknown>;
      return running.then((result) => {
        span.setAttributes(outcomeAttributes(statementId(), CONNECTION_ID));
        span.end();
        return result;
      }, rethrow);
    };
}

/** For a call of an inner layer, whose answer is looked at. */
export function timed(took: (durationMs: number) => void): MethodPatch {
  return (original: DriverMethod) =>
    function patched(this: unknown, ...args: unknown[]): unknown {
      const startMs = performance.now();
      const running = Reflect.apply(original, this, args) as Promise<unknown>;
      return running.then((result) => {
        took(performance.now() - startMs);
        return result;
      }, rethrow);
    };
}
