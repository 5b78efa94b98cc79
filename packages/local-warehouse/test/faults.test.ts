import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { LocalWarehouse } from '../src';
import { begin, send, telemetryBody } from './support/http';

const POST = { method: 'POST', body: telemetryBody({ a: 1 }, { b: 2 }, { c: 3 }) } as const;

describe('fault rules', () => {
  let warehouse: LocalWarehouse;
  before(async () => {
    warehouse = await LocalWarehouse.start();
  });
  afterEach(() => {
    warehouse.reset();
    warehouse.clearLogs();
  });
  after(() => warehouse.stop());

  it('answer with a status and Retry-After, so many times', async () => {
    const fault = warehouse.fault({ match: 'telemetry', status: 503, retryAfter: 7, times: 2 });
    const first = await send(warehouse, '/telemetry-ext', POST);
    const second = await send(warehouse, '/telemetry-ext', POST);
    const third = await send(warehouse, '/telemetry-ext', POST);
    assert.deepStrictEqual([first.status, second.status, third.status], [503, 503, 200]);
    assert.strictEqual(first.headers['retry-after'], '7');
    assert.strictEqual(fault.hits, 2);
    assert.deepStrictEqual(
      warehouse.telemetry.map(({ accepted }) => accepted.length),
      [0, 0, 3],
    );
  });

  it('let some requests through first, and end when removed', async () => {
    const fault = warehouse.fault({ match: /^POST/, skip: 1, status: 500 });
    assert.strictEqual((await send(warehouse, '/telemetry-ext', POST)).status, 200);
    assert.strictEqual((await send(warehouse, '/telemetry-ext', POST)).status, 500);
    fault.remove();
    assert.strictEqual((await send(warehouse, '/telemetry-ext', POST)).status, 200);
  });

  it('answer with another body', async () => {
    warehouse.fault({ match: 'telemetry', body: { errors: ['no'] } });
    assert.strictEqual((await send(warehouse, '/telemetry-ext', POST)).body, '{"errors":["no"]}');
  });

  it('accept a part of the logs', async () => {
    warehouse.fault({ match: 'telemetry', partialSuccess: 2 });
    const { body } = await send(warehouse, '/telemetry-ext', POST);
    const post = await warehouse.nextTelemetry();
    assert.deepStrictEqual(post.accepted, [{ a: 1 }, { b: 2 }]);
    assert.deepStrictEqual(JSON.parse(body), {
      errors: ['Log 2 was not accepted.'],
      numSuccess: 2,
      numProtoSuccess: 2,
      numRealtimeSuccess: 0,
    });
  });

  it('reset the connection', async () => {
    warehouse.fault({ match: 'telemetry', reset: true });
    await assert.rejects(send(warehouse, '/telemetry-ext', POST), { code: 'ECONNRESET' });
    assert.strictEqual((await warehouse.answered('telemetry')).outcome, 'reset');
  });

  it('hold the headers back until removed', async () => {
    const fault = warehouse.fault({ match: 'telemetry', hang: 'headers' });
    const answer = send(warehouse, '/telemetry-ext', POST);
    await warehouse.received('telemetry');
    fault.remove();
    assert.strictEqual((await answer).status, 200);
  });

  it('hold the body back until removed', async () => {
    const fault = warehouse.fault({ match: 'telemetry', hang: 'body' });
    const request = begin(warehouse, '/telemetry-ext', POST);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    assert.strictEqual(response.statusCode, 200);
    assert.strictEqual(response.complete, false);
    fault.remove();
    response.resume();
    await once(response, 'end');
    assert.strictEqual(response.complete, true);
  });

  it('notice a client that gives up', async () => {
    warehouse.fault({ match: 'telemetry', hang: 'headers' });
    const request = begin(warehouse, '/telemetry-ext', POST);
    request.on('error', () => undefined);
    await warehouse.received('telemetry');
    request.destroy();
    assert.strictEqual((await warehouse.answered('telemetry')).outcome, 'aborted');
  });

  for (const by of ['reset', 'end'] as const) {
    it(`cut the body by ${by}`, async () => {
      warehouse.fault({ match: 'telemetry', truncate: { bytes: 5, by } });
      await assert.rejects(send(warehouse, '/telemetry-ext', POST), { code: 'ECONNRESET' });
    });
  }

  it('reset new connections', async () => {
    const fault = warehouse.fault({ connection: 'reset', times: 1 });
    await assert.rejects(send(warehouse, '/telemetry-ext', POST), { code: 'ECONNRESET' });
    assert.strictEqual(fault.hits, 1);
    assert.strictEqual((await send(warehouse, '/telemetry-ext', POST)).status, 200);
  });

  it('leave new connections without a word', async () => {
    warehouse.fault({ connection: 'hang', times: 1 });
    const request = begin(warehouse, '/telemetry-ext', POST);
    const failed = once(request, 'error');
    const [socket] = await once(request, 'socket');
    await once(socket, 'connect');
    assert.strictEqual((await send(warehouse, '/telemetry-ext', POST)).status, 200);
    assert.strictEqual(warehouse.requests.length, 1);
    warehouse.dropConnections();
    await failed;
  });

  it('refuse connections and accept them again on the same port', async () => {
    const { port } = warehouse;
    await warehouse.refuseConnections();
    await assert.rejects(send(warehouse, '/telemetry-ext', POST), { code: 'ECONNREFUSED' });
    await warehouse.acceptConnections();
    assert.strictEqual(warehouse.port, port);
    assert.strictEqual((await send(warehouse, '/telemetry-ext', POST)).status, 200);
  });
});
