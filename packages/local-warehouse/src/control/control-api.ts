import type { Fault, FaultRule } from '../faults';
import type { LocalWarehouse } from '../local-warehouse';
import type { RequestMatch } from '../request-log';
import type { FeatureFlag } from '../rest/feature-flags';
import type { Script } from '../script';
import { plainRequest, plainStatement } from './plain-facts';

/** A call that cannot be served, with its HTTP status. */
export class ControlError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

type Fields = { readonly [field: string]: unknown };
type Call = (id: string, body: Fields, query: URLSearchParams) => unknown;

/** The calls of the control API. Those without a value are answered 204. */
export class ControlApi {
  readonly #warehouse: LocalWarehouse;
  readonly #scripts = new Map<string, Script>();
  readonly #faults = new Map<string, Fault>();
  readonly #calls: ReadonlyMap<string, Call>;
  #lastId = 0;

  constructor(warehouse: LocalWarehouse) {
    this.#warehouse = warehouse;
    this.#calls = new Map<string, Call>([
      ['GET /', () => this.#facts()],
      ['POST /scripts', (_, body) => this.#addScript(body)],
      ['GET /scripts/', (id) => ({ hits: known(this.#scripts, id).hits })],
      ['DELETE /scripts/', (id) => known(this.#scripts, id).remove()],
      ['POST /scripts/release/', (id) => known(this.#scripts, id).release()],
      ['POST /faults', (_, body) => this.#addFault(body)],
      ['GET /faults/', (id) => ({ hits: known(this.#faults, id).hits })],
      ['DELETE /faults/', (id) => known(this.#faults, id).remove()],
      ['POST /reset', () => warehouse.reset()],
      ['POST /sessions/expire', () => warehouse.expireSessions()],
      ['POST /connections/drop', () => warehouse.dropConnections()],
      ['PUT /flag', (_, body) => this.#setFlag(body)],
      ['POST /tokens', (_, body) => ({ token: warehouse.tokens.issue(tenantOf(body)) })],
      ['DELETE /tokens/', (id) => warehouse.tokens.revoke(id)],
      ['GET /requests', (_, __, query) => this.#requests(query)],
      ['GET /statements', () => warehouse.statements.map(plainStatement)],
      ['GET /telemetry', () => warehouse.telemetry.map(({ path, logs }) => ({ path, logs }))],
      ['DELETE /logs', () => warehouse.clearLogs()],
    ]);
  }

  /** The value of a call; throws a `ControlError` for one that there is not. */
  call(method: string, target: string, body: unknown): unknown {
    const url = new URL(target, 'http://unused');
    const fields: Fields = typeof body === 'object' && body !== null ? { ...body } : {};
    const exact = this.#calls.get(`${method} ${url.pathname}`);
    if (exact) return exact('', fields, url.searchParams);
    const [, resource = '', id = ''] = /^(\/.*\/)([^/]+)$/.exec(url.pathname) ?? [];
    const ofOne = this.#calls.get(`${method} ${resource}`);
    if (!ofOne) throw new ControlError(404, `there is no ${method} ${url.pathname}`);
    return ofOne(decodeURIComponent(id), fields, url.searchParams);
  }

  #facts(): object {
    const { port, httpPath, token, warehouseId, workspaceId, authority, openSessions } =
      this.#warehouse;
    const { certificate } = authority;
    return { port, httpPath, token, warehouseId, workspaceId, certificate, openSessions };
  }

  #addScript({ match, script, times }: Fields): object {
    const added = this.#warehouse.script(
      statementMatch(match),
      script ?? {},
      typeof times === 'number' ? times : Infinity,
    );
    return this.#keep(this.#scripts, added);
  }

  #addFault(body: Fields): object {
    const { match, ...rule } = body as FaultRule & Fields;
    const added = this.#warehouse.fault(
      match === undefined ? rule : { ...rule, match: requestMatch(match) },
    );
    return this.#keep(this.#faults, added);
  }

  #keep<T>(kept: Map<string, T>, added: T): object {
    this.#lastId += 1;
    kept.set(String(this.#lastId), added);
    return { id: String(this.#lastId) };
  }

  #setFlag(body: Fields): object {
    const { flag } = this.#warehouse;
    const next: Partial<FeatureFlag> = body;
    flag.enabled = next.enabled ?? flag.enabled;
    flag.ttlSeconds = next.ttlSeconds ?? flag.ttlSeconds;
    flag.status = next.status ?? flag.status;
    flag.delayMs = next.delayMs ?? flag.delayMs;
    return { ...flag };
  }

  #requests(query: URLSearchParams): object[] {
    const match = query.get('match');
    const { requests } = this.#warehouse;
    const found = match === null ? requests : this.#warehouse.requestsTo(match);
    return found.map(plainRequest);
  }
}

/** A string, or `{"pattern": "…", "flags": "i"}` for a regular expression. */
function statementMatch(match: unknown): string | RegExp {
  if (typeof match === 'string') return match;
  const { pattern, flags } = (match ?? {}) as { pattern?: unknown; flags?: unknown };
  if (typeof pattern !== 'string') throw new ControlError(400, 'match is a string or a pattern');
  try {
    return new RegExp(pattern, typeof flags === 'string' ? flags : '');
  } catch {
    throw new ControlError(400, `${pattern} is not a regular expression`);
  }
}

function requestMatch(match: unknown): RequestMatch {
  return statementMatch(match);
}

function tenantOf({ tenant }: Fields): string {
  if (typeof tenant !== 'string') throw new ControlError(400, 'tenant is a string');
  return tenant;
}

function known<T>(kept: ReadonlyMap<string, T>, id: string): T {
  const found = kept.get(id);
  if (!found) throw new ControlError(404, `there is no ${id}`);
  return found;
}
