/**
 * A statement's life as the patches lead it, without the promises of the driver between its steps: the same objects,
 * the same calls.
 */
import type { Attributes } from '@opentelemetry/api';
import {
  Connection,
  SessionFacts,
} from '../../../../packages/instrumentation-databricks-sql/build/src/connection/connection';
import { beginClose } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/operation-calls';
import { beginSubmit } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/submit-call';
import { describeExecute } from '../../../../packages/instrumentation-databricks-sql/build/src/statement/description';
import { resultFacts } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/result-facts';
import type { SharedState } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/shared-state';
import { SESSION_ID } from '../harness/ids';
import { operationOf, submitResponse } from './stub-driver';

const ROWS = Array.from({ length: 1_000 }, () => ({}));
const ARGS = ['SELECT * FROM main.sales.orders WHERE id = 42'];

export interface Life {
  /** The ids of the connection and the session, as on every span. */
  readonly session: SessionFacts;
  /** Runs one statement. Returns what its close says of it. */
  run(chunks: number): { readonly statementId: string; readonly totals: Attributes };
}

export function statementLife(shared: SharedState): Life {
  const { telemetry } = shared;
  const session = new SessionFacts(
    new Connection({
      host: 'workspace.cloud.databricks.com',
      path: '/sql/1.0/warehouses/0123456789abcdef',
    }),
    { initialCatalog: 'main', initialSchema: 'sales' },
  );
  session.opened({ id: SESSION_ID });
  shared.connected({}, session.connection);
  session.connection.ownership?.ask();
  return {
    session,
    run(chunks) {
      const response = submitResponse();
      const operation = operationOf(response);
      const call = beginSubmit(
        shared,
        session,
        describeExecute(telemetry.config, session, ARGS, telemetry.metrics.live),
        ARGS,
      );
      const { statement } = call;
      statement.answered(response);
      call.succeeded(operation);
      const { totals } = statement;
      for (let index = 0; index < chunks; index++) {
        totals.downloadSucceeded(totals.downloadStarted(), 12, 1_048_576, 1_000);
      }
      totals.fetched(ROWS.length);
      const close = beginClose(telemetry, operation, statement, 'CLOSED');
      close.succeeded();
      close.end();
      return {
        statementId: statement.id ?? '',
        totals: close.span === undefined ? statement.completion(resultFacts(operation, false)) : {},
      };
    },
  };
}
