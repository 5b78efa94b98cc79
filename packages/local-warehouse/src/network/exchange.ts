import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { delay } from '../clock';
import { errorAnswer } from '../endpoint';
import type { Answer, Endpoint, Exchange, IncomingRequest } from '../endpoint';
import type { ActiveFault, FaultRule, FaultRules } from '../faults';
import type { RequestEntry, RequestLog } from '../request-log';
import type { Tokens } from '../tokens';

export interface ExchangeContext {
  readonly endpoints: readonly Endpoint[];
  readonly log: RequestLog;
  readonly faults: FaultRules;
  readonly tokens: Tokens;
  /** Sent with every answer of the workspace. */
  readonly workspaceId: string;
  /** Breaks the connection of the client at that port. */
  readonly resetConnection: (clientPort: number | undefined) => void;
  /** Aborts when the warehouse stops. */
  readonly signal: AbortSignal;
}

const UNAUTHORIZED = refusal(
  401,
  'Credential was not sent or was of an unsupported type for this API.',
  { 'www-authenticate': 'Bearer realm="DatabricksRealm"' },
);
const FORBIDDEN = refusal(403, 'Invalid access token.');

/** The answer of the service's front door, which names no workspace. */
function refusal(status: number, reason: string, headers: Answer['headers'] = {}): Answer {
  const answer = errorAnswer(status, status, reason);
  return {
    ...answer,
    headers: { ...answer.headers, ...headers, 'x-databricks-reason-phrase': reason },
  };
}

/** Serves one HTTP request from its first byte to the last of the answer, faults and log included. */
export async function serveExchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  context: ExchangeContext,
): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://unused');
  const host = (incoming.headers.host ?? '').toLowerCase();
  const method = incoming.method ?? 'GET';
  const { pathname: path, searchParams: query } = url;
  const { headers } = incoming;
  const entry = context.log.begin({ method, host, path, query, headers });
  const body = await readBody(incoming);
  if (!body) return;
  entry.bytesReceived = body.length;
  entry.tenant = context.tokens.tenantOf(headers.authorization);
  entry.clientName = clientName(incoming);
  const scheme = incoming.socket instanceof TLSSocket ? 'https' : 'http';
  const origin = `${scheme}://${host}`;
  const { tenant } = entry;
  const request: IncomingRequest = { method, host, path, query, headers, body, origin, tenant };
  const endpoint = context.endpoints.find((candidate) => candidate.serves(request));
  const exchange = endpoint?.open(request) ?? NOT_FOUND;
  Object.assign(entry, { endpoint: endpoint?.name ?? 'unknown' }, exchange.facts);
  const fault = context.faults.forRequest(entry);
  response.once('close', () => {
    context.log.ended(entry, response.writableFinished ? 'answered' : 'aborted');
    exchange.ended?.(entry.bytesServed, response.writableFinished);
  });
  context.log.received(entry);
  const responder = new Responder(entry, exchange, response, fault, context);
  await responder.respond(request);
}

function clientName({ socket }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : undefined;
}

const NOT_FOUND: Exchange = {
  needsToken: false,
  answer: () => errorAnswer(404, 'ENDPOINT_NOT_FOUND', 'No API found.'),
};

async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  try {
    for await (const part of incoming) parts.push(part as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(parts);
}

/** Sends the answer, as the fault rule has it. */
class Responder {
  readonly #rule: FaultRule;

  constructor(
    readonly entry: RequestEntry,
    readonly exchange: Exchange,
    readonly response: ServerResponse,
    readonly fault: ActiveFault | undefined,
    readonly context: ExchangeContext,
  ) {
    this.#rule = fault?.rule ?? {};
  }

  async respond(request: IncomingRequest): Promise<void> {
    const { delayMs = 0, reset, hang } = this.#rule;
    await delay(delayMs, this.context.signal);
    if (reset === true) return this.#reset();
    if (hang === 'headers') await this.fault?.released;
    if (this.response.destroyed) return undefined;
    return this.#send(this.#faulty(await this.#answer(request)));
  }

  async #answer(request: IncomingRequest): Promise<Answer> {
    if (this.#rule.status !== undefined) {
      return errorAnswer(this.#rule.status, 'SCRIPTED_FAULT', 'As scripted.');
    }
    if (this.exchange.needsToken && request.tenant === undefined) {
      return request.headers.authorization === undefined ? UNAUTHORIZED : FORBIDDEN;
    }
    try {
      return await this.exchange.answer(this.fault?.rule);
    } catch (error) {
      // A mistake of the warehouse's own: the client's log is where it is looked for.
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return errorAnswer(500, 'INTERNAL_ERROR', message);
    }
  }

  #faulty(answer: Answer): Answer {
    const { retryAfter, headers, body } = this.#rule;
    return {
      status: answer.status,
      headers: {
        ...answer.headers,
        ...headers,
        ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      },
      body:
        body === undefined
          ? answer.body
          : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    };
  }

  async #send({ status, headers, body }: Answer): Promise<void> {
    const { hang, truncate } = this.#rule;
    const { response, entry } = this;
    entry.status = status;
    response.writeHead(status, {
      ...this.#serviceHeaders(status),
      ...headers,
      'content-length': body.length,
    });
    if (hang === 'body') {
      const half = Math.floor(body.length / 2);
      this.#write(body.subarray(0, half));
      await this.fault?.released;
      this.#end(body.subarray(half));
    } else if (truncate) {
      this.#write(body.subarray(0, truncate.bytes));
      if (truncate.by === 'reset') response.write('', () => this.#reset());
      else response.socket?.end();
    } else {
      this.#end(body);
    }
  }

  /** The storage is a service of its own. */
  #serviceHeaders(status: number): Readonly<Record<string, string>> {
    const { requestId, endpoint } = this.entry;
    if (endpoint === 'storage') return { 'x-amz-request-id': requestId };
    const isRefused = status === 401 || status === 403;
    return {
      'x-request-id': requestId,
      ...(isRefused ? {} : { 'x-databricks-org-id': this.context.workspaceId }),
    };
  }

  #write(bytes: Buffer): void {
    this.entry.bytesServed += bytes.length;
    this.response.write(bytes);
  }

  #end(bytes: Buffer): void {
    if (this.response.destroyed) return;
    this.entry.bytesServed += bytes.length;
    this.response.end(bytes);
  }

  #reset(): void {
    this.context.log.ended(this.entry, 'reset');
    this.context.resetConnection(this.response.socket?.remotePort);
  }
}
