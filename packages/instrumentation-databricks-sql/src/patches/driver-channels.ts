import { context as otelContext } from '@opentelemetry/api';
import { tracingChannel } from 'node:diagnostics_channel';
import type { TracingChannel } from 'node:diagnostics_channel';
import type { Thenable } from '../thenable';
import { clientPatch } from './client';
import { cloudFetchPatch, rowSetProviderPatch } from './cloudfetch';
import { bindCalls, currentCall } from './driver-call';
import type { DriverCall } from './driver-call';
import { hiveDriverPatch } from './hive-driver';
import { kernelOperationPatch, kernelResultsPatch } from './kernel';
import type { ClassPatch } from './method-patch';
import { operationPatch } from './operation';
import { sessionPatch } from './session';
import type { SharedState } from './shared-state';

/** What the driver publishes about one call; `node:diagnostics_channel` adds `result` or `error`. */
interface CallContext {
  /** The driver's object whose method was called. */
  readonly target: unknown;
  readonly method: string;
  readonly arguments: readonly unknown[];
  readonly result?: unknown;
  readonly error?: unknown;
}

/** The channels, by the last part of their names, and the patch whose method follows a call of each. */
const CHANNELS: Readonly<Record<string, (shared: SharedState, version?: string) => ClassPatch>> = {
  client: clientPatch,
  session: sessionPatch,
  operation: operationPatch,
  request: hiveDriverPatch,
  page: rowSetProviderPatch,
  download: cloudFetchPatch,
  kernel: (shared) => ({ ...kernelOperationPatch(shared), ...kernelResultsPatch(shared) }),
};
const PREFIX = 'databricks.sql:';

/** Whether a release of the driver publishes its calls: its module then lists the names of its channels. */
export function hasChannels(driverModule: unknown): boolean {
  const { TRACING_CHANNELS: names } = (driverModule ?? {}) as { TRACING_CHANNELS?: unknown };
  return Array.isArray(names) && names.includes(`${PREFIX}client`);
}

/**
 * Traces a driver that publishes its calls on tracing channels, and replaces none of its methods. Arguments cannot be
 * changed on this way: the driver's own telemetry stays as it is, and no query tag is added.
 */
export class DriverChannels {
  readonly #shared: SharedState;
  readonly #driverVersion: string | undefined;
  readonly #ends: (() => void)[] = [];

  constructor(shared: SharedState, driverVersion: string | undefined) {
    this.#shared = shared;
    this.#driverVersion = driverVersion;
  }

  subscribe(): void {
    if (this.#ends.length > 0) return;
    for (const [name, patchOf] of Object.entries(CHANNELS)) {
      this.#follow(tracingChannel(PREFIX + name), patchOf(this.#shared, this.#driverVersion));
    }
  }

  unsubscribe(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #follow(channel: TracingChannel<unknown, object>, patch: ClassPatch): void {
    const { guard } = this.#shared;
    const outcomes = new WeakMap<object, Outcome>();
    const settled = (context: object): void => {
      guard.run('driver channel', () => {
        const outcome = outcomes.get(context);
        outcomes.delete(context);
        outcome?.settle(context as CallContext);
      });
    };
    const subscribers = {
      start: () => {},
      asyncStart: () => {},
      // A call that did not return a promise is over; the channel has its result by now.
      end: (context: object) => {
        guard.run('driver channel', () => {
          if ('result' in context || 'error' in context) settled(context);
        });
      },
      asyncEnd: settled,
      error: settled,
    };
    channel.subscribe(subscribers);
    const unbind = bindCalls(channel.start, (context) =>
      guard.run('driver channel', () => begin(patch, context as CallContext, outcomes)),
    );
    this.#ends.push(() => {
      channel.unsubscribe(subscribers);
      unbind();
    });
  }
}

/** Begins the call as its patch does, around a method that settles with the channel. */
function begin(
  patch: ClassPatch,
  context: CallContext,
  outcomes: WeakMap<object, Outcome>,
): DriverCall | undefined {
  const { target, method, arguments: args } = context;
  const patchMethod = Object.hasOwn(patch, method) ? patch[method] : undefined;
  const outer = currentCall();
  if (patchMethod === undefined) return outer;
  const outcome = new Outcome();
  outcomes.set(context, outcome);
  let call = outer;
  const follow = patchMethod(() => {
    call = currentCall();
    return outcome;
  });
  // The driver's own calls within a call: the context manager does not know the channel's.
  otelContext.with(outer?.context ?? otelContext.active(), () =>
    Reflect.apply(follow, target, args),
  );
  return call;
}

/** Settles at once, so that a call has ended before the application goes on. */
class Outcome implements Thenable {
  #resolved: ((value: unknown) => unknown) | undefined;
  #rejected: ((reason: unknown) => unknown) | undefined;

  then(resolved: (value: unknown) => unknown, rejected: (reason: unknown) => unknown): undefined {
    this.#resolved = resolved;
    this.#rejected = rejected;
  }

  settle(context: CallContext): void {
    if (!('error' in context)) {
      this.#resolved?.(context.result);
      return;
    }
    try {
      this.#rejected?.(context.error);
    } catch {
      // The error is the application's, and reaches it from the driver.
    }
  }
}
