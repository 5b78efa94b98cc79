/** The figures of one statement as the instrumentation keeps them, without any span. */
import { SpanKind } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import {
  Connection,
  SessionFacts,
} from '../../../../packages/instrumentation-databricks-sql/build/src/connection/connection';
import { Statement } from '../../../../packages/instrumentation-databricks-sql/build/src/statement/statement';
import { noSdkProvider } from '../peers/spans';
import { SESSION_ID } from '../harness/ids';
import { resultFacts } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/result-facts';
import { StartedOperation } from '../../../../packages/instrumentation-databricks-sql/build/src/telemetry/operation';
import { sharedStateOf } from './stub-driver';

const FINISHED_STATE = 2;
const URL_BASED_SET = 3;
/** Without a GUID in the handle the id is the operation's own, ready-made. */
const HANDLE = { hasResultSet: true };
const RESPONSE = {
  operationHandle: HANDLE,
  directResults: { operationStatus: { operationState: FINISHED_STATE } },
};
const OPERATION = {
  id: SESSION_ID,
  backend: {
    operationHandle: HANDLE,
    metadata: { resultFormat: URL_BASED_SET, lz4Compressed: true },
  },
};

/** Counts the life of one statement after the other. */
export function countedStatement(): (chunks: number) => Statement {
  const shared = sharedStateOf(noSdkProvider().getTracer('none'));
  const session = new SessionFacts(new Connection({ host: 'workspace.cloud.databricks.com' }), {});
  session.opened({ id: SESSION_ID });
  return (chunks) => {
    const operation = new StartedOperation(
      session.connection,
      'SELECT',
      SpanKind.CLIENT,
      session.creation,
      performance.now(),
      undefined,
      false,
    );
    const statement = new Statement(shared, session, operation, session.metric);
    statement.answered(RESPONSE);
    statement.opened(OPERATION);
    const { totals } = statement;
    for (let index = 0; index < chunks; index++) {
      totals.downloadSucceeded(totals.downloadStarted(), 12, 1_048_576, 1_000);
    }
    totals.fetched(1_000);
    statement.beginClose('CLOSED');
    statement.closed('CLOSED');
    return statement;
  };
}

/** What the close of a counted statement says of it. */
export function totalsOf(statement: Statement): Attributes {
  return statement.completion(resultFacts(OPERATION, false));
}
