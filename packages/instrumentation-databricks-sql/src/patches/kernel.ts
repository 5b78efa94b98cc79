import type { KernelOperationBackend, KernelResultsProvider } from '../driver/shapes';
import { observeMethod } from './method-patch';
import type { ClassPatch } from './method-patch';
import type { Tracing } from '../telemetry/tracing';

/**
 * `KernelOperationBackend`. Requests and files are the native module's own affair; what JavaScript sees are the batches
 * that its results provider hands over, which learns here whose they are.
 */
export function kernelOperationPatch(tracing: Tracing): ClassPatch {
  return {
    getResultSlicer: observeMethod(
      tracing,
      'KernelOperationBackend.getResultSlicer',
      (backend: KernelOperationBackend) => {
        const statement = tracing.statements.get(backend);
        return (
          statement && {
            resolved: () => {
              const { resultsProvider } = backend;
              if (resultsProvider === undefined) return;
              tracing.statements.set(resultsProvider, statement);
              tracing.discovery?.fromResultsProvider(resultsProvider);
            },
          }
        );
      },
    ),
  };
}

/** `KernelResultsProvider`: each call reads one batch ahead, or finds the end. */
export function kernelResultsPatch(tracing: Tracing): ClassPatch {
  return {
    prime: observeMethod(
      tracing,
      'KernelResultsProvider.prime',
      (provider: KernelResultsProvider) => {
        const statement = tracing.statements.get(provider);
        if (statement === undefined) return undefined;
        const startMs = performance.now();
        return {
          resolved: () => {
            const batch = provider.prefetched;
            if (batch === undefined) return;
            let bytes = 0;
            for (const { byteLength } of batch.batches) bytes += byteLength;
            statement.totals.batchReceived(performance.now() - startMs, bytes);
          },
        };
      },
    ),
  };
}
