import type { Client, Operation, Session } from '../driver/shapes';
import type { PrototypePatches } from './prototype-patches';
import { observeMethod } from './method-patch';
import type { Discovery, SharedState } from './shared-state';
import { cloudFetchPatch, rowSetProviderPatch } from './cloudfetch';
import { hiveDriverPatch } from './hive-driver';
import { kernelOperationPatch, kernelResultsPatch } from './kernel';
import { operationPatch, resultSlicerPatch } from './operation';
import { retryPatch } from './retry';
import { sessionPatch } from './session';

/** How deep the driver nests the handlers of a result: slicer, converter, source. */
const MAX_HANDLER_DEPTH = 4;

/**
 * Finds the driver's inner classes from its objects, for drivers whose files were not hooked while loading: those in a
 * bundle, and those that were loaded before the instrumentation.
 */
export class InstanceDiscovery implements Discovery {
  readonly #shared: SharedState;
  readonly #patches: PrototypePatches;
  /** Classes whose objects were searched. */
  readonly #searched = new WeakSet<object>();

  constructor(shared: SharedState, patches: PrototypePatches) {
    this.#shared = shared;
    this.#patches = patches;
  }

  fromConnected(client: Client): void {
    if (client.backend?.nativeOptions === undefined) {
      this.#patches.apply('HiveDriver', client.driver?.constructor, hiveDriverPatch(this.#shared));
    }
    this.#fromPolicyOf(client).catch((error: unknown) => {
      this.#shared.guard.report('discovery', error);
    });
  }

  fromSession(session: Session): void {
    if (this.#isSearched(session)) return;
    this.#patches.apply('DBSQLSession', session.constructor, sessionPatch(this.#shared));
  }

  fromOperation(operation: Operation): void {
    const { backend } = operation;
    // The two backends of one release share the class of the operation.
    if (this.#isSearched(backend ?? operation)) return;
    const isKernel = backend?.getResultSlicer !== undefined;
    this.#patches.apply('DBSQLOperation', operation.constructor, operationPatch(this.#shared));
    if (isKernel) {
      const patch = kernelOperationPatch(this.#shared);
      this.#patches.apply('KernelOperationBackend', backend.constructor, patch);
      return;
    }
    const provider = rowSetProviderPatch(this.#shared);
    this.#patches.apply('RowSetProvider', operation._data?.constructor, provider);
    // The handler of CloudFetch exists only once the application asks for the first rows.
    const owner = backend?.getResultHandler === undefined ? operation : backend;
    this.#patches.apply(owner.constructor.name, owner.constructor, {
      getResultHandler: observeMethod(this.#shared, 'getResultHandler', () => ({
        resolved: (handler) => {
          this.#fromResultHandler(handler);
        },
      })),
    });
  }

  fromResultsProvider(provider: object): void {
    const patch = kernelResultsPatch(this.#shared);
    this.#patches.apply('KernelResultsProvider', provider.constructor, patch);
  }

  /** The driver makes a policy for each request; asking for one shows its class. */
  async #fromPolicyOf(client: Client): Promise<void> {
    const policy = await client.connectionProvider?.getRetryPolicy?.();
    if (policy === undefined) return;
    this.#patches.apply('HttpRetryPolicy', policy.constructor, retryPatch(this.#shared));
  }

  fromResultSlicer(slicer: object): void {
    this.#patches.apply('ResultSlicer', slicer.constructor, resultSlicerPatch(this.#shared));
  }

  #fromResultHandler(handler: unknown): void {
    if (typeof handler === 'object' && handler !== null && 'remainingResults' in handler) {
      this.fromResultSlicer(handler);
    }
    let current = handler;
    for (let depth = 0; depth < MAX_HANDLER_DEPTH; depth += 1) {
      if (typeof current !== 'object' || current === null) return;
      if ('downloadLink' in current) {
        const patch = cloudFetchPatch(this.#shared);
        this.#patches.apply('CloudFetchResultHandler', current.constructor, patch);
        return;
      }
      current = (current as { readonly source?: unknown }).source;
    }
  }

  #isSearched({ constructor }: object): boolean {
    if (this.#searched.has(constructor)) return true;
    this.#searched.add(constructor);
    return false;
  }
}
