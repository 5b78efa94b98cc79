import { currentCall } from './driver-call';
import { isErrorStatus } from '../driver/shapes';
import type {
  ExecuteStatementRequest,
  OperationHandle,
  OperationStatus,
  Response,
} from '../driver/shapes';
import { SubmitCall } from './submit-call';
import { addTraceparent } from './traceparent';
import { observeMethod } from './method-patch';
import type { ClassPatch, MethodPatch, Observer } from './method-patch';
import type { Tracing } from '../telemetry/tracing';
import { METADATA_METHODS } from './session';

/** `HiveDriver`: one method per Thrift call, with the same names in every release. */
export function hiveDriverPatch(tracing: Tracing): ClassPatch {
  const patch: Record<string, MethodPatch> = {
    executeStatement: observeMethod(
      tracing,
      'rpc executeStatement',
      (_driver: object, [request]) => {
        if (tracing.config.traceContext === 'query-tags') {
          addTraceparent(request as ExecuteStatementRequest, currentCall()?.span);
        }
        return submitObserver(tracing);
      },
    ),
    getOperationStatus: observeMethod(
      tracing,
      'rpc getOperationStatus',
      (_driver: object, [request]) => pollObserver(tracing, request),
    ),
  };
  for (const method of ['openSession', 'getInfo', ...METADATA_METHODS]) {
    patch[method] = observeMethod(tracing, `rpc ${method}`, () => submitObserver(tracing));
  }
  return patch;
}

/** A call that opens something: its response has the handle, or a SQLSTATE that the driver drops. */
function submitObserver(tracing: Tracing): Observer | undefined {
  const call = currentCall();
  return (
    call && {
      resolved: (result) => {
        const response = result as Response;
        if (isErrorStatus(response.status)) {
          call.sqlState = response.status?.sqlState ?? undefined;
        } else if (call instanceof SubmitCall && response.operationHandle != null) {
          tracing.statements.set(response.operationHandle, call.statement);
          call.statement.answered(response);
        }
      },
    }
  );
}

function pollObserver(tracing: Tracing, request: unknown): Observer | undefined {
  const handle = (request as { readonly operationHandle?: OperationHandle }).operationHandle;
  const statement = handle && tracing.statements.get(handle);
  if (statement === undefined) return undefined;
  const startMs = performance.now();
  return {
    resolved: (response) => {
      statement.polled(performance.now() - startMs, response as OperationStatus);
    },
    rejected: () => {
      statement.polled(performance.now() - startMs, undefined);
    },
  };
}
