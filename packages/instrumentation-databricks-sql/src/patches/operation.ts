import type { Operation, ResultSlicer } from '../driver/shapes';
import { beginClose, StatusCall, WaitCall } from './operation-calls';
import { beginFetch, FetchAllCall, isWithinFetch, isWithinFetchAll } from './fetch-calls';
import type { Statement } from '../statement/statement';
import { operationKey } from './submit-call';
import { traceMethod } from './method-patch';
import type { ClassPatch, MethodPatch } from './method-patch';
import type { SharedState } from './shared-state';

/** How deep the driver nests the sources of a result. */
const MAX_SOURCE_DEPTH = 4;

/**
 * `DBSQLOperation`. Which of its methods call which others differs between releases, so rows are counted in the outermost
 * method that fetches a chunk, public or private, and else where they leave {@link resultSlicerPatch}.
 */
export function operationPatch(shared: SharedState): ClassPatch {
  return {
    fetchAll: traceMethod(shared, 'fetchAll', (operation: Operation) => {
      const statement = statementOf(shared, operation);
      return statement === undefined || isWithinFetchAll(statement)
        ? undefined
        : new FetchAllCall(shared, operation, statement);
    }),
    fetchChunk: fetching(shared, 'fetchChunk'),
    fetchChunkInternal: fetching(shared, 'fetchChunkInternal'),
    hasMoreRowsInternal: waiting(shared, 'hasMoreRowsInternal'),
    waitUntilReady: waiting(shared, 'waitUntilReady'),
    waitUntilReadyThroughBackend: waiting(shared, 'waitUntilReadyThroughBackend'),
    finished: waiting(shared, 'finished'),
    hasMoreRows: waiting(shared, 'hasMoreRows'),
    getSchema: waiting(shared, 'getSchema'),
    getMetadata: waiting(shared, 'getMetadata'),
    getResultMetadata: waiting(shared, 'getResultMetadata'),
    status: traceMethod(shared, 'status', (operation: Operation) => {
      const statement = statementOf(shared, operation);
      return statement?.hasEnded === false
        ? new StatusCall(shared.telemetry, statement)
        : undefined;
    }),
    cancel: traceMethod(shared, 'cancel', (operation: Operation) => {
      const statement = statementOf(shared, operation);
      if (operation.closed === true || operation.cancelled === true) return undefined;
      return statement?.beginClose('CANCELED') === true
        ? beginClose(shared.telemetry, operation, statement, 'CANCELED')
        : undefined;
    }),
    close: traceMethod(shared, 'operation.close', (operation: Operation) => {
      const statement = statementOf(shared, operation);
      return statement?.beginClose('CLOSED') === true
        ? beginClose(shared.telemetry, operation, statement, 'CLOSED')
        : undefined;
    }),
  };
}

function statementOf(shared: SharedState, operation: Operation): Statement | undefined {
  return shared.statements.get(operationKey(operation));
}

/** `ResultSlicer`, which the rows of every result leave, whichever method of the operation asked for them. */
export function resultSlicerPatch(shared: SharedState): ClassPatch {
  return {
    fetchNext: traceMethod(shared, 'ResultSlicer.fetchNext', (slicer: ResultSlicer) => {
      const key = keyOfSource(shared, slicer);
      const statement = key && shared.statements.get(key);
      return key === undefined || statement === undefined || isWithinFetch(statement)
        ? undefined
        : beginFetch(shared.telemetry, shared.operations.get(key) ?? {}, statement);
    }),
  };
}

/** Of the sources of a result, the innermost knows the operation; on the kernel it is known itself. */
function keyOfSource(shared: SharedState, slicer: ResultSlicer): object | undefined {
  let current: ResultSlicer | undefined = slicer.source;
  for (let depth = 0; depth < MAX_SOURCE_DEPTH && current !== undefined; depth += 1) {
    const key: object = current.operationHandle ?? current;
    if (shared.statements.get(key) !== undefined) return key;
    current = current.source;
  }
  return undefined;
}

function fetching(shared: SharedState, method: string): MethodPatch {
  return traceMethod(shared, method, (operation: Operation) => {
    const statement = statementOf(shared, operation);
    return statement === undefined || isWithinFetch(statement)
      ? undefined
      : beginFetch(shared.telemetry, operation, statement);
  });
}

function waiting(shared: SharedState, method: string): MethodPatch {
  return traceMethod(shared, method, (operation: Operation) => {
    const statement = statementOf(shared, operation);
    return statement?.hasEnded === false
      ? new WaitCall(shared.telemetry, operation, statement, method === 'finished')
      : undefined;
  });
}
