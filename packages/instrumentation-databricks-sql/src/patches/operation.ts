import type { Operation } from '../driver/shapes';
import { beginClose, beginFetch, StatusCall, WaitCall } from './operation-calls';
import type { Statement } from '../statement/statement';
import { operationKey } from './submit-call';
import { traceMethod } from './method-patch';
import type { ClassPatch, MethodPatch } from './method-patch';
import type { SharedState } from './shared-state';

/** `DBSQLOperation`. `fetchAll`, the iterators and `toNodeStream` call these methods, so rows are counted only here. */
export function operationPatch(shared: SharedState): ClassPatch {
  return {
    fetchChunk: traceMethod(shared, 'fetchChunk', (operation: Operation) => {
      const statement = statementOf(shared, operation);
      return statement && beginFetch(shared.telemetry, operation, statement);
    }),
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

function waiting(shared: SharedState, method: string): MethodPatch {
  return traceMethod(shared, method, (operation: Operation) => {
    const statement = statementOf(shared, operation);
    return statement?.hasEnded === false
      ? new WaitCall(shared.telemetry, operation, statement)
      : undefined;
  });
}
