import type { Client, Operation } from '../driver/shapes';
import type { PrototypePatches } from './prototype-patches';
import { observeMethod } from './method-patch';
import type { Discovery, SharedState } from './shared-state';
import { cloudFetchPatch, rowSetProviderPatch } from './cloudfetch';
import { hiveDriverPatch } from './hive-driver';
import { kernelOperationPatch, kernelResultsPatch } from './kernel';
import { operationPatch, resultSlicerPatch } from './operation';
import { retryPatch } from './retry';

/** How deep the driver nests the handlers of a result: slicer, converter, source. */
const MAX_HANDLER_DEPTH = 4;

/**
 * Finds the driver's inner classes from its objects, for drivers whose files were not hooked while loading: those in a
 * bundle, and those that were loaded before the instrumentation.
 */
export class InstanceDiscovery implements Discovery {
  readonly #shared: SharedState;
  readonly #patches: PrototypePatches;

  constructor(shared: SharedState, patches: PrototypePatches) {
    this.#shared = shared;
    this.#patches = patches;
  }

  fromConnected(client: Client): void {
    this.#patches.apply(client.driver?.constructor, hiveDriverPatch(this.#shared));
    this.#fromPolicyOf(client).catch((error: unknown) => {
      this.#shared.guard.report('discovery', error);
    });
  }

  fromOperation(operation: Operation): void {
    if (operation.backend?.getResultSlicer !== undefined) {
      this.#patches.apply(operation.backend.constructor, kernelOperationPatch(this.#shared));
    }
    if (this.#patches.isPatched(operation.constructor)) return;
    this.#patches.apply(operation.constructor, operationPatch(this.#shared));
    this.#patches.apply(operation._data?.constructor, rowSetProviderPatch(this.#shared));
    // The handler of CloudFetch exists only once the application asks for the first rows.
    const owner = operation.backend?.getResultHandler === undefined ? operation : operation.backend;
    this.#patches.apply(owner.constructor, {
      getResultHandler: observeMethod(this.#shared, 'getResultHandler', () => ({
        resolved: (handler) => {
          this.#fromResultHandler(handler);
        },
      })),
    });
  }

  fromResultsProvider(provider: object): void {
    this.#patches.apply(provider.constructor, kernelResultsPatch(this.#shared));
  }

  /** The driver makes a policy for each request; asking for one shows its class. */
  async #fromPolicyOf(client: Client): Promise<void> {
    const policy = await client.connectionProvider?.getRetryPolicy?.();
    this.#patches.apply(policy?.constructor, retryPatch(this.#shared));
  }

  fromResultSlicer(slicer: object): void {
    this.#patches.apply(slicer.constructor, resultSlicerPatch(this.#shared));
  }

  #fromResultHandler(handler: unknown): void {
    if (typeof handler === 'object' && handler !== null && 'remainingResults' in handler) {
      this.fromResultSlicer(handler);
    }
    let current = handler;
    for (let depth = 0; depth < MAX_HANDLER_DEPTH; depth += 1) {
      if (typeof current !== 'object' || current === null) return;
      if ('downloadLink' in current) {
        this.#patches.apply(current.constructor, cloudFetchPatch(this.#shared));
        return;
      }
      current = (current as { readonly source?: unknown }).source;
    }
  }
}
