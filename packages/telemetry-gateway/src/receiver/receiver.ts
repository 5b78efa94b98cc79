import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { GatewayConfig } from '../config/config';
import { errorWord } from '../log';
import type { Log } from '../log';
import { decodeTraces } from '../otlp/decode';
import type { Decoded } from '../otlp/decode';
import type { Authorization } from './authorization';
import { readBody, RequestError } from './body';

const TRACES_PATH = '/v1/traces';
const RETRY_AFTER_SECONDS = 5;
const BYTES_PER_MIB = 1_048_576;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_HEADER_BYTES = 16_384;

/** What the receiver needs of the gateway. */
export interface ReceiverParts {
  readonly config: GatewayConfig;
  readonly log: Log;
  readonly authorization: Authorization;
  /**
   * Takes the spans of a request; resolves when they survive the end of the process, with what the sender should know of
   * spans that were not taken.
   */
  accept(decoded: Decoded): Promise<{ readonly rejected: number; readonly reason: string }>;
  /** Why requests cannot be taken now; `undefined` when they can. */
  notReady(): string | undefined;
  stats(): object;
}

/** The OTLP/HTTP endpoint, and those for the platform. */
export class Receiver {
  readonly #parts: ReceiverParts;
  readonly #server: Server;
  #running = 0;
  #isStopping = false;
  #idle: (() => void) | undefined;

  /** Throws when the files of TLS cannot be read. */
  constructor(parts: ReceiverParts) {
    this.#parts = parts;
    const { tls } = parts.config;
    const limits = { maxHeaderSize: MAX_HEADER_BYTES };
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#answer(request, response);
    };
    this.#server =
      tls === undefined
        ? createServer(limits, answer)
        : createTlsServer(
            {
              ...limits,
              cert: readFileSync(tls.certFile),
              key: readFileSync(tls.keyFile),
              minVersion: 'TLSv1.2',
              ...(tls.clientCaFile === undefined
                ? {}
                : {
                    ca: readFileSync(tls.clientCaFile),
                    requestCert: true,
                    rejectUnauthorized: true,
                  }),
            },
            answer,
          );
    this.#server.headersTimeout = HEADERS_TIMEOUT_MS;
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** @returns the port */
  async listen(): Promise<number> {
    const { host, port } = this.#parts.config.listen;
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Turns new requests away. Resolves when the running ones were answered, or after `timeoutMs`. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    this.#server.close();
    if (this.#running > 0) {
      const timeout = new AbortController();
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#idle = resolve;
        }),
        new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          timeout.signal.addEventListener('abort', () => clearTimeout(timer));
        }),
      ]);
      timeout.abort();
    }
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    try {
      await this.#dispatch(request, response);
    } catch (error) {
      if (error instanceof RequestError) sendError(response, error);
      else {
        this.#parts.log.error(`a request failed (${errorWord(error)})`);
        sendError(response, new RequestError(503, 'the gateway failed', RETRY_AFTER_SECONDS));
      }
      // What is left of the body is not read.
      if (!request.complete) request.destroy();
    }
  }

  async #dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0];
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    switch (path) {
      case '/health':
        if (!isRead) throw new RequestError(405, 'only GET is served here');
        send(response, 200, { status: 'ok' });
        return;
      case '/ready': {
        if (!isRead) throw new RequestError(405, 'only GET is served here');
        const reason = this.#obstacle();
        if (reason === undefined) send(response, 200, { status: 'ready' });
        else send(response, 503, { status: 'not ready', reason });
        return;
      }
      case '/stats':
        if (!isRead) throw new RequestError(405, 'only GET is served here');
        await this.#authorize(request);
        send(response, 200, this.#parts.stats());
        return;
      case TRACES_PATH:
        if (request.method !== 'POST') throw new RequestError(405, 'only POST is served here');
        await this.#authorize(request);
        await this.#admit(request, response);
        return;
      default:
        throw new RequestError(404, `spans are received at ${TRACES_PATH}`);
    }
  }

  async #authorize({ headers }: IncomingMessage): Promise<void> {
    if (await this.#parts.authorization.allows(headers.authorization)) return;
    throw new RequestError(401, 'a bearer token of this gateway is needed');
  }

  async #admit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const obstacle = this.#obstacle();
    if (obstacle !== undefined) {
      throw new RequestError(this.#isStopping ? 503 : 429, obstacle, RETRY_AFTER_SECONDS);
    }
    this.#running += 1;
    try {
      const { rejected, reason } = await this.#parts.accept(await this.#read(request));
      const partialSuccess = { rejectedSpans: String(rejected), errorMessage: reason };
      send(response, 200, rejected === 0 ? {} : { partialSuccess });
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#idle?.();
    }
  }

  async #read(request: IncomingMessage): Promise<Decoded> {
    const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
    if (type !== 'application/json') {
      throw new RequestError(
        415,
        'the content type must be application/json: set encoding: json on the otlphttp exporter',
      );
    }
    const body = await readBody(request, this.#parts.config.limits);
    const decoded = decodeTraces(parseJson(body));
    if (decoded === undefined) throw new RequestError(400, 'the body is no OTLP export request');
    return decoded;
  }

  #obstacle(): string | undefined {
    const { maxRequests, maxMemoryMiB } = this.#parts.config.limits;
    if (this.#isStopping) return 'the gateway is stopping';
    if (this.#running >= maxRequests) return `${maxRequests} requests are under way`;
    if (process.memoryUsage.rss() > maxMemoryMiB * BYTES_PER_MIB) {
      return `the gateway uses more than ${maxMemoryMiB} MiB of memory`;
    }
    return this.#parts.notReady();
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new RequestError(400, 'the body is not JSON');
  }
}

/** The status message that OTLP wants: code and text. */
function sendError(response: ServerResponse, error: RequestError): void {
  if (response.headersSent) return;
  if (error.retryAfterSeconds !== undefined) {
    response.setHeader('Retry-After', String(error.retryAfterSeconds));
  }
  if (error.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  response.setHeader('Connection', 'close');
  send(response, error.status, { code: error.status, message: error.message });
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}
