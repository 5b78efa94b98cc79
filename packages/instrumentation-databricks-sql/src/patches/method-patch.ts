import type { Failure } from '../telemetry/failure';
import { runInContext } from './driver-call';
import type { DriverCall } from './driver-call';
import type { SharedState } from './shared-state';
import { isThenable } from '../thenable';
import type { Thenable } from '../thenable';

/** A method of a driver class, as it stands on the prototype. */
export type DriverMethod = (this: unknown, ...args: unknown[]) => unknown;
/** Makes the replacement of a method. */
export type MethodPatch = (original: DriverMethod) => DriverMethod;
/** The replacements for one class, by method name; a method that a release of the driver lacks is skipped. */
export type ClassPatch = Readonly<Record<string, MethodPatch>>;

/**
 * The one path of every traced method: begin the call, run the driver's method in its context, settle, end. The caller
 * gets the driver's result or its very error; a failure of this package on the way is reported to diagnostics only.
 *
 * @param place names the method in diagnostics
 * @param begin starts the call; `undefined` leaves this one untraced
 */
export function traceMethod(
  shared: SharedState,
  place: string,
  begin: (self: never, args: unknown[]) => DriverCall | undefined,
): MethodPatch {
  const { guard } = shared;

  return (original) =>
    function patched(this: unknown, ...args: unknown[]): unknown {
      if (!shared.enabled) return Reflect.apply(original, this, args);
      let call: DriverCall | undefined;
      try {
        call = begin(this as never, args);
      } catch (error) {
        guard.report(place, error);
      }
      if (call === undefined) return Reflect.apply(original, this, args);
      const driverArgs = call.args ?? args;
      if (!call.needsContext) {
        return settle(shared, place, call, attempt(original, this, driverArgs));
      }
      const outcome = run(shared, place, call, original, this, driverArgs);
      if (call.args === undefined) return settle(shared, place, call, outcome);
      const again = (): Outcome => run(shared, place, call, original, this, args);
      return settle(shared, place, call, unlessRefused(shared, place, call, outcome, again));
    };
}

/** What the driver's method returned or threw, before its promise settles. */
type Outcome = { readonly returned: unknown } | { readonly threw: unknown };

function attempt(original: DriverMethod, self: unknown, args: readonly unknown[]): Outcome {
  try {
    return { returned: Reflect.apply(original, self, args) };
  } catch (error) {
    return { threw: error };
  }
}

function run(
  shared: SharedState,
  place: string,
  call: DriverCall,
  original: DriverMethod,
  self: unknown,
  args: readonly unknown[],
): Outcome {
  let outcome: Outcome | undefined;
  try {
    runInContext(call, () => {
      outcome = attempt(original, self, args);
    });
  } catch (error) {
    shared.guard.report(place, error);
  }
  // When this package failed before the driver was reached, the driver runs without the context, and never twice.
  return outcome ?? attempt(original, self, args);
}

/** Calls the driver again, with the caller's own arguments, when it refused only those in their place. */
function unlessRefused(
  { guard }: SharedState,
  place: string,
  call: DriverCall,
  outcome: Outcome,
  again: () => Outcome,
): Outcome {
  if ('threw' in outcome || !isThenable(outcome.returned)) return outcome;
  const returned = outcome.returned.then(
    (result) => result,
    (error) => {
      if (guard.run(place, () => call.isRefused(error)) !== true) throw error;
      const second = again();
      if ('threw' in second) throw second.threw;
      return second.returned;
    },
  );
  return { returned };
}

function settle(shared: SharedState, place: string, call: DriverCall, outcome: Outcome): unknown {
  if ('threw' in outcome) {
    fail(shared, place, call, outcome.threw);
    throw outcome.threw;
  }
  const { returned } = outcome;
  if (!isThenable(returned)) {
    succeed(shared, place, call, returned);
    return returned;
  }
  if (call.operation !== undefined) shared.openOperations.add(call);
  return whenSettled(
    returned,
    (result) => {
      succeed(shared, place, call, result);
    },
    (error) => {
      fail(shared, place, call, error);
    },
  );
}

/**
 * @returns the derived promise: a fork beside it would hide an unhandled rejection, or add one. A `then` that derives none
 * leaves the original.
 */
export function whenSettled(
  returned: Thenable,
  resolved: (result: unknown) => void,
  rejected: (error: unknown) => void,
): unknown {
  const derived = returned.then(
    (result) => {
      resolved(result);
      return result;
    },
    (error) => {
      rejected(error);
      throw error;
    },
  );
  return isThenable(derived) ? derived : returned;
}

/** Ends the call also when its result cannot be read. */
function succeed(shared: SharedState, place: string, call: DriverCall, result: unknown): void {
  try {
    try {
      call.succeeded(result);
    } finally {
      shared.openOperations.delete(call);
      call.end();
    }
  } catch (error) {
    shared.guard.report(place, error);
  }
}

function fail(shared: SharedState, place: string, call: DriverCall, thrown: unknown): void {
  try {
    try {
      const failure = shared.telemetry.describe(thrown, call);
      if (call.connection !== undefined && !isAnswer(failure)) {
        shared.access.failed(call.connection);
      }
      call.failed(failure);
    } finally {
      shared.openOperations.delete(call);
      call.end();
    }
  } catch (error) {
    shared.guard.report(place, error);
  }
}

/** The errors that the driver makes of an answer of the warehouse. */
const ANSWERS: ReadonlySet<string> = new Set(['StatusError', 'OperationStateError']);

/** Whether the failure is an answer of the warehouse, so that the call was authenticated. */
function isAnswer({ sqlState, className: name }: Failure): boolean {
  return sqlState !== undefined || ANSWERS.has(name);
}

/** What to do when a driver call settles. */
export interface Observer {
  readonly resolved: (result: unknown) => void;
  readonly rejected?: () => void;
}

/**
 * Observes a call of the driver's inner layers, without a span or a context of its own.
 *
 * @param begin sees the call before it is made; `undefined` leaves it unobserved
 */
export function observeMethod(
  shared: SharedState,
  place: string,
  begin: (self: never, args: unknown[]) => Observer | undefined,
): MethodPatch {
  const { guard } = shared;

  return (original) =>
    function patched(this: unknown, ...args: unknown[]): unknown {
      if (!shared.enabled) return Reflect.apply(original, this, args);
      let observer: Observer | undefined;
      try {
        observer = begin(this as never, args);
      } catch (error) {
        guard.report(place, error);
      }
      const returned = Reflect.apply(original, this, args);
      if (observer === undefined || !isThenable(returned)) return returned;
      const { resolved, rejected } = observer;
      return whenSettled(
        returned,
        (result) => guard.run(place, () => resolved(result)),
        () => guard.run(place, () => rejected?.()),
      );
    };
}
