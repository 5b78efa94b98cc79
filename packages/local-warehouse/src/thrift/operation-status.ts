import types, { type TGetOperationStatusResp } from '@databricks/sql/thrift/TCLIService_types';
import type { Statement } from '../statement';
import { int64 } from './int64';
import { success } from './status';

const { TOperationState } = types;

const OPERATION_STATES = {
  RUNNING: TOperationState.RUNNING_STATE,
  FINISHED: TOperationState.FINISHED_STATE,
  CANCELED: TOperationState.CANCELED_STATE,
  CLOSED: TOperationState.CLOSED_STATE,
  ERROR: TOperationState.ERROR_STATE,
} as const;

const SERVER_EXCEPTION = 'org.apache.hive.service.cli.HiveSQLException';

/** Only success rules a result set out: the driver does not look at the state of a statement that has none. */
export function mayHaveResultSet({ state, plan }: Statement): boolean {
  return state !== 'FINISHED' || plan !== undefined;
}

export function operationStatus(statement: Statement): TGetOperationStatusResp {
  const { state, failure, result, startedAt, finishedAt } = statement;
  return new types.TGetOperationStatusResp({
    status: success(),
    operationState: OPERATION_STATES[state],
    operationStarted: int64(startedAt),
    hasResultSet: mayHaveResultSet(statement),
    ...(finishedAt === undefined ? {} : { operationCompleted: int64(finishedAt) }),
    ...(result?.modifiedRows === undefined ? {} : { numModifiedRows: int64(result.modifiedRows) }),
    ...(failure
      ? {
          sqlState: failure.sqlState,
          errorCode: failure.code,
          errorMessage: `${SERVER_EXCEPTION}: Error running query: ${failure.message}`,
          displayMessage: failure.message,
          diagnosticInfo: `${SERVER_EXCEPTION}: ${failure.message}\n\tat com.databricks.sql.LocalWarehouse.execute(LocalWarehouse.scala:1)`,
        }
      : {}),
  });
}
