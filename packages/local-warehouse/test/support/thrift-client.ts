import type { DBSQLClient } from '@databricks/sql';
import type IDriver from '@databricks/sql/dist/contracts/IDriver';
import types from '@databricks/sql/thrift/TCLIService_types';
import type {
  TExecuteStatementReq,
  TExecuteStatementResp,
  TSessionHandle,
} from '@databricks/sql/thrift/TCLIService_types';
import Int64 from 'node-int64';

/** The RPCs of the driver, without what it makes of their answers. */
export interface ThriftClient {
  readonly rpc: IDriver;
  readonly session: TSessionHandle;
  /** Asks for direct results, Arrow and LZ4, as the drivers do. */
  execute(
    statement: string,
    request?: Partial<TExecuteStatementReq>,
  ): Promise<TExecuteStatementResp>;
}

const MAX_ROWS = 1000;

export async function thriftClient(client: DBSQLClient): Promise<ThriftClient> {
  const rpc = await client.getDriver();
  const opened = await rpc.openSession(
    new types.TOpenSessionReq({ client_protocol_i64: new Int64(0xa508) }),
  );
  const session = opened.sessionHandle;
  if (!session) throw new Error('no session');
  return {
    rpc,
    session,
    execute: (statement, request = {}) =>
      rpc.executeStatement(
        new types.TExecuteStatementReq({
          sessionHandle: session,
          statement,
          getDirectResults: directResults(),
          canReadArrowResult: true,
          canDecompressLZ4Result: true,
          ...request,
        }),
      ),
  };
}

export function directResults() {
  return new types.TSparkGetDirectResults({ maxRows: new Int64(MAX_ROWS) });
}
