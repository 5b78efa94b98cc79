import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { now } from './clock';
import type { PlainValue } from './thrift/plain-value';

export type EndpointName =
  | 'thrift'
  | 'telemetry'
  | 'feature-flags'
  | 'storage'
  | 'oauth'
  | 'statements'
  | 'proxy'
  | 'unknown';

/** How an exchange ended; `aborted` is the client's doing, `reset` that of a fault rule. */
export type RequestOutcome = 'pending' | 'answered' | 'aborted' | 'reset';

/** One request that reached the warehouse. It is filled in as the exchange goes on. */
export interface LoggedRequest {
  /** Counts from 1, in the order of arrival. */
  readonly sequence: number;
  /** Sent back as `x-request-id`. */
  readonly requestId: string;
  readonly endpoint: EndpointName;
  /** The Thrift method, or else `METHOD /path`. */
  readonly name: string;
  readonly method: string;
  /** The `Host` header, lower case. */
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Whose token came with it; absent when there was none or an unknown one. */
  readonly tenant: string | undefined;
  /** Common name of the client's certificate (mutual TLS). */
  readonly clientName: string | undefined;
  /** Decoded Thrift arguments or JSON body. */
  readonly args: PlainValue;
  readonly statement: string | undefined;
  readonly sessionId: string | undefined;
  readonly statementId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly answeredAt: number | undefined;
  readonly status: number | undefined;
  readonly bytesReceived: number;
  /** Body bytes handed to the socket. */
  readonly bytesServed: number;
  readonly outcome: RequestOutcome;
}

/** The log's own, writable view of a request. */
export type RequestEntry = { -readonly [Field in keyof LoggedRequest]: LoggedRequest[Field] };

/**
 * Which requests are meant: a name (`FetchResults`, `POST /telemetry-ext`), an endpoint (`telemetry`), a pattern
 * over the name, or a predicate.
 */
export type RequestMatch = string | RegExp | ((request: LoggedRequest) => boolean);

export function matchesRequest(match: RequestMatch, request: LoggedRequest): boolean {
  if (typeof match === 'function') return match(request);
  if (match instanceof RegExp) return match.test(request.name);
  return match === request.name || match === request.endpoint;
}

interface Watcher {
  readonly match: RequestMatch;
  readonly phase: 'received' | 'answered';
  remaining: number;
  readonly resolve: (request: LoggedRequest) => void;
}

/** Keeps the latest requests and resolves the promises that wait for one. */
export class RequestLog {
  readonly #entries: RequestEntry[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #capacity: number;
  #sequence = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get requests(): readonly LoggedRequest[] {
    return this.#entries;
  }

  matching(match: RequestMatch): LoggedRequest[] {
    return this.#entries.filter((entry) => matchesRequest(match, entry));
  }

  clear(): void {
    this.#entries.length = 0;
  }

  begin(
    fields: Pick<RequestEntry, 'method' | 'host' | 'path' | 'query' | 'headers'>,
  ): RequestEntry {
    this.#sequence += 1;
    return {
      ...fields,
      sequence: this.#sequence,
      requestId: randomUUID(),
      endpoint: 'unknown',
      name: `${fields.method} ${fields.path}`,
      tenant: undefined,
      clientName: undefined,
      args: undefined,
      statement: undefined,
      sessionId: undefined,
      statementId: undefined,
      receivedAt: now(),
      answeredAt: undefined,
      status: undefined,
      bytesReceived: 0,
      bytesServed: 0,
      outcome: 'pending',
    };
  }

  /** The request is read and decoded: from here on it is in the log. */
  received(entry: RequestEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length >= 2 * this.#capacity) this.#entries.splice(0, this.#capacity);
    this.#notify('received', entry);
  }

  ended(entry: RequestEntry, outcome: RequestOutcome): void {
    if (entry.outcome !== 'pending') return;
    entry.outcome = outcome;
    entry.answeredAt = now();
    this.#notify('answered', entry);
  }

  /** Resolves with the `count`-th matching request in the log, past or to come, once it has been read. */
  whenReceived(match: RequestMatch, count: number): Promise<LoggedRequest> {
    return this.#when('received', match, count, this.matching(match));
  }

  /** Resolves with the `count`-th matching request whose exchange ended, whatever the outcome. */
  whenAnswered(match: RequestMatch, count: number): Promise<LoggedRequest> {
    const ended = this.matching(match).filter((entry) => entry.outcome !== 'pending');
    return this.#when('answered', match, count, ended);
  }

  #when(
    phase: Watcher['phase'],
    match: RequestMatch,
    count: number,
    past: readonly LoggedRequest[],
  ): Promise<LoggedRequest> {
    const found = past[count - 1];
    if (found) return Promise.resolve(found);
    return new Promise((resolve) => {
      this.#watchers.add({ match, phase, remaining: count - past.length, resolve });
    });
  }

  #notify(phase: Watcher['phase'], entry: RequestEntry): void {
    for (const watcher of this.#watchers) {
      if (watcher.phase !== phase || !matchesRequest(watcher.match, entry)) continue;
      watcher.remaining -= 1;
      if (watcher.remaining > 0) continue;
      this.#watchers.delete(watcher);
      watcher.resolve(entry);
    }
  }
}
