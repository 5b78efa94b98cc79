import types from '@databricks/sql/thrift/TCLIService_types';
import type { TGetOperationStatusResp } from '@databricks/sql/thrift/TCLIService_types';
import type { Statement } from '../statement';
import { int64 } from './int64';
import { serverMessage, success } from './status';

const { TOperationState } = types;

const OPERATION_STATES = {
  RUNNING: TOperationState.RUNNING_STATE,
  FINISHED: TOperationState.FINISHED_STATE,
  CANCELED: TOperationState.CANCELED_STATE,
  CLOSED: TOperationState.CLOSED_STATE,
  ERROR: TOperationState.ERROR_STATE,
} as const;

const SERVER_EXCEPTION = 'org.apache.hive.service.cli.HiveSQLException';

/** The service sends neither the times of an operation nor whether it has a result: all have one. */
export function operationStatus(statement: Statement): TGetOperationStatusResp {
  const { state, failure, result } = statement;
  return new types.TGetOperationStatusResp({
    status: success(),
    operationState: statement.isPending ? TOperationState.PENDING_STATE : OPERATION_STATES[state],
    ...(result?.modifiedRows === undefined ? {} : { numModifiedRows: int64(result.modifiedRows) }),
    ...(failure
      ? {
          sqlState: failure.sqlState,
          errorCode: failure.code,
          errorMessage: `${SERVER_EXCEPTION}: ${serverMessage(failure)}`,
          displayMessage: failure.message,
          diagnosticInfo: `${SERVER_EXCEPTION}: ${serverMessage(failure)}\n\tat org.apache.spark.sql.hive.thriftserver.HiveThriftServerErrors$.runningQueryError(HiveThriftServerErrors.scala:1)`,
        }
      : {}),
  });
}
