import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FaultRules } from '../faults';
import type { RequestLog } from '../request-log';

export interface ProxyCredentials {
  readonly username: string;
  readonly password: string;
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'Connection Established',
  407: 'Proxy Authentication Required',
};

/** Answers CONNECT. Every tunnel that it lets through ends in this warehouse, whatever host it names. */
export class ConnectProxy {
  readonly #log: RequestLog;
  readonly #faults: FaultRules;
  readonly #credentials: ProxyCredentials | undefined;

  /** With credentials, a CONNECT that does not bring them is answered 407. */
  constructor(log: RequestLog, faults: FaultRules, credentials: ProxyCredentials | undefined) {
    this.#log = log;
    this.#faults = faults;
    this.#credentials = credentials;
  }

  /** Answers, and says whether a tunnel follows. Of a fault rule, only the status counts here. */
  accept(request: IncomingMessage, socket: Duplex): boolean {
    const entry = this.#log.begin({
      method: 'CONNECT',
      host: (request.url ?? '').toLowerCase(),
      path: '',
      query: new URLSearchParams(),
      headers: request.headers,
    });
    entry.endpoint = 'proxy';
    entry.name = `CONNECT ${entry.host}`;
    this.#log.received(entry);
    const fault = this.#faults.forRequest(entry)?.rule.status;
    const status = fault ?? (this.#isAuthorized(request) ? 200 : 407);
    const challenge = status === 407 ? 'Proxy-Authenticate: Basic realm="local-warehouse"\r\n' : '';
    socket.write(`HTTP/1.1 ${status} ${REASONS[status] ?? 'Refused'}\r\n${challenge}\r\n`);
    entry.status = status;
    this.#log.ended(entry, 'answered');
    if (status !== 200) socket.end();
    return status === 200;
  }

  #isAuthorized({ headers }: IncomingMessage): boolean {
    if (!this.#credentials) return true;
    const { username, password } = this.#credentials;
    const expected = Buffer.from(`${username}:${password}`).toString('base64');
    return headers['proxy-authorization'] === `Basic ${expected}`;
  }
}
