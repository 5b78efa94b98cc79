import { randomBytes } from 'node:crypto';
import types from '@databricks/sql/thrift/TCLIService_types';
import type {
  TCancelOperationReq,
  TCloseSessionReq,
  TExecuteStatementReq,
  TFetchResultsReq,
  TGetInfoReq,
  TOpenSessionReq,
  TOperationHandle,
  TSessionHandle,
  TSparkDirectResults,
  TSparkGetDirectResults,
} from '@databricks/sql/thrift/TCLIService_types';
import { delay } from '../clock';
import { statementFailure } from '../failure';
import type { StatementFailure } from '../failure';
import { parseQueryTags, QUERY_TAGS_REFUSED } from '../query-tags';
import { Session } from '../session';
import type { LinkTarget } from '../results/result-files';
import type { Statement } from '../statement';
import type { Warehouse } from '../warehouse';
import { infoValue } from './info';
import { METADATA_CALLS } from './metadata-calls';
import { uuidBytes, uuidOf } from './plain-value';
import { operationStatus } from './operation-status';
import { nextPage, pendingMetadata, resultSetMetadata } from './result-sets';
import { capabilitiesOf, queryParameter } from './statement-request';
import { failure, invalidHandle, success } from './status';

const { TFetchOrientation, TOperationType } = types;

/** SPARK_CLI_SERVICE_PROTOCOL_V1, the oldest that Databricks speaks. */
const OLDEST_PROTOCOL = 0xa501;
const DEFAULT_MAX_ROWS = 100_000;

/** Who calls, and where links for that client have to point. */
export interface CallContext {
  readonly tenant: string;
  readonly links: LinkTarget;
}

/** The Thrift service of a warehouse: one method per RPC. */
export class ThriftService {
  readonly #warehouse: Warehouse;

  constructor(warehouse: Warehouse) {
    this.#warehouse = warehouse;
  }

  /** The result struct of the call; undefined when there is no such method. */
  async call(method: string, request: unknown, context: CallContext): Promise<unknown> {
    const metadata = METADATA_CALLS.get(method);
    if (metadata) return this.#getMetadata(method, request as MetadataRequest, context);
    switch (method) {
      case 'OpenSession':
        return this.#openSession(request as TOpenSessionReq, context);
      case 'CloseSession':
        return this.#closeSession(request as TCloseSessionReq);
      case 'GetInfo':
        return this.#getInfo(request as TGetInfoReq);
      case 'ExecuteStatement':
        return this.#executeStatement(request as TExecuteStatementReq, context);
      case 'GetOperationStatus':
        return this.#getOperationStatus(request as OperationRequest);
      case 'GetResultSetMetadata':
        return this.#getResultSetMetadata(request as OperationRequest);
      case 'FetchResults':
        return this.#fetchResults(request as TFetchResultsReq, context);
      case 'CancelOperation':
        return this.#cancelOperation(request as TCancelOperationReq);
      case 'CloseOperation':
        return this.#closeOperation(request as OperationRequest);
      default:
        return undefined;
    }
  }

  #openSession(request: TOpenSessionReq, { tenant }: CallContext): unknown {
    const tags = request.configuration?.['QUERY_TAGS'];
    if (tags !== undefined && this.#warehouse.refusesQueryTags) {
      return new types.TOpenSessionResp({
        status: failure(QUERY_TAGS_REFUSED),
        serverProtocolVersion: this.#warehouse.settings.protocolVersion,
      });
    }
    const asked = Number(request.client_protocol_i64 ?? request.client_protocol ?? 0);
    const serverProtocolVersion = Math.max(
      OLDEST_PROTOCOL,
      Math.min(asked, this.#warehouse.settings.protocolVersion),
    );
    const { catalogName, schemaName } = request.initialNamespace ?? {};
    const session = this.#warehouse.sessions.open(
      new Session(
        tenant,
        parseQueryTags(tags ?? ''),
        catalogName ?? undefined,
        schemaName ?? undefined,
      ),
    );
    return new types.TOpenSessionResp({
      status: success(),
      serverProtocolVersion,
      sessionHandle: new types.TSessionHandle({ sessionId: this.#handle(session.id) }),
      configuration: {},
      initialNamespace: new types.TNamespace({
        catalogName: session.catalog,
        schemaName: session.schema,
      }),
      canUseMultipleCatalogs: true,
    });
  }

  #closeSession({ sessionHandle }: TCloseSessionReq): unknown {
    const id = uuidOf(sessionHandle.sessionId.guid);
    const closed = this.#warehouse.sessions.close(id);
    return new types.TCloseSessionResp({
      status: closed ? success() : invalidHandle('SessionHandle', id),
    });
  }

