import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import type * as tls from 'node:tls';
import type { Duplex } from 'node:stream';
import { once } from 'node:events';
import type { Credential } from '../tls/certificate-authority';

/** Where the warehouse listens: nothing outside this machine can reach it. */
export const LOOPBACK_ADDRESS = '127.0.0.1';

const TLS_HANDSHAKE_BYTE = 0x16;

/** What happens to a connection before anything was read from it. */
export type ConnectionFate = 'serve' | 'hang' | 'reset';

export interface ListenerOptions {
  /** 0 for one that the system chooses. */
  readonly port: number;
  /** Shown to a client that names no server, as one that connects to an address does. */
  readonly identity: Credential;
  /** The TLS identity to show for a server name. */
  readonly secureContext: (serverName: string) => tls.SecureContext;
  /** PEM of the authority whose client certificates are asked for (mutual TLS). */
  readonly clientAuthority: string | undefined;
  readonly fate: () => ConnectionFate;
  readonly onRequest: http.RequestListener;
  /** Answers a CONNECT and says whether a tunnel follows. */
  readonly onConnect: (request: http.IncomingMessage, socket: Duplex) => boolean;
}

/**
 * One loopback port for everything: HTTPS, plain HTTP, and CONNECT.
 * A CONNECT tunnel ends in this same process, whatever host it names, so that a client behind the "proxy" can use
 * any public-looking host name without DNS.
 */
export class Listener {
  readonly #front = net.createServer((socket) => this.#accept(socket));
  readonly #plain: http.Server;
  readonly #secure: https.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #options: ListenerOptions;
  #port: number;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#port = options.port;
    this.#plain = http.createServer(options.onRequest);
    this.#plain.on('connect', (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
      if (!options.onConnect(request, socket)) return;
      if (head.length > 0) socket.unshift(head);
      this.#dispatch(socket);
    });
    this.#secure = https.createServer(
      {
        cert: options.identity.certificate,
        key: options.identity.privateKey,
        SNICallback: (serverName, callback) => callback(null, options.secureContext(serverName)),
        ...(options.clientAuthority === undefined
          ? {}
          : { ca: options.clientAuthority, requestCert: true, rejectUnauthorized: true }),
      },
      options.onRequest,
    );
    this.#secure.on('tlsClientError', () => undefined);
  }

  get port(): number {
    return this.#port;
  }

  /** Listens, again on the port that it had. */
  async listen(): Promise<void> {
    this.#front.listen(this.#port, LOOPBACK_ADDRESS);
    await once(this.#front, 'listening');
    const address = this.#front.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  /** Refuses new connections and drops those there are; `listen` undoes it. */
  async close(): Promise<void> {
    if (!this.#front.listening) return;
    const closed = once(this.#front, 'close');
    this.#front.close();
    this.dropConnections();
    await closed;
  }

  /** Resets a client's connection with a TCP RST, also beneath TLS. */
  resetConnection(clientPort: number | undefined): void {
    for (const socket of this.#sockets) {
      if (socket.remotePort === clientPort) socket.resetAndDestroy();
    }
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.setNoDelay(true);
    const fate = this.#options.fate();
    if (fate === 'reset') socket.resetAndDestroy();
    else if (fate === 'serve') this.#dispatch(socket);
  }

  /** The first byte distinguishes TLS from plain HTTP. */
  #dispatch(socket: Duplex): void {
    socket.once('data', (chunk: Buffer) => {
      socket.pause();
      socket.unshift(chunk);
      if (chunk[0] === TLS_HANDSHAKE_BYTE) {
        // TLS reads what is buffered by itself, and only while the socket is paused.
        this.#secure.emit('connection', socket);
      } else {
        this.#plain.emit('connection', socket);
        socket.resume();
      }
    });
  }
}
