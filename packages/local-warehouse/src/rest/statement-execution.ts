import { delay } from '../clock';
import { errorAnswer, jsonAnswer, parseJson } from '../endpoint';
import type { Answer, Endpoint, Exchange, IncomingRequest } from '../endpoint';
import type { QueryParameter } from '../engine/engine';
import { ALL_NATIVE_TYPES } from '../results/arrow-types';
import { parseQueryTags, QUERY_TAGS_REFUSED } from '../query-tags';
import { Session } from '../session';
import type { LinkTarget } from '../results/result-files';
import type { Statement } from '../statement';
import { plainValue } from '../thrift/plain-value';
import type { PlainValue } from '../thrift/plain-value';
import type { LinkOrigin } from '../thrift/thrift-endpoint';
import type { Warehouse } from '../warehouse';
import { resultChunk, statementResponse } from './statement-response';

const BASE = '/api/2.0/sql/';
/**
 * Sessions and statements side by side, as the kernel has them, or statements beneath their session and both beneath
 * the warehouse, as JDBC 3.4 has them; with or without a slash at the end.
 */
const ROUTE =
  /^\/api\/2\.0\/sql\/(?:warehouses\/[^/]+\/)?(?:sessions\/(?<owner>[^/]+)\/(?=statements\b))?(?<resource>sessions|statements)(?:\/(?<id>[^/]+?))?(?:\/(?<action>cancel|status|result\/chunks\/(?<chunk>\d+)))?\/?$/;
const INVALID_SESSION = errorAnswer(404, 'NOT_FOUND', 'The session does not exist.');
const REFUSED_TAGS = errorAnswer(400, 'BAD_REQUEST', QUERY_TAGS_REFUSED.message);
const INVALID_STATEMENT = errorAnswer(404, 'NOT_FOUND', 'The statement does not exist.');

interface QueryTagField {
  readonly key: string;
  readonly value?: string;
}

type JsonFields = { readonly [field: string]: unknown };

/** The Statement Execution API, as the driver's native kernel speaks it. */
export class StatementExecutionEndpoint implements Endpoint {
  readonly name = 'statements';
  readonly #warehouse: Warehouse;
  readonly #linkOrigin: LinkOrigin;

  constructor(warehouse: Warehouse, linkOrigin: LinkOrigin) {
    this.#warehouse = warehouse;
    this.#linkOrigin = linkOrigin;
  }

  serves({ path }: IncomingRequest): boolean {
    return path.startsWith(BASE);
  }

  open(request: IncomingRequest): Exchange {
    const { owner, resource, id, action, chunk } = ROUTE.exec(request.path)?.groups ?? {};
    const parsed = parseJson(request.body);
    const fields: JsonFields = {
      ...(typeof parsed === 'object' ? parsed : {}),
      ...(owner === undefined ? {} : { session_id: owner }),
    };
    const links = { storage: this.#warehouse.storage, origin: this.#linkOrigin(request) };
    const args = plainValue(fields);
    if (resource === 'sessions') {
      return {
        needsToken: true,
        facts: { args, sessionId: id, name: id === undefined ? 'CreateSession' : 'DeleteSession' },
        answer: () =>
          id === undefined ? this.#createSession(fields, request) : this.#deleteSession(id),
      };
    }
    if (resource !== 'statements') return UNKNOWN_ROUTE;
    return {
      needsToken: true,
      facts: statementFacts(request.method, id, action, args, fields),
      answer: () => {
        if (id === undefined) return this.#execute(fields, links);
        if (request.method === 'DELETE') return this.#close(id);
        if (action === 'cancel') return this.#cancel(id);
        return chunk === undefined ? this.#poll(id, links) : this.#chunk(id, Number(chunk), links);
      },
    };
  }

  #createSession(fields: JsonFields, { tenant = '' }: IncomingRequest): Answer {
    const { QUERY_TAGS } = (fields['session_confs'] ?? {}) as { readonly QUERY_TAGS?: string };
    if (QUERY_TAGS !== undefined && this.#warehouse.refusesQueryTags) return REFUSED_TAGS;
    const session = this.#warehouse.sessions.open(
      new Session(
        tenant,
        parseQueryTags(QUERY_TAGS ?? ''),
        text(fields['catalog']),
        text(fields['schema']),
      ),
    );
    return jsonAnswer(200, { session_id: session.id });
  }

