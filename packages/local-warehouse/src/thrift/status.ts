import types, { type TStatus } from '@databricks/sql/thrift/TCLIService_types';
import type { StatementFailure } from '../statement';

export function success(): TStatus {
  return new types.TStatus({ statusCode: types.TStatusCode.SUCCESS_STATUS });
}

export function failure(failed: StatementFailure): TStatus {
  return new types.TStatus({
    statusCode: types.TStatusCode.ERROR_STATUS,
    infoMessages: [`*org.apache.hive.service.cli.HiveSQLException: ${failed.message}`],
    sqlState: failed.sqlState,
    errorCode: failed.code,
    errorMessage: failed.message,
    displayMessage: failed.message,
  });
}

export function invalidHandle(kind: 'SessionHandle' | 'OperationHandle', id: string): TStatus {
  const message = `Invalid ${kind}: ${kind} [${id}]`;
  return new types.TStatus({
    statusCode: types.TStatusCode.INVALID_HANDLE_STATUS,
    infoMessages: [`*org.apache.hive.service.cli.HiveSQLException: ${message}`],
    errorMessage: message,
    displayMessage: message,
  });
}
