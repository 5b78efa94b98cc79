import { isThenable } from '../thenable';
import { currentCall } from './driver-call';
import { whenSettled } from './method-patch';
import type { ClassPatch, DriverMethod } from './method-patch';
import type { SharedState } from './shared-state';

/**
 * `HttpRetryPolicy`: counts the requests that are sent again, for the call in whose context they are, and keeps what the last
 * one failed with, because the driver drops it.
 */
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
        const answered = (outcome: unknown): void => {
          guard.run('invokeWithRetry', () => {
            call.requestFailure = failedAnswer(outcome);
          });
        };
        const failed = (error: unknown): void => {
          call.requestFailure = typeof error === 'object' && error !== null ? error : undefined;
        };
        const counted = function counted(this: unknown, ...given: unknown[]): unknown {
          if (isRetry) {
            guard.run('invokeWithRetry', () => {
              call.retried();
            });
          }
          isRetry = true;
          const sent = Reflect.apply(operation as DriverMethod, this, given);
          return isThenable(sent) ? whenSettled(sent, answered, failed) : sent;
        };
        return Reflect.apply(original, this, [counted, ...args.slice(1)]);
      },
  };
}

function failedAnswer(outcome: unknown): object | undefined {
  const answer = outcome as { readonly response?: { readonly ok?: boolean } } | null | undefined;
  return answer?.response?.ok === false ? answer : undefined;
}
