import { once } from 'node:events';
import * as http from 'node:http';
import type { LocalWarehouse } from '../local-warehouse';
import { LOOPBACK_ADDRESS } from '../network/listener';
import { ControlApi, ControlError } from './control-api';

const MAX_BODY_BYTES = 16 * 1024 * 1024;

export interface ControlServerOptions {
  /** The port of 127.0.0.1 to listen on; one that the system chooses by default. */
  readonly port?: number;
}

/**
 * Scripts, faults and logs of a warehouse over HTTP, for tests in other languages. It has a port of its own: no fault
 * of the warehouse reaches it, and its requests do not show up in the warehouse's log.
 */
export class ControlServer {
  readonly #server: http.Server;
  readonly #api: ControlApi;

  private constructor(warehouse: LocalWarehouse) {
    this.#api = new ControlApi(warehouse);
    this.#server = http.createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  /** Starts to listen. Rejects with `EADDRINUSE` when the port is taken. */
  static async start(
    warehouse: LocalWarehouse,
    { port = 0 }: ControlServerOptions = {},
  ): Promise<ControlServer> {
    const control = new ControlServer(warehouse);
    control.#server.listen(port, LOOPBACK_ADDRESS);
    await once(control.#server, 'listening');
    return control;
  }

  /** `http://127.0.0.1:port`. */
  get url(): string {
    const address = this.#server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    return `http://${LOOPBACK_ADDRESS}:${port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { status, value } = await this.#answer(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(value === undefined ? '' : JSON.stringify(value));
  }

  async #answer(request: http.IncomingMessage): Promise<{ status: number; value: unknown }> {
    try {
      // A page in a browser can send requests to loopback addresses, and names itself as their origin.
      if (request.headers.origin !== undefined) throw new ControlError(403, 'not for browsers');
      const body = await readJson(request);
      const value = this.#api.call(request.method ?? 'GET', request.url ?? '/', body);
      return { status: value === undefined ? 204 : 200, value };
    } catch (error) {
      const status = error instanceof ControlError ? error.status : 500;
      return { status, value: { error: error instanceof Error ? error.message : String(error) } };
    }
  }
}

async function readJson(request: http.IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw new ControlError(413, 'the body is too large');
    parts.push(part);
  }
  if (bytes === 0) return {};
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw new ControlError(400, 'the body is not JSON');
  }
}
