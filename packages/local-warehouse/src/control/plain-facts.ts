import type { LoggedRequest } from '../request-log';
import type { StatementFacts } from '../statement';

/** A statement as JSON. Its plan is given by its format and its number of chunks and rows. */
export function plainStatement(statement: StatementFacts): object {
  const { plan } = statement;
  return {
    id: statement.id,
    sessionId: statement.sessionId,
    operation: statement.operation,
    sql: statement.sql,
    state: statement.state,
    failure: statement.failure,
    format: plan?.format,
    chunks: plan?.chunks.length,
    rows: plan?.relation.rowCount,
    polls: statement.polls,
    pagesServed: statement.pagesServed,
    rowsServed: statement.rowsServed,
    chunksServed: statement.chunksServed,
    bytesServed: statement.bytesServed,
    closedByServer: statement.closedByServer,
    startedAt: statement.startedAt,
    finishedAt: statement.finishedAt,
    closedAt: statement.closedAt,
  };
}

/** A request as JSON, without its credentials. */
export function plainRequest(request: LoggedRequest): object {
  const { authorization, ...headers } = request.headers;
  return {
    ...request,
    query: Object.fromEntries(request.query),
    headers: authorization === undefined ? headers : { ...headers, authorization: 'present' },
  };
}
