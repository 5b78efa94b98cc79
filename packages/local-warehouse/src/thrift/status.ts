import types from '@databricks/sql/thrift/TCLIService_types';
import type { TStatus } from '@databricks/sql/thrift/TCLIService_types';
import type { StatementFailure } from '../failure';

const SERVER_EXCEPTION = 'org.apache.hive.service.cli.HiveSQLException';
const CONNECTION_EXCEPTION = '08000';

export function success(): TStatus {
  return new types.TStatus({ statusCode: types.TStatusCode.SUCCESS_STATUS });
}

/** The message of a failure as a status has it: behind the Java class of the exception. */
export function serverMessage({ condition, exception, message }: StatementFailure): string {
  return `Error running query: [${condition}] ${exception}: ${message}`;
}

export function failure(failed: StatementFailure): TStatus {
  return errorStatus({
    sqlState: failed.sqlState,
    errorCode: failed.code,
    errorMessage: serverMessage(failed),
    displayMessage: failed.message,
    frames: ['org.apache.spark.sql.hive.thriftserver.HiveThriftServerErrors$:runningQueryError'],
  });
}

/** The answer to a session or operation that is not, or no longer, open. */
export function invalidHandle(kind: 'SessionHandle' | 'OperationHandle', id: string): TStatus {
  const handle =
    kind === 'OperationHandle' ? `opType=UNKNOWN_OPERATION, getHandleIdentifier()=${id}` : id;
  const message = `Invalid ${kind}: ${kind} [${handle}]`;
  return errorStatus({
    sqlState: CONNECTION_EXCEPTION,
    errorCode: 0,
    errorMessage: message,
    displayMessage: message,
    frames: [
      kind === 'OperationHandle'
        ? 'org.apache.hive.service.cli.operation.OperationManager:getOperation'
        : 'org.apache.hive.service.cli.session.SessionManager:getSession',
    ],
  });
}

function errorStatus({
  frames,
  ...fields
}: {
  readonly sqlState: string;
  readonly errorCode: number;
  readonly errorMessage: string;
  readonly displayMessage: string;
  readonly frames: readonly string[];
}): TStatus {
  return new types.TStatus({
    statusCode: types.TStatusCode.ERROR_STATUS,
    infoMessages: [`*${SERVER_EXCEPTION}:${fields.errorMessage}:${frames.length}:1`, ...frames],
    ...fields,
  });
}