  #getInfo({ sessionHandle, infoType }: TGetInfoReq): unknown {
    const session = this.#session(sessionHandle);
    return new types.TGetInfoResp({
      status: session ? success() : invalidSession(sessionHandle),
      infoValue: infoValue(infoType),
    });
  }

  async #executeStatement(request: TExecuteStatementReq, context: CallContext): Promise<unknown> {
    const session = this.#session(request.sessionHandle);
    if (!session) {
      return new types.TExecuteStatementResp({ status: invalidSession(request.sessionHandle) });
    }
    const tags = request.confOverlay?.['query_tags'];
    if (tags !== undefined && this.#warehouse.refusesQueryTags) {
      return new types.TExecuteStatementResp({ status: failure(QUERY_TAGS_REFUSED) });
    }
    const statement = this.#warehouse.begin(
      session,
      'ExecuteStatement',
      request.statement,
      parseQueryTags(tags ?? ''),
    );
    const { script } = statement;
    await delay(script.submitDelayMs ?? 0, statement.signal);
    if (script.error?.at === 'submit') {
      statement.close();
      return new types.TExecuteStatementResp({
        status: failure(statement.failureOf(script.error)),
      });
    }
    const staged = this.#warehouse.volumes.stage(request.statement, context.links.origin);
    if (staged) {
      statement.isStaging = true;
      statement.startWith(staged);
    } else {
      statement.start(this.#warehouse.engine, {
        sql: request.statement,
        parameters: (request.parameters ?? []).map(queryParameter),
        catalog: session.catalog,
        schema: session.schema,
      });
    }
    statement.capabilities = capabilitiesOf(request);
    return this.#submitted(session, statement, request.getDirectResults, {
      context,
      operationType: TOperationType.EXECUTE_STATEMENT,
    });
  }

  async #getMetadata(
    method: string,
    request: MetadataRequest,
    context: CallContext,
  ): Promise<unknown> {
    const call = METADATA_CALLS.get(method);
    const session = this.#session(request.sessionHandle);
    if (!call || !session) return { status: invalidSession(request.sessionHandle) };
    const statement = this.#warehouse.begin(session, method, undefined);
    const { script } = statement;
    await delay(script.submitDelayMs ?? 0, statement.signal);
    if (script.error?.at === 'submit') {
      statement.close();
      return { status: failure(statement.failureOf(script.error)) };
    }
    statement.startWith(call.relation(request));
    return this.#submitted(session, statement, request.getDirectResults, {
      context,
      operationType: call.operationType,
    });
  }

  /** The answer to a submission: a handle, and as much of the result as the client wants right away. */
  async #submitted(
    session: Session,
    statement: Statement,
    direct: TSparkGetDirectResults | undefined,
    { context, operationType }: { context: CallContext; operationType: number },
  ): Promise<unknown> {
    const givesDirectResults =
      Boolean(direct) && !statement.mustBePolled && statement.script.directResults !== false;
    if (givesDirectResults) {
      await statement.settled;
      this.#warehouse.advance(session, statement);
    }
    const operationHandle = new types.TOperationHandle({
      operationId: this.#handle(statement.id),
      operationType,
      hasResultSet: true,
    });
    const directResults =
      givesDirectResults && statement.state !== 'RUNNING'
        ? this.#directResults(
            session,
            statement,
            Number(direct?.maxRows ?? DEFAULT_MAX_ROWS),
            context,
          )
        : undefined;
    return new types.TExecuteStatementResp({
      status: success(),
      operationHandle,
      ...(directResults ? { directResults } : {}),
    });
  }

  #directResults(
    session: Session,
    statement: Statement,
    maxRows: number,
    { links }: CallContext,
  ): TSparkDirectResults {
    const status = operationStatus(statement);
    const { plan, script } = statement;
    if (!plan || script.error?.at === 'metadata') {
      return new types.TSparkDirectResults({ operationStatus: status });
    }
    // The page comes first: the sizes in the metadata are those of what it encodes.
    const resultSet = failsAtFetch(statement)
      ? undefined
      : nextPage(statement, plan, maxRows, links);
    const metadata = resultSetMetadata(statement, plan);
    if (!resultSet) {
      return new types.TSparkDirectResults({
        operationStatus: status,
        resultSetMetadata: metadata,
      });
    }
    const closes =
      (script.closeOperation ?? plan.format !== 'cloudfetch') && !resultSet.hasMoreRows;
    if (closes) {
      statement.closedByServer = true;
      statement.close();
      session.statements.delete(statement.id);
    }
    return new types.TSparkDirectResults({
      operationStatus: status,
      resultSetMetadata: metadata,
      resultSet,
      ...(closes ? { closeOperation: new types.TCloseOperationResp({ status: success() }) } : {}),
    });
  }

  async #getOperationStatus({ operationHandle }: OperationRequest): Promise<unknown> {
    const found = this.#find(operationHandle);
    if (!found) {
      return new types.TGetOperationStatusResp({ status: invalidOperation(operationHandle) });
    }
    const { session, statement } = found;
    await delay(statement.script.pollDelayMs ?? 0, statement.signal);
    statement.poll();
    this.#warehouse.advance(session, statement);
    return operationStatus(statement);
  }

  #getResultSetMetadata({ operationHandle }: OperationRequest): unknown {
    const found = this.#find(operationHandle);
    if (!found) {
      return new types.TGetResultSetMetadataResp({ status: invalidOperation(operationHandle) });
    }
    const { statement } = found;
    const { script, plan } = statement;
    if (statement.failure) {
      return new types.TGetResultSetMetadataResp({ status: failure(statement.failure) });
    }
    if (script.error?.at === 'metadata') {
      const failed = statement.failureOf(script.error);
      return new types.TGetResultSetMetadataResp({ status: failure(failed) });
    }
    return plan ? resultSetMetadata(statement, plan) : pendingMetadata();
  }

  async #fetchResults(request: TFetchResultsReq, { links }: CallContext): Promise<unknown> {
    const statement = this.#find(request.operationHandle)?.statement;
    if (!statement) {
      return new types.TFetchResultsResp({ status: invalidOperation(request.operationHandle) });
    }
    await delay(statement.script.fetchDelayMs ?? 0, statement.signal);
    const { script, plan, failure: failed, state } = statement;
    if (failed) return new types.TFetchResultsResp({ status: failure(failed) });
    if (script.error && failsAtFetch(statement)) {
      return new types.TFetchResultsResp({ status: failure(statement.failureOf(script.error)) });
    }
    if (state !== 'FINISHED' || !plan) {
      return new types.TFetchResultsResp({ status: failure(notReady(state)) });
    }
    if (request.orientation === TFetchOrientation.FETCH_FIRST) statement.cursor = 0;
    const page = nextPage(statement, plan, Number(request.maxRows), links);
    if (request.includeResultSetMetadata === true) {
      page.resultSetMetadata = resultSetMetadata(statement, plan);
    }
    return page;
  }

  #cancelOperation({ operationHandle }: TCancelOperationReq): unknown {
    const statement = this.#find(operationHandle)?.statement;
    statement?.cancel();
    return new types.TCancelOperationResp({
      status: statement ? success() : invalidOperation(operationHandle),
    });
  }

  #closeOperation({ operationHandle }: OperationRequest): unknown {
    const found = this.#find(operationHandle);
    found?.statement.close();
    found?.session.statements.delete(found.statement.id);
    return new types.TCloseOperationResp({
      status: found ? success() : invalidOperation(operationHandle),
    });
  }

  #session(handle: TSessionHandle): Session | undefined {
    return this.#warehouse.sessions.find(uuidOf(handle.sessionId.guid));
  }

  #find(handle: TOperationHandle): { session: Session; statement: Statement } | undefined {
    return this.#warehouse.sessions.findStatement(uuidOf(handle.operationId.guid));
  }

  #handle(id: string) {
    return new types.THandleIdentifier({ guid: uuidBytes(id), secret: randomBytes(16) });
  }
}

interface OperationRequest {
  readonly operationHandle: TOperationHandle;
}

interface MetadataRequest {
  readonly sessionHandle: TSessionHandle;
  readonly getDirectResults?: TSparkGetDirectResults;
}

function invalidSession(handle: TSessionHandle) {
  return invalidHandle('SessionHandle', uuidOf(handle.sessionId.guid));
}

function invalidOperation(handle: TOperationHandle) {
  return invalidHandle('OperationHandle', uuidOf(handle.operationId.guid));
}

function failsAtFetch({ script: { error }, pagesServed }: Statement): boolean {
  return error?.at === 'fetch' && (error.index ?? 0) === pagesServed;
}

function notReady(state: string): StatementFailure {
  const description = `The statement is in state ${state} and has no result.`;
  return statementFailure(
    { condition: 'INVALID_STATE', sqlState: 'HY010', description },
    undefined,
  );
}
