import type { Operation } from '../driver/shapes';
import { CloseCall, FetchCall, StatusCall, WaitCall } from './operation-calls';
import type { Statement } from '../statement/statement';
import { operationKey } from './submit-call';
import { traceMethod } from './method-patch';
import type { ClassPatch, MethodPatch } from './method-patch';
import type { Tracing } from '../telemetry/tracing';

/**
 * `DBSQLOperation`. `fetchAll`, the iterators and `toNodeStream` call these methods, so rows are counted here once and
 * nowhere else.
 */
export function operationPatch(tracing: Tracing): ClassPatch {
  return {
    fetchChunk: traceMethod(tracing, 'fetchChunk', (operation: Operation) => {
      const statement = statementOf(tracing, operation);
      return statement && new FetchCall(tracing, operation, statement);
    }),
    finished: waiting(tracing, 'finished'),
    hasMoreRows: waiting(tracing, 'hasMoreRows'),
    getSchema: waiting(tracing, 'getSchema'),
    getMetadata: waiting(tracing, 'getMetadata'),
    getResultMetadata: waiting(tracing, 'getResultMetadata'),
    status: traceMethod(tracing, 'status', (operation: Operation) => {
      const statement = statementOf(tracing, operation);
      return statement?.ended === false ? new StatusCall(tracing, statement) : undefined;
    }),
    cancel: traceMethod(tracing, 'cancel', (operation: Operation) => {
      const statement = statementOf(tracing, operation);
      if (operation.closed === true || operation.cancelled === true) return undefined;
      return statement?.beginClose('CANCELED') === true
        ? new CloseCall(tracing, operation, statement, 'CANCELED')
        : undefined;
    }),
    close: traceMethod(tracing, 'operation.close', (operation: Operation) => {
      const statement = statementOf(tracing, operation);
      return statement?.beginClose('CLOSED') === true
        ? new CloseCall(tracing, operation, statement, 'CLOSED')
        : undefined;
    }),
  };
}

function statementOf(tracing: Tracing, operation: Operation): Statement | undefined {
  return tracing.statements.get(operationKey(operation));
}

function waiting(tracing: Tracing, method: string): MethodPatch {
  return traceMethod(tracing, method, (operation: Operation) => {
    const statement = statementOf(tracing, operation);
    return statement?.ended === false ? new WaitCall(tracing, operation, statement) : undefined;
  });
}
