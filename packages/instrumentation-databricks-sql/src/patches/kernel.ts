import { clock } from '../clock';
import type { KernelOperationBackend, KernelResultsProvider } from '../driver/shapes';
import { observeMethod } from './method-patch';
import type { ClassPatch } from './method-patch';
import type { SharedState } from './shared-state';

/**
 * `KernelOperationBackend`. Requests and files are the native module's own affair; what JavaScript sees are the batches
 * that its results provider hands over, which learns here whose they are.
 */
export function kernelOperationPatch(shared: SharedState): ClassPatch {
  return {
    getResultSlicer: observeMethod(
      shared,
      'KernelOperationBackend.getResultSlicer',
      (backend: KernelOperationBackend) => {
        const statement = shared.statements.get(backend);
        return (
          statement && {
            resolved: (slicer) => {
              if (typeof slicer === 'object' && slicer !== null) {
                shared.discovery?.fromResultSlicer(slicer);
              }
              const { resultsProvider } = backend;
              if (resultsProvider === undefined) return;
              shared.statements.set(resultsProvider, statement);
              const operation = shared.operations.get(backend);
              if (operation !== undefined) shared.operations.set(resultsProvider, operation);
              shared.discovery?.fromResultsProvider(resultsProvider);
            },
          }
        );
      },
    ),
  };
}

/** `KernelResultsProvider`: each call reads one batch ahead, or finds the end. */
export function kernelResultsPatch(shared: SharedState): ClassPatch {
  return {
    prime: observeMethod(
      shared,
      'KernelResultsProvider.prime',
      (provider: KernelResultsProvider) => {
        const statement = shared.statements.get(provider);
        if (statement === undefined) return undefined;
        const startMs = clock.monotonicMs();
        return {
          resolved: () => {
            const batch = provider.prefetched;
            if (batch === undefined) return;
            let bytes = 0;
            for (const { byteLength } of batch.batches) bytes += byteLength;
            statement.totals.batchReceived(clock.monotonicMs() - startMs, bytes);
          },
        };
      },
    ),
  };
}
