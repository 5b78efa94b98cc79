import type { LoggedRequest, StatementFacts } from '@dbsql-otel/local-warehouse';
import type { Observation } from './observation';

/** What a field of a log should say: a value, a range of milliseconds, or nothing. */
export type Truth =
  | { readonly exactly: string | number | boolean }
  | { readonly fromMs: number; readonly toMs: number }
  | 'absent';

/** One log that an event should have left, and what it should say. Fields that nobody can know are not among them. */
export interface Expectation {
  readonly log: string;
  readonly sessionId: string | undefined;
  /** The client never learns the id of a statement whose submit failed. */
  readonly statementId: string | undefined;
  readonly kind: 'open session' | 'close session' | 'statement' | 'cancel' | 'call' | 'failure';
  readonly fields: Readonly<Record<string, Truth>>;
}

/** What an event's script says that the warehouse's log does not. */
export interface Scripted {
  /** The name of the failure that was made. */
  readonly failure?: string | undefined;
  /** The file that could not be downloaded. */
  readonly failedChunk?: number | undefined;
  /** Rows the application took, when it did not take all. */
  readonly rowsTaken?: number | undefined;
  /** What each status request and each download takes at least. */
  readonly pollDelayMs?: number | undefined;
  readonly downloadDelayMs?: number | undefined;
  /** Requests of several sessions are mixed, so that only their order in each is known. */
  readonly concurrent?: boolean | undefined;
}

const METADATA_TYPES: Readonly<Record<string, string>> = {
  GetTypeInfo: 'LIST_TYPE_INFO',
  GetCatalogs: 'LIST_CATALOGS',
  GetSchemas: 'LIST_SCHEMAS',
  GetTables: 'LIST_TABLES',
  GetTableTypes: 'LIST_TABLE_TYPES',
  GetColumns: 'LIST_COLUMNS',
  GetFunctions: 'LIST_FUNCTIONS',
  GetPrimaryKeys: 'LIST_PRIMARY_KEYS',
  GetCrossReference: 'LIST_CROSS_REFERENCES',
};
const VOLUME_OPERATIONS: Readonly<Record<string, string>> = {
  PUT: 'PUT',
  GET: 'GET',
  REMOVE: 'DELETE',
};
const FORMATS = {
  columnar: 'COLUMNAR_INLINE',
  arrow: 'INLINE_ARROW',
  cloudfetch: 'EXTERNAL_LINKS',
} as const;
/** The clocks of two processes, each rounded. */
const CLOCK_TOLERANCE_MS = 3;
/** A timer of Node.js can fire up to a millisecond early. */
const TIMER_TOLERANCE_MS = 1;
const HTTP_TOO_MANY_REQUESTS = 429;
const HTTP_SERVER_ERROR = 500;
const HTTP_CLIENT_ERROR = 400;

/** The logs that an event should have left, from what the warehouse served and when. */
export function expectations(observed: Observation, scripted: Scripted): Expectation[] {
  const { requests } = observed;
  const opened = requests.filter(({ name }) => name === 'OpenSession');
  const expected: Expectation[] = opened.map((request, index) => ({
    log: numbered('open session', index, opened.length),
    kind: 'open session',
    sessionId: observed.sessionIds[index],
    statementId: undefined,
    fields: {
      operation_type: { exactly: 'CREATE_SESSION' },
      ...latency(observed, request, scripted),
    },
  }));
  observed.statements.forEach((facts, index) => {
    expected.push(statement(observed, facts, scripted, index));
  });
  for (const request of requests) {
    if (request.name === 'CancelOperation') {
      expected.push({
        log: 'cancel',
        kind: 'cancel',
        sessionId: observed.sessionIds[0],
        statementId: request.statementId,
        fields: {
          operation_type: { exactly: 'CANCEL_STATEMENT' },
          ...latency(observed, request, scripted),
        },
      });
    }
    if (request.name === 'GetInfo') {
      expected.push({
        log: 'getInfo',
        kind: 'call',
        sessionId: observed.sessionIds[0],
        statementId: undefined,
        fields: {
          statement_type: { exactly: 'METADATA' },
          ...latency(observed, request, scripted),
        },
      });
    }
  }
  const closed = requests.filter(({ name }) => name === 'CloseSession');
  closed.forEach((request, index) => {
    expected.push({
      log: numbered('close session', index, closed.length),
      kind: 'close session',
      // Sessions that close at the same time do so in any order.
      sessionId: request.sessionId ?? observed.sessionIds[index],
      statementId: undefined,
      fields: {
        operation_type: { exactly: 'DELETE_SESSION' },
        ...latency(observed, request, scripted),
      },
    });
  });
  return scripted.failure === undefined ? expected : withFailure(expected, observed, scripted);
}

