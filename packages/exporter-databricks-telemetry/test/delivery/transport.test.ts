import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { Agent } from 'node:https';
import { Socket, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import * as sinon from 'sinon';
import { send } from '../../src/delivery/transport';
import type { TransportRequest } from '../../src/delivery/transport';
import {
  TelemetryServer,
  answer,
  plainTextAgent,
  reset,
  status,
} from '../fixtures/telemetry-server';
import type { Responder } from '../fixtures/telemetry-server';

const GET: TransportRequest = { method: 'GET', path: '/flags', headers: { 'X-Team': 'a' } };
const POST: TransportRequest = {
  method: 'POST',
  path: '/telemetry-ext',
  headers: { 'X-Team': 'a' },
  body: [Buffer.from('ab'), Buffer.from('c')],
};

describe('send', () => {
  let server: TelemetryServer;
  let controller: AbortController;

  before(async () => {
    server = await TelemetryServer.start();
  });
  after(() => server.stop());
  beforeEach(() => {
    controller = new AbortController();
    server.script.length = server.flagScript.length = server.received.length = 0;
  });
  afterEach(() => {
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0, 'nothing is left behind');
  });

  function sent(request: TransportRequest, timeoutMs = 10_000) {
    const target = { hostname: 'a.example.com', port: 8443, agent: server.agent };
    return send(target, request, timeoutMs, controller.signal);
  }

  /** What came of a `POST` that is answered so. */
  function answered(responder: Responder) {
    server.script.push(responder);
    return sent(POST);
  }

  it('sends method, path, headers and body as they are', async () => {
    await answered(answer('{}'));
    const [request] = server.received;
    assert.equal(request?.method, 'POST');
    assert.equal(request?.path, '/telemetry-ext');
    assert.equal(request?.headers['x-team'], 'a');
    assert.equal(request?.headers.host, 'a.example.com:8443');
    assert.equal(request?.headers['content-length'], '3');
    assert.equal(request?.body, 'abc');
  });

  for (const [name, unref] of [
    ['have no unref', undefined],
    [
      'throw from unref',
      () => {
        throw new Error('unref');
      },
    ],
  ] as const) {
    it(`accepts an agent whose sockets ${name}`, async () => {
      // A keep-alive agent calls `unref` itself.
      const agent = new Agent();
      const plain = plainTextAgent(() => server.port);
      agent.createConnection = (...args) =>
        Object.defineProperty(plain.createConnection(...args), 'unref', { value: unref });
      const target = { hostname: 'a.example.com', port: 8443, agent };
      server.script.push(answer('{}'));
      const outcome = await send(target, POST, 10_000, controller.signal);
      agent.destroy();
      assert.equal(outcome.kind, 'answer');
    });
  }

  it('fails with an agent that throws', async () => {
    for (const member of ['addRequest', 'createConnection'] as const) {
      const agent = plainTextAgent(() => server.port);
      Object.defineProperty(agent, member, {
        value: () => {
          throw new Error('agent');
        },
      });
      const target = { hostname: 'a.example.com', port: 8443, agent };
      const outcome = await send(target, POST, 10_000, controller.signal);
      assert.deepEqual(outcome, { kind: 'network', code: 'UNKNOWN' });
    }
  });

  it('sends no length of a body that is none', async () => {
    server.flagScript.push(answer('{}'));
    await sent(GET);
    const [request] = server.received;
    assert.equal(request?.method, 'GET');
    assert.equal(request?.headers['content-length'], undefined);
  });

  it('gives status, headers and the whole text of any answer, redirects as well', async () => {
    const outcome = await answered(status(307, { Location: '/x', 'Retry-After': '5' }, 'grüezi'));
    assert.ok(outcome.kind === 'answer');
    assert.equal(outcome.status, 307);
    assert.equal(outcome.headers['retry-after'], '5');
    assert.equal(outcome.body, 'grüezi');
    assert.equal(server.received.length, 1);
  });

  it('reads answers of up to 64 KiB', async () => {
    const whole = await answered(answer('x'.repeat(65_536)));
    assert.ok(whole.kind === 'answer' && whole.body.length === 65_536);
    assert.deepStrictEqual(await answered(answer('x'.repeat(65_537))), { kind: 'oversized' });
  });

  it('names what broke the connection', async () => {
    assert.deepStrictEqual(await answered(reset), { kind: 'network', code: 'ECONNRESET' });
    const cutOff = await answered((_request, response) => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('{', () => response.socket?.end());
    });
    assert.deepStrictEqual(cutOff, { kind: 'network', code: 'ECONNRESET' });
    const agent = plainTextAgent(() => 1);
    const target = { hostname: 'a.example.com', port: 443, agent };
    const refused = await send(target, GET, 10_000, controller.signal);
    assert.deepStrictEqual(refused, { kind: 'network', code: 'ECONNREFUSED' });
  });

  it('has a word for headers that HTTP does not allow', async () => {
    const outcome = await sent({ ...GET, headers: { 'X-Team': 'a\r\nX-Evil: b' } });
    assert.deepStrictEqual(outcome, { kind: 'network', code: 'ERR_INVALID_CHAR' });
    assert.equal(server.received.length, 0);
  });

  it('has one for an upgrade that nobody asked for', async () => {
    const outcome = await answered((_request, response) => {
      response.socket?.write('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    });
    assert.deepStrictEqual(outcome, { kind: 'network', code: 'UNKNOWN' });
  });

  it('has one for errors whose code is none of Node.js', async () => {
    const agent = plainTextAgent(() => 1);
    agent.createConnection = () => {
      throw Object.assign(new Error('of a proxy'), { code: 7 });
    };
    const target = { hostname: 'a.example.com', port: 443, agent };
    assert.deepStrictEqual(await send(target, GET, 10_000, controller.signal), {
      kind: 'network',
      code: 'UNKNOWN',
    });
  });

  it('gives up in time, and its connection with it', async () => {
    let closed: Promise<unknown> | undefined;
    server.script.push((_request, response) => {
      closed = once(response, 'close');
    });
    assert.deepStrictEqual(await sent(POST, 20), { kind: 'timeout' });
    await closed;
  });

  it('keeps the connection of a request that was answered, for the next', async () => {
    const ports: (number | undefined)[] = [];
    for (let request = 0; request < 2; request += 1) {
      await answered((_request, response) => {
        ports.push(response.socket?.remotePort);
        response.end('{}');
      });
    }
    assert.equal(new Set(ports).size, 1);
  });

  it('holds no process', async () => {
    const agent = plainTextAgent(() => 1);
    const socket = new Socket();
    agent.createConnection = () => socket;
    const unref = sinon.spy(socket, 'unref');
    const target = { hostname: 'a.example.com', port: 443, agent };
    const outcome = send(target, GET, 10_000, controller.signal);
    await once(socket, 'newListener');
    await new Promise(setImmediate);
    assert.ok(unref.called);
    controller.abort();
    await outcome;
  });

  it('has no more than 8 connections to a host without an agent', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const target = { hostname: '127.0.0.1', port, agent: undefined };
    const outcomes = Promise.all(
      Array.from({ length: 10 }, () => send(target, GET, 10_000, controller.signal)),
    );
    while (sockets.length < 8) await once(silent, 'connection');
    for (let turn = 0; turn < 20; turn += 1) {
      await new Promise(setImmediate);
    }
    controller.abort();
    silent.close();
    assert.ok((await outcomes).every(({ kind }) => kind === 'aborted'));
    assert.equal(sockets.length, 8);
  });

  it('gives up when it is told to, and asks nobody after', async () => {
    const outcome = await answered(() => controller.abort());
    assert.deepStrictEqual(outcome, { kind: 'aborted' });
    assert.deepStrictEqual(await sent(POST), { kind: 'aborted' });
    assert.equal(server.received.length, 1);
  });
});
