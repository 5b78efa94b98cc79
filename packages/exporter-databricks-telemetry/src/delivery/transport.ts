import { Agent, request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';
import type {
  Agent as HttpAgent,
  ClientRequest,
  IncomingHttpHeaders,
  IncomingMessage,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { startTimeLimit } from '../clock';
import { guardedListener } from '../diagnostics';
import { withTracingSuppressed } from '../suppress-tracing';

const MAX_ANSWER_BYTES = 64 * 1_024;
/** Names the listeners in diagnostics. */
const PLACE = 'a request';

export interface TransportTarget {
  readonly hostname: string;
  readonly port: number;
  /** The connection's agent, with its proxy, certificates and sockets; `undefined` for the default one. */
  readonly agent: HttpAgent | undefined;
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: readonly Buffer[];
}

export type TransportFailure =
  /** The answer was not complete in time. */
  | { readonly kind: 'timeout' }
  /** `signal` aborted. */
  | { readonly kind: 'aborted' }
  /** The connection failed, or ended before the answer did. `code` as Node.js names it. */
  | { readonly kind: 'network'; readonly code: string }
  /** The answer is longer than anything the service sends. */
  | { readonly kind: 'oversized' };

export interface TransportAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** For connections without an agent. Its idle sockets do not hold the process. */
let sharedAgent: Agent | undefined;

/**
 * Sends one request over TLS and reads the whole answer, both within `timeoutMs`. Does not follow redirects. Never
 * rejects.
 */
export function send(
  target: TransportTarget,
  request: TransportRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<TransportAnswer | TransportFailure> {
  if (signal.aborted) return Promise.resolve({ kind: 'aborted' });
  return new Promise((resolve) => {
    let isSettled = false;
    let clientRequest: ClientRequest | undefined;
    const settle = (outcome: TransportAnswer | TransportFailure) => {
      // The socket of a settled request may already serve another request, so nothing may touch it again.
      if (isSettled) return;
      isSettled = true;
      limit.cancel();
      signal.removeEventListener('abort', abort);
      resolve(outcome);
      if (outcome.kind !== 'answer') {
        // Only now: the error that this raises must not settle the outcome.
        clientRequest?.destroy();
      }
    };
    const fail = (error: unknown) => settle({ kind: 'network', code: errorCode(error) });
    const abort = guardedListener(PLACE, () => settle({ kind: 'aborted' }));
    const limit = startTimeLimit('the time limit of a request', timeoutMs, () =>
      settle({ kind: 'timeout' }),
    );
    signal.addEventListener('abort', abort);

    try {
      clientRequest = withTracingSuppressed(() => httpsRequest(requestOptions(target, request)));
      clientRequest
        .on('error', guardedListener(PLACE, fail))
        .on(
          'upgrade',
          guardedListener(PLACE, (_response: IncomingMessage, socket: Duplex) => {
            // Node.js would leave the socket of an unexpected upgrade open.
            socket.destroy();
            fail(undefined);
          }),
        )
        .on('socket', guardedListener(PLACE, unref))
        .on(
          'response',
          guardedListener(PLACE, (response) => read(response, settle)),
        );
      write(clientRequest, request.body ?? []);
    } catch (error) {
      // An agent that throws, or headers with characters that HTTP does not allow.
      fail(error);
    }
  });
}

/** An agent of the application may give any stream. */
function unref(socket: Duplex & { unref?: () => unknown }): void {
  socket.unref?.();
}

function requestOptions(target: TransportTarget, request: TransportRequest): RequestOptions {
  sharedAgent ??= new Agent({ keepAlive: true, maxSockets: 8, maxFreeSockets: 2 });
  return {
    hostname: target.hostname,
    port: target.port,
    agent: target.agent ?? sharedAgent,
    method: request.method,
    path: request.path,
    headers:
      request.body === undefined
        ? request.headers
        : { ...request.headers, 'Content-Length': byteLength(request.body) },
  };
}

function write(clientRequest: ClientRequest, body: readonly Buffer[]): void {
  clientRequest.cork();
  for (const piece of body) {
    clientRequest.write(piece);
  }
  clientRequest.uncork();
  clientRequest.end();
}

function byteLength(body: readonly Buffer[]): number {
  return body.reduce((bytes, piece) => bytes + piece.length, 0);
}

function read(
  response: IncomingMessage,
  settle: (outcome: TransportAnswer | TransportFailure) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response
    .on(
      'data',
      guardedListener(PLACE, (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) {
          settle({ kind: 'oversized' });
        } else {
          chunks.push(chunk);
        }
      }),
    )
    // Also when the answer breaks off.
    .on(
      'error',
      guardedListener(PLACE, (error) => settle({ kind: 'network', code: errorCode(error) })),
    )
    .on(
      'end',
      guardedListener(PLACE, () =>
        settle({
          kind: 'answer',
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      ),
    );
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'UNKNOWN';
}