  #deleteSession(id: string): Answer {
    return this.#warehouse.sessions.close(id) ? jsonAnswer(200, {}) : INVALID_SESSION;
  }

  async #execute(fields: JsonFields, links: LinkTarget): Promise<Answer> {
    const session = this.#warehouse.sessions.find(text(fields['session_id']) ?? '');
    if (!session) return INVALID_SESSION;
    const sql = text(fields['statement']) ?? '';
    const tags = (fields['query_tags'] ?? []) as readonly QueryTagField[];
    if (tags.length > 0 && this.#warehouse.refusesQueryTags) return REFUSED_TAGS;
    const statement = this.#warehouse.begin(
      session,
      'ExecuteStatement',
      sql,
      Object.fromEntries(tags.map(({ key, value }) => [key, value ?? null])),
    );
    const { script } = statement;
    await delay(script.submitDelayMs ?? 0, statement.signal);
    if (script.error?.at === 'submit') {
      statement.close();
      return errorAnswer(400, 'BAD_REQUEST', statement.failureOf(script.error).message);
    }
    statement.capabilities = {
      arrow: true,
      download: /EXTERNAL_LINKS/.test(text(fields['disposition']) ?? ''),
      lz4: fields['result_compression'] === 'LZ4_FRAME',
      native: ALL_NATIVE_TYPES,
      inlineAsOne: true,
    };
    const parameters = Array.isArray(fields['parameters']) ? fields['parameters'] : [];
    statement.start(this.#warehouse.engine, {
      sql,
      parameters: parameters.map(queryParameter),
      catalog: session.catalog,
      schema: session.schema,
    });
    const waits = fields['wait_timeout'] !== '0s' && script.directResults !== false;
    if (waits && !statement.mustBePolled) {
      await statement.settled;
      this.#warehouse.advance(session, statement);
    }
    return jsonAnswer(200, statementResponse(statement, links));
  }

  async #poll(id: string, links: LinkTarget): Promise<Answer> {
    const found = this.#warehouse.sessions.findStatement(id);
    if (!found) return INVALID_STATEMENT;
    const { session, statement } = found;
    await delay(statement.script.pollDelayMs ?? 0, statement.signal);
    statement.poll();
    this.#warehouse.advance(session, statement);
    return jsonAnswer(200, statementResponse(statement, links));
  }

  async #chunk(id: string, index: number, links: LinkTarget): Promise<Answer> {
    const statement = this.#warehouse.sessions.findStatement(id)?.statement;
    if (!statement) return INVALID_STATEMENT;
    const { plan, script } = statement;
    await delay(script.fetchDelayMs ?? 0, statement.signal);
    if (script.error?.at === 'fetch') {
      return errorAnswer(400, 'BAD_REQUEST', statement.failureOf(script.error).message);
    }
    return plan && index < plan.chunks.length
      ? jsonAnswer(200, resultChunk(statement, plan, index, links))
      : errorAnswer(404, 'NOT_FOUND', 'The chunk does not exist.');
  }

  #cancel(id: string): Answer {
    this.#find(id)?.cancel();
    return jsonAnswer(200, {});
  }

  #close(id: string): Answer {
    const found = this.#warehouse.sessions.findStatement(id);
    found?.statement.close();
    found?.session.statements.delete(id);
    return jsonAnswer(200, {});
  }

  #find(id: string): Statement | undefined {
    return this.#warehouse.sessions.findStatement(id)?.statement;
  }
}

const UNKNOWN_ROUTE: Exchange = {
  needsToken: true,
  answer: () => errorAnswer(404, 'ENDPOINT_NOT_FOUND', 'No API found.'),
};

/** Named like the calls of the SDKs. */
function statementFacts(
  method: string,
  id: string | undefined,
  action: string | undefined,
  args: PlainValue,
  fields: JsonFields,
): Exchange['facts'] {
  const common = { args, statementId: id, sessionId: text(fields['session_id']) };
  if (id === undefined) {
    return { ...common, name: 'PostStatement', statement: text(fields['statement']) };
  }
  if (method === 'DELETE') return { ...common, name: 'DeleteStatement' };
  if (action === 'cancel') return { ...common, name: 'CancelStatement' };
  return {
    ...common,
    name: action === undefined || action === 'status' ? 'GetStatement' : 'GetResultChunk',
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function queryParameter(parameter: unknown): QueryParameter {
  const fields: JsonFields =
    typeof parameter === 'object' && parameter !== null ? { ...parameter } : {};
  return {
    name: text(fields['name']),
    type: text(fields['type']) ?? 'STRING',
    value: text(fields['value']) ?? null,
  };
}
