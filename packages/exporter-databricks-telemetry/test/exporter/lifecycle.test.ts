import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import type { ExportResult } from '../../src/otel';
import { CONNECTION_ID, HOST, record } from '../fixtures/spans';
import { ExporterBench } from './bench';

function opened(connectionId: string) {
  return record('open_session', { attributes: { 'databricks.connection.id': connectionId } });
}

describe('DatabricksTelemetryExporter', () => {
  const bench = new ExporterBench();

  describe('and closing connections', () => {
    it('flushes before it releases the credentials, and keeps the counts of the host', async () => {
      bench.connections.add(CONNECTION_ID);
      bench.createWithAccess();
      await bench.send(record('open_session'));
      const flushed = new Promise<ExportResult>((resolve) =>
        bench.exporter.onConnectionClosed(() =>
          bench.exporter.export([record('close_session')], resolve),
        ),
      );
      bench.connections.close(CONNECTION_ID);
      assert.deepStrictEqual(await flushed, { code: 0 });
      await bench.exporter.forceFlush();
      await new Promise(setImmediate);
      assert.deepStrictEqual(bench.connections.released, [CONNECTION_ID]);
      const { connections, delivered } = bench.exporter.stats().hosts[HOST] ?? {};
      assert.deepStrictEqual({ connections, delivered }, { connections: 0, delivered: 2 });
    });

    it('lets the credentials go though a listener fails', async () => {
      for (const listener of [
        () => Promise.reject(new Error('of a listener')),
        () => {
          throw new Error('of a listener');
        },
      ]) {
        bench.connections.add(CONNECTION_ID);
        bench.createWithAccess();
        bench.exporter.onConnectionClosed(listener);
        bench.connections.close(CONNECTION_ID);
        await new Promise(setImmediate);
        assert.deepStrictEqual(bench.connections.released, [CONNECTION_ID]);
        bench.connections.released.length = 0;
        await bench.exporter.shutdown();
      }
    });

    it('keeps the credentials until what its listeners return has settled', async () => {
      bench.connections.add(CONNECTION_ID);
      bench.createWithAccess();
      const listener = sinon.promise<void>();
      bench.exporter.onConnectionClosed(() => listener);
      bench.connections.close(CONNECTION_ID);
      await new Promise(setImmediate);
      assert.deepStrictEqual(bench.connections.released, []);
      await listener.resolve(undefined);
      await new Promise(setImmediate);
      assert.deepStrictEqual(bench.connections.released, [CONNECTION_ID]);
    });

    it('keeps the credentials until the requests under way have ended', async () => {
      bench.connections.add(CONNECTION_ID);
      bench.createWithAccess();
      bench.exporter.onConnectionClosed(() => undefined);
      const asked = sinon.promise<() => void>();
      bench.server.flagScript.push((_request, response) => {
        void asked.resolve(() => response.writeHead(401).end());
      });
      const sent = bench.send(record('open_session'));
      const answer = await asked;
      bench.connections.close(CONNECTION_ID);
      await new Promise(setImmediate);
      assert.deepStrictEqual(bench.connections.released, []);
      answer();
      await sent;
      await new Promise(setImmediate);
      assert.deepStrictEqual(bench.connections.released, [CONNECTION_ID]);
    });

    it('no longer listens after shutdown', async () => {
      bench.createWithAccess();
      assert.equal(bench.connections.listeners, 1);
      await bench.exporter.shutdown();
      assert.equal(bench.connections.listeners, 0);
    });

    it('keeps a host as long as another connection to it is open', async () => {
      for (const id of ['a', 'b']) {
        bench.connections.add(id);
      }
      bench.createWithAccess();
      await bench.send(opened('a'), opened('b'));
      bench.connections.close('a');
      await new Promise(setImmediate);
      assert.equal(bench.exporter.stats().hosts[HOST]?.connections, 1);
      await bench.send(opened('b'));
      assert.equal(bench.server.flagRequests().length, 1);
      bench.connections.close('b');
      bench.connections.close('b');
      await new Promise(setImmediate);
      assert.equal(bench.exporter.stats().hosts[HOST]?.connections, 0);
    });

    it('does not grow with connections that come and go', async () => {
      bench.createWithAccess();
      for (let index = 0; index < 20; index++) {
        const id = `c${index}`;
        bench.connections.add(id);
        await bench.send(
          record('open_session', { attributes: { 'databricks.connection.id': id } }),
        );
        bench.connections.close(id);
        await new Promise(setImmediate);
        await bench.send(
          record('close_session', { attributes: { 'databricks.connection.id': id } }),
        );
      }
      assert.equal(bench.exporter.stats().hosts[HOST]?.connections, 0);
      assert.equal(bench.server.flagRequests().length, 1);
    });
  });
});
