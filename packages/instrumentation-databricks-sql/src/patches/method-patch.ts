import { context } from '@opentelemetry/api';
import type { DriverCall } from './driver-call';
import type { Tracing } from '../telemetry/tracing';

/** A method of a driver class, as it stands on the prototype. */
export type DriverMethod = (this: unknown, ...args: unknown[]) => unknown;
/** Makes the replacement of a method. */
export type MethodPatch = (original: DriverMethod) => DriverMethod;
/** The replacements for one class, by method name; a method that a release lacks is passed over. */
export type ClassPatch = Readonly<Record<string, MethodPatch>>;

/**
 * The one path that every traced method shares: begin, run the driver's method with our context active, settle, end.
 * The caller gets what the driver gave, or the very error; whatever of ours fails on the way is reported and passed over.
 *
 * @param place names the method in diagnostics
 * @param begin starts the call; `undefined` leaves this one alone
 */
export function traceMethod(
  tracing: Tracing,
  place: string,
  begin: (self: never, args: unknown[]) => DriverCall | undefined,
): MethodPatch {
  const { guard } = tracing;

  return (original) =>
    function patched(this: unknown, ...args: unknown[]): unknown {
      if (!tracing.enabled) return Reflect.apply(original, this, args);
      let call: DriverCall | undefined;
      try {
        call = begin(this as never, args);
      } catch (error) {
        guard.report(place, error);
      }
      if (call === undefined) return Reflect.apply(original, this, args);
      const driverArgs = call.args ?? args;
      if (call.needsContext) {
        return settle(tracing, place, call, run(tracing, place, call, original, this, driverArgs));
      }
      return settle(tracing, place, call, attempt(original, this, driverArgs));
    };
}

/** What running the driver's method came to, before its promise settles. */
type Outcome = { readonly returned: unknown } | { readonly threw: unknown };

function attempt(original: DriverMethod, self: unknown, args: readonly unknown[]): Outcome {
  try {
    return { returned: Reflect.apply(original, self, args) };
  } catch (error) {
    return { threw: error };
  }
}

function run(
  tracing: Tracing,
  place: string,
  call: DriverCall,
  original: DriverMethod,
  self: unknown,
  args: readonly unknown[],
): Outcome {
  let outcome: Outcome | undefined;
  try {
    context.with(call.context, () => {
      outcome = attempt(original, self, args);
    });
  } catch (error) {
    tracing.guard.report(place, error);
  }
  // Our side failed before the driver was reached: it runs without our context, and never twice.
  return outcome ?? attempt(original, self, args);
}

function settle(tracing: Tracing, place: string, call: DriverCall, outcome: Outcome): unknown {
  if ('threw' in outcome) {
    fail(tracing, place, call, outcome.threw);
    throw outcome.threw;
  }
  const { returned } = outcome;
  if (!(returned instanceof Promise)) {
    succeed(tracing, place, call, returned);
    return returned;
  }
  // The derived promise is what the caller gets: a fork beside it would hide an unhandled rejection, or add one.
  return returned.then(
    (result: unknown) => {
      succeed(tracing, place, call, result);
      return result;
    },
    (error: unknown) => {
      fail(tracing, place, call, error);
      throw error;
    },
  );
}

/** The span ends even when what should have been written on it could not be. */
function succeed(tracing: Tracing, place: string, call: DriverCall, result: unknown): void {
  try {
    try {
      call.succeeded(result);
    } finally {
      call.end();
    }
  } catch (error) {
    tracing.guard.report(place, error);
  }
}

function fail(tracing: Tracing, place: string, call: DriverCall, failure: unknown): void {
  try {
    try {
      call.failed(failure);
    } finally {
      call.end();
    }
  } catch (error) {
    tracing.guard.report(place, error);
  }
}

/** What to do with what a driver call came to. */
export interface Observer {
  readonly resolved: (result: unknown) => void;
  readonly rejected?: () => void;
}

/**
 * Looks at a call of the driver's inner layers, without a span or a context of its own.
 *
 * @param begin looks at the call before it is made; `undefined` leaves it alone
 */
export function observeMethod(
  tracing: Tracing,
  place: string,
  begin: (self: never, args: unknown[]) => Observer | undefined,
): MethodPatch {
  const { guard } = tracing;

  return (original) =>
    function patched(this: unknown, ...args: unknown[]): unknown {
      if (!tracing.enabled) return Reflect.apply(original, this, args);
      let observer: Observer | undefined;
      try {
        observer = begin(this as never, args);
      } catch (error) {
        guard.report(place, error);
      }
      const returned = Reflect.apply(original, this, args);
      if (observer === undefined || !(returned instanceof Promise)) return returned;
      return observe(tracing, place, observer, returned);
    };
}

function observe(
  { guard }: Tracing,
  place: string,
  observer: Observer,
  returned: Promise<unknown>,
): Promise<unknown> {
  return returned.then(
    (result: unknown) => {
      try {
        observer.resolved(result);
      } catch (error) {
        guard.report(place, error);
      }
      return result;
    },
    (failure: unknown) => {
      try {
        observer.rejected?.();
      } catch (error) {
        guard.report(place, error);
      }
      throw failure;
    },
  );
}
