import { context, createContextKey, trace } from '@opentelemetry/api';
import type { Attributes, Context, Span } from '@opentelemetry/api';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Channel } from 'node:diagnostics_channel';
import { clock } from '../clock';
import { ATTR_DATABRICKS_HTTP_RETRY_COUNT } from '../semconv';
import type { Connection } from '../connection/connection';
import type { Statement } from '../statement/statement';
import type { Failure, FailureContext } from '../telemetry/failure';
import type { StartedOperation } from '../telemetry/operation';
import type { Telemetry } from '../telemetry/telemetry';
import { LinkedContext } from './linked-context';
import { hasQueryTags } from '../config';

const CALL_KEY = createContextKey('Databricks SQL driver call');

/** One call of a driver method: what it began with, and what is learned until it settles. */
export class DriverCall implements FailureContext {
  readonly startMs: number;
  /** SQLSTATE of a response that failed; the driver's `StatusError` lacks it. */
  sqlState: string | undefined = undefined;
  /** What the last HTTP request of the call failed with, where the driver may repeat it. */
  requestFailure: object | undefined = undefined;
  retryCount = 0;
  protected identity: Attributes | undefined = undefined;
  protected result: Attributes | undefined = undefined;
  /** Published in place of the result, which depends on sampling. */
  protected published: Attributes | undefined = undefined;
  protected failure: Failure | undefined = undefined;
  #hasEnded = false;
  /** For the calls that `db.client.operation.duration` counts. */
  protected readonly metric: Attributes | undefined = undefined;

  constructor(
    protected readonly telemetry: Telemetry,
    /** `undefined` for calls without a span of their own. */
    readonly operation: StartedOperation | undefined,
    readonly statement: Statement | undefined,
    /** Arguments for the driver in place of the caller's. */
    readonly args?: readonly unknown[],
  ) {
    this.startMs = operation?.startMs ?? clock.monotonicMs();
  }

  get connection(): Connection | undefined {
    return this.operation?.connection ?? this.statement?.session.connection;
  }

  get span(): Span | undefined {
    return this.operation?.span;
  }

  /** False for a call that the layers below do not ask for. */
  get needsContext(): boolean {
    return true;
  }

  /** The caller's context with this call in it, and its span active. */
  get context(): Context {
    const own = new LinkedContext(context.active(), CALL_KEY, this);
    const span = this.activeSpan;
    return span === undefined ? own : trace.setSpan(own, span);
  }

  /** Whether the layers below need this call, with or without a context manager. */
  get isObserved(): boolean {
    return this.telemetry.isPublishing || hasQueryTags(this.telemetry.config);
  }

  /** The span that is active while the driver runs. */
  protected get activeSpan(): Span | undefined {
    return this.span;
  }

  /** Whether the result of this call is written anywhere. */
  protected get isRecording(): boolean {
    return this.operation !== undefined && this.telemetry.isRecording(this.operation);
  }

  /** Whether the call failed only because of the arguments in place of the caller's, which then replace them. */
  isRefused(_error: unknown): boolean {
    return false;
  }

  /** The driver sent an HTTP request of this call again. */
  retried(): void {
    this.retryCount += 1;
    if (this.statement !== undefined) this.statement.retryCount += 1;
    const { metrics } = this.telemetry;
    const metric = this.statement?.session.metric ?? this.connection?.metric;
    if (metrics.live && metric !== undefined) metrics.addRetry(metric);
  }

  /** The driver call resolved. */
  succeeded(_result: unknown): void {}

  /** The driver call rejected. */
  failed(failure: Failure): void {
    this.failure = failure;
  }

  /** Ends the operation with what is known, when the call may never settle. */
  abandon(): void {
    this.end();
  }

  /** Called last, also when `succeeded` or `failed` threw. Happens once. */
  end(): void {
    const { operation, identity, result, published, failure, metric } = this;
    if (operation === undefined || this.#hasEnded) return;
    this.#hasEnded = true;
    this.telemetry.end(operation, {
      identity,
      result: this.withRetries(result),
      published,
      failure,
      metric,
    });
  }

  protected withRetries(result: Attributes | undefined): Attributes | undefined {
    return this.retryCount === 0
      ? result
      : { ...result, [ATTR_DATABRICKS_HTTP_RETRY_COUNT]: this.retryCount };
  }
}

/** Used only where no context manager is registered or the driver has channels: a second storage slows down every promise. */
let ownContext: AsyncLocalStorage<DriverCall | undefined> | undefined;

/** The innermost driver call that runs in the current asynchronous context. */
export function currentCall(): DriverCall | undefined {
  const call = context.active().getValue(CALL_KEY) ?? ownContext?.getStore();
  return call as DriverCall | undefined;
}

/**
 * Binds the call that `begin` returns to what runs after a message of `channel`.
 * @returns ends that
 */
export function bindCalls(
  channel: Channel<unknown, object>,
  begin: (message: object) => DriverCall | undefined,
): () => void {
  const storage = (ownContext ??= new AsyncLocalStorage());
  channel.bindStore(storage, begin);
  return () => channel.unbindStore(storage);
}

/** Calls `fn` so that {@link currentCall} finds `call` in it, whether or not a context manager is registered. */
export function runInContext(call: DriverCall, fn: () => void): void {
  context.with(call.context, () => {
    if (currentCall() === call || !call.isObserved) {
      fn();
      return;
    }
    ownContext ??= new AsyncLocalStorage();
    ownContext.run(call, fn);
  });
}