/** A failed call is one log, with its error; a failure that belongs to none of them stands alone. */
function withFailure(
  expected: readonly Expectation[],
  { requests, sessionIds }: Observation,
  scripted: Scripted,
): Expectation[] {
  const fields: Record<string, Truth> = {
    error_name: { exactly: scripted.failure ?? '' },
    stack_trace: { exactly: 'frames only' },
    ...(scripted.failedChunk === undefined ? {} : { chunk_id: { exactly: scripted.failedChunk } }),
  };
  const isCloseRefused = requests.some(
    ({ name, status = 0 }) => name === 'CloseSession' && status >= HTTP_CLIENT_ERROR,
  );
  const failed =
    expected.find(({ kind }) => kind === (isCloseRefused ? 'close session' : 'statement')) ??
    expected.find(({ kind }) => kind === 'open session');
  if (failed === undefined) {
    const sessionId = sessionIds[0];
    return [
      ...expected,
      { log: 'failure', kind: 'failure', sessionId, statementId: undefined, fields },
    ];
  }
  return expected.map((expectation) =>
    expectation === failed
      ? { ...expectation, fields: { ...expectation.fields, ...fields } }
      : expectation,
  );
}

function statement(
  observed: Observation,
  facts: StatementFacts,
  scripted: Scripted,
  index: number,
): Expectation {
  const wasSubmitted = facts.state !== 'CLOSED' || scripted.failure === undefined;
  const verb = /^\w+/.exec(facts.sql ?? '')?.[0] ?? '';
  const fields: Record<string, Truth> = {
    operation_type: { exactly: METADATA_TYPES[facts.operation] ?? 'EXECUTE_STATEMENT' },
    statement_type: { exactly: statementType(facts, verb) },
    ...(VOLUME_OPERATIONS[verb] === undefined
      ? {}
      : { volume_operation_type: { exactly: VOLUME_OPERATIONS[verb] } }),
    execution_result: { exactly: resultFormat(facts) },
    ...statementLatency(observed, facts, scripted),
    ...(wasSubmitted ? polls(observed, facts, scripted) : {}),
    ...results(observed, facts, scripted),
  };
  const isCanceled = observed.requests.some(
    ({ name, statementId }) => name === 'CancelOperation' && statementId === facts.id,
  );
  if (isCanceled) fields['error_name'] = { exactly: 'CANCELED' };
  const retries = observed.requests.filter(wasSentAgain).length;
  fields['retry_count'] = retries === 0 ? 'absent' : { exactly: retries };
  return {
    log: numbered('statement', index, observed.statements.length),
    kind: 'statement',
    sessionId: facts.sessionId,
    statementId: wasSubmitted ? facts.id : undefined,
    fields,
  };
}

function statementType({ operation }: StatementFacts, verb: string): string {
  if (operation in METADATA_TYPES) return 'METADATA';
  if (verb in VOLUME_OPERATIONS) return 'VOLUME';
  return verb === 'SELECT' ? 'QUERY' : 'SQL';
}

function resultFormat({ plan }: StatementFacts): string {
  return plan === undefined ? 'FORMAT_UNSPECIFIED' : FORMATS[plan.format];
}

function polls(
  { requests, begunAt, endedAt }: Observation,
  facts: StatementFacts,
  scripted: Scripted,
): Record<string, Truth> {
  const asked = requests.filter(
    ({ name, statementId }) => name === 'GetOperationStatus' && statementId === facts.id,
  );
  return {
    n_operation_status_calls: { exactly: facts.polls },
    operation_status_latency_millis:
      asked.length === 0
        ? { exactly: 0 }
        : {
            fromMs: scriptedDelay(scripted.pollDelayMs) * asked.length,
            toMs: endedAt - begunAt,
          },
  };
}

