/**
 * The least that any instrumentation of these methods has to do: one span with the statement's attributes, active while
 * the driver runs, and one promise more per call, because a failure must reach the caller and nobody else. For a chunk
 * the time it took, and no span.
 */
import { context, SpanKind, trace } from '@opentelemetry/api';
import type { Context, Span, Tracer } from '@opentelemetry/api';
import type {
  DriverMethod,
  MethodPatch,
} from '../../../../packages/instrumentation-databricks-sql/build/src/patches/method-patch';
import { statementId } from '../harness/ids';
import {
  closingAttributes,
  CONNECTION_ID,
  creationAttributes,
  describeClose,
  describeDownload,
  describeOutcome,
  downloadAttributes,
} from './statement-spans';

function rethrow(error: unknown): never {
  throw error;
}

/** A method with a span that is active while it runs, and gets what is only known in the end. */
function withSpan(start: (active: Context) => Span, describe: (span: Span) => void): MethodPatch {
  return (original: DriverMethod) =>
    function patched(this: unknown, ...args: unknown[]): unknown {
      const active = context.active();
      const span = start(active);
      const running = context.with(trace.setSpan(active, span), () =>
        Reflect.apply(original, this, args),
      ) as Promise<unknown>;
      return running.then((result) => {
        describe(span);
        span.end();
        return result;
      }, rethrow);
    };
}

/** For `executeStatement`. */
export function spanned(tracer: Tracer): MethodPatch {
  return withSpan(
    (active) =>
      tracer.startSpan(
        'SELECT main.sales.orders',
        { kind: SpanKind.CLIENT, attributes: creationAttributes(CONNECTION_ID) },
        active,
      ),
    (span) => {
      describeOutcome(span, statementId(), CONNECTION_ID);
    },
  );
}

/** For `close`. */
export function closing(tracer: Tracer): MethodPatch {
  return withSpan(
    (active) =>
      tracer.startSpan(
        'close',
        { kind: SpanKind.CLIENT, attributes: closingAttributes(CONNECTION_ID) },
        active,
      ),
    (span) => {
      describeClose(span, statementId(), 0, CONNECTION_ID);
    },
  );
}

/** For `downloadLink`, of a statement that is sampled. */
export function downloading(tracer: Tracer): MethodPatch {
  const id = statementId();
  return withSpan(
    (active) =>
      tracer.startSpan('cloudfetch.download', { attributes: downloadAttributes(id, 0) }, active),
    describeDownload,
  );
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
