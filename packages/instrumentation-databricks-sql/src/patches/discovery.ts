import type { Client, Operation } from '../driver/shapes';
import type { PrototypePatches } from './prototype-patches';
import { observeMethod } from './method-patch';
import type { Discovery, Tracing } from '../telemetry/tracing';
import { cloudFetchPatch, rowSetProviderPatch } from './cloudfetch';
import { hiveDriverPatch } from './hive-driver';
import { kernelOperationPatch, kernelResultsPatch } from './kernel';
import { operationPatch } from './operation';
import { retryPatch } from './retry';

/** How deep the driver nests the handlers of a result: slicer, converter, source. */
const MAX_HANDLER_DEPTH = 4;

/**
 * Finds the driver's inner classes from its objects, where the files that define them were not hooked while loading: in a
 * bundle, or when the driver was loaded before the instrumentation.
 */
export class InstanceDiscovery implements Discovery {
  constructor(
    private readonly tracing: Tracing,
    private readonly patches: PrototypePatches,
  ) {}

  fromConnected(client: Client): void {
    this.patches.apply(client.driver?.constructor, hiveDriverPatch(this.tracing));
    this.fromPolicyOf(client).catch((error: unknown) => {
      this.tracing.guard.report('discovery', error);
    });
  }

  fromOperation(operation: Operation): void {
    if (operation.backend?.getResultSlicer !== undefined) {
      this.patches.apply(operation.backend.constructor, kernelOperationPatch(this.tracing));
    }
    if (this.patches.isPatched(operation.constructor)) return;
    this.patches.apply(operation.constructor, operationPatch(this.tracing));
    this.patches.apply(operation._data?.constructor, rowSetProviderPatch(this.tracing));
    // The handler of CloudFetch exists only once the first rows are asked for.
    const owner = operation.backend?.getResultHandler === undefined ? operation : operation.backend;
    this.patches.apply(owner.constructor, {
      getResultHandler: observeMethod(this.tracing, 'getResultHandler', () => ({
        resolved: (handler) => {
          this.fromResultHandler(handler);
        },
      })),
    });
  }

  fromResultsProvider(provider: object): void {
    this.patches.apply(provider.constructor, kernelResultsPatch(this.tracing));
  }

  /** A policy is made for each request; making one is how to get at the class. */
  private async fromPolicyOf(client: Client): Promise<void> {
    const policy = await client.connectionProvider?.getRetryPolicy?.();
    this.patches.apply(policy?.constructor, retryPatch(this.tracing));
  }

  private fromResultHandler(handler: unknown): void {
    let current = handler;
    for (let depth = 0; depth < MAX_HANDLER_DEPTH; depth += 1) {
      if (typeof current !== 'object' || current === null) return;
      if ('downloadLink' in current) {
        this.patches.apply(current.constructor, cloudFetchPatch(this.tracing));
        return;
      }
      current = (current as { readonly source?: unknown }).source;
    }
  }
}
