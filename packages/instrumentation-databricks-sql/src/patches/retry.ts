import { currentCall } from './driver-call';
import type { ClassPatch, DriverMethod } from './method-patch';
import type { SharedState } from './shared-state';

/** `HttpRetryPolicy`: counts the requests that are sent again, for the call in whose context they are. */
export function retryPatch(shared: SharedState): ClassPatch {
  const { guard } = shared;
  return {
    invokeWithRetry: (original) =>
      function patched(this: unknown, ...args: unknown[]): unknown {
        const [operation] = args;
        const call = shared.enabled ? guard.run('invokeWithRetry', currentCall) : undefined;
        if (call === undefined || typeof operation !== 'function') {
          return Reflect.apply(original, this, args);
        }
        let isRetry = false;
        const counted = function counted(this: unknown, ...given: unknown[]): unknown {
          if (isRetry) {
            guard.run('invokeWithRetry', () => {
              call.retried();
            });
          }
          isRetry = true;
          return Reflect.apply(operation as DriverMethod, this, given);
        };
        return Reflect.apply(original, this, [counted, ...args.slice(1)]);
      },
  };
}
