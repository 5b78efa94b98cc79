import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { CertificateAuthority } from '@dbsql-otel/local-warehouse';

const LOOPBACK_ADDRESS = '127.0.0.1';

/** AppKit takes the id of the workspace from an answer. */
const HEADERS = { 'content-type': 'application/json', 'x-databricks-org-id': '1' };
/** The answers that some SDKs read; every other path is answered with an empty object. */
const ANSWERS: readonly (readonly [path: RegExp, body: string])[] = [
  [/^\/info$/, '{"endpoints":["/v0.4/traces"],"client_drop_p0s":false}'],
  [/^\/v0\.[45]\/traces$/, '{"rate_by_service":{}}'],
  [/\/track$/, '{"itemsReceived":1,"itemsAccepted":1,"errors":[]}'],
  [/\/scim\/v2\/Me$/, '{"id":"1","userName":"user@example.com"}'],
];

/** The backend of any tracing vendor, on loopback: it accepts every request and keeps the bodies. */
export class VendorBackend {
  readonly #bodies: string[] = [];
  readonly #server: Server;
  readonly #scheme: 'http' | 'https';

  private constructor(authority: CertificateAuthority | undefined) {
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#answer(request).then(
        (body) => response.writeHead(200, HEADERS).end(body),
        () => response.writeHead(400).end(),
      );
    };
    if (authority === undefined) {
      this.#scheme = 'http';
      this.#server = createHttpServer(listener);
    } else {
      this.#scheme = 'https';
      const { certificate, privateKey } = authority.issueServer(['localhost']);
      this.#server = createHttpsServer({ cert: certificate, key: privateKey }, listener);
    }
  }

  /** @param authority issues the certificate of a backend that speaks TLS; plain HTTP without it */
  static async start(authority?: CertificateAuthority): Promise<VendorBackend> {
    const backend = new VendorBackend(authority);
    backend.#server.listen(0, LOOPBACK_ADDRESS);
    await once(backend.#server, 'listening');
    return backend;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#scheme}://${this.#scheme === 'https' ? 'localhost' : LOOPBACK_ADDRESS}:${port}`;
  }

  /** Whether a body contains `text`. JSON, protobuf and msgpack all carry strings unencoded. */
  has(text: string): boolean {
    return this.#bodies.some((body) => body.includes(text));
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage): Promise<string> {
    const sent = await buffer(request);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    this.#bodies.push(body.toString('latin1'));
    const { pathname } = new URL(request.url ?? '/', this.url);
    return ANSWERS.find(([path]) => path.test(pathname))?.[1] ?? '{}';
  }
}
