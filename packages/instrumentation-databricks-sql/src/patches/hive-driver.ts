import { clock } from '../clock';
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
import type { SharedState } from './shared-state';
import { METADATA_METHODS } from './session';

/** `HiveDriver`: one method per Thrift call, with the same names in every release. */
export function hiveDriverPatch(shared: SharedState): ClassPatch {
  const patch: Record<string, MethodPatch> = {
    executeStatement: observeMethod(
      shared,
      'rpc executeStatement',
      (_driver: object, [request]) => {
        if (shared.telemetry.config.traceContext === 'query-tags') {
          addTraceparent(request as ExecuteStatementRequest, currentCall()?.span);
        }
        return submitObserver(shared);
      },
    ),
    getOperationStatus: observeMethod(
      shared,
      'rpc getOperationStatus',
      (_driver: object, [request]) => pollObserver(shared, request),
    ),
  };
  for (const method of ['openSession', 'getInfo', ...METADATA_METHODS]) {
    patch[method] = observeMethod(shared, `rpc ${method}`, () => submitObserver(shared));
  }
  return patch;
}

/** A call that opens something: its response has the handle, or a SQLSTATE that the driver drops. */
function submitObserver(shared: SharedState): Observer | undefined {
  const call = currentCall();
  return (
    call && {
      resolved: (result) => {
        const response = result as Response;
        if (isErrorStatus(response.status)) {
          call.sqlState = response.status?.sqlState ?? undefined;
        } else if (call instanceof SubmitCall && response.operationHandle != null) {
          shared.statements.set(response.operationHandle, call.statement);
          call.statement.answered(response);
        }
      },
    }
  );
}

function pollObserver(shared: SharedState, request: unknown): Observer | undefined {
  const handle = (request as { readonly operationHandle?: OperationHandle }).operationHandle;
  const statement = handle && shared.statements.get(handle);
  if (statement === undefined) return undefined;
  const startMs = clock.monotonicMs();
  return {
    resolved: (response) => {
      statement.polled(clock.monotonicMs() - startMs, response as OperationStatus);
    },
    rejected: () => {
      statement.polled(clock.monotonicMs() - startMs, undefined);
    },
  };
}