function results(
  observed: Observation,
  facts: StatementFacts,
  scripted: Scripted,
): Record<string, Truth> {
  const { plan } = facts;
  const durationMs = observed.endedAt - observed.begunAt;
  const files = observed.requests.filter(
    ({ endpoint, statementId, path }) =>
      endpoint === 'storage' && (statementId === facts.id || path.includes(facts.id)),
  );
  if (plan === undefined) {
    return { initial_chunk_latency_millis: 'absent', slowest_chunk_latency_millis: 'absent' };
  }
  const isCloudFetch = plan.format === 'cloudfetch';
  const offered = plan.pages.slice(0, facts.pagesServed);
  const chunks = isCloudFetch ? offered.flat() : offered.map((page) => page[0]).filter(isDefined);
  const taken = scripted.rowsTaken ?? Infinity;
  const truths: Record<string, Truth> = { total_chunks_present: { exactly: chunks.length } };
  if (scripted.failure === undefined || scripted.failure.startsWith('HTTP')) {
    truths['total_chunks_iterated'] = {
      exactly: chunks.filter(({ from }) => from < taken).length,
    };
    // Without rows there is neither a first nor a last one.
    const span: Truth = plan.relation.rowCount === 0 ? 'absent' : { fromMs: 0, toMs: durationMs };
    truths['result_set_ready_latency_millis'] = span;
    truths['result_set_consumption_latency_millis'] = span;
  }
  if (plan.format !== 'columnar') truths['is_compressed'] = { exactly: plan.compressed };
  if (!isCloudFetch) {
    truths['initial_chunk_latency_millis'] = 'absent';
    truths['slowest_chunk_latency_millis'] = 'absent';
    truths['sum_chunks_download_time_millis'] = 'absent';
    return truths;
  }
  const served = files.filter(({ status }) => status === 200).length;
  const delayMs = scriptedDelay(scripted.downloadDelayMs);
  truths['initial_chunk_latency_millis'] = { fromMs: delayMs, toMs: durationMs };
  truths['slowest_chunk_latency_millis'] = { fromMs: delayMs, toMs: durationMs };
  truths['sum_chunks_download_time_millis'] = {
    // Left early, the driver goes on with the downloads it had begun, and the close does not wait for them.
    fromMs: scripted.rowsTaken === undefined ? delayMs * served : 0,
    toMs: durationMs * served,
  };
  return truths;
}

function scriptedDelay(ms: number | undefined): number {
  return ms === undefined ? 0 : ms - TIMER_TOLERANCE_MS;
}

/** From the submit to the answer in which the client saw the end; no longer than until it sent its next request. */
function statementLatency(
  observed: Observation,
  facts: StatementFacts,
  scripted: Scripted,
): Record<string, Truth> {
  const own = observed.requests.filter(({ statementId }) => statementId === facts.id);
  const submit =
    own.find(({ name }) => name === facts.operation) ??
    observed.requests.find(({ name }) => name === facts.operation);
  if (submit === undefined) return {};
  const end = own.findLast(({ name }) => name === 'GetOperationStatus') ?? submit;
  return between(observed, submit, end, scripted);
}

function latency(
  observed: Observation,
  request: LoggedRequest,
  scripted: Scripted,
): Record<string, Truth> {
  return between(observed, request, request, scripted);
}

function between(
  { requests, begunAt, endedAt }: Observation,
  begin: LoggedRequest,
  end: LoggedRequest,
  { concurrent = false }: Scripted,
): Record<string, Truth> {
  // Downloads go on beside the calls, so nothing can be told from when they came.
  const calls = requests.filter(({ endpoint }) => endpoint !== 'storage');
  const before = calls.findLast((request) => request.sequence < begin.sequence);
  const after = calls.find((request) => request.sequence > end.sequence);
  const earliest = concurrent ? begunAt : (before?.receivedAt ?? begunAt);
  const latest = concurrent ? endedAt : (after?.receivedAt ?? endedAt);
  return {
    operation_latency_ms: {
      fromMs: end.receivedAt - begin.receivedAt - CLOCK_TOLERANCE_MS,
      toMs: latest - earliest + CLOCK_TOLERANCE_MS,
    },
  };
}

function wasSentAgain({ name, status = 0 }: LoggedRequest): boolean {
  const isRetryable = status === HTTP_TOO_MANY_REQUESTS || status >= HTTP_SERVER_ERROR;
  return isRetryable && !['ExecuteStatement', 'FetchResults', 'OpenSession'].includes(name);
}

function numbered(log: string, index: number, count: number): string {
  return count === 1 ? log : `${log} ${index + 1}`;
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}
