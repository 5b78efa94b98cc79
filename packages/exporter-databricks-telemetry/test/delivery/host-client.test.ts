import assert from 'node:assert/strict';
import { CIRCUIT_BREAKER_OPTIONS } from '../../src/config';
import type { Host } from '../../src/delivery/host';
import { HostClients } from '../../src/delivery/host-client';
import { defaultsOf } from '../../src/option-validation';
import { DiagRecorder } from '../diag-recorder';

function host(name: string): Host {
  return { hostname: name, port: 443, key: name };
}

describe('HostClients', () => {
  let nowMs: number;
  let clients: HostClients;

  beforeEach(() => {
    nowMs = 1;
    clients = new HostClients(defaultsOf(CIRCUIT_BREAKER_OPTIONS), () => nowMs);
  });

  it('makes one client per host and shares it between connections', () => {
    const client = clients.acquire(host('a'), '1');
    assert.equal(clients.acquire(host('a'), '2'), client);
    assert.notEqual(clients.acquire(host('b'), '3'), client);
    assert.deepStrictEqual(
      clients.list().map(({ host: { key } }) => key),
      ['a', 'b'],
    );
  });

  it('takes options', () => {
    const strict = new HostClients(
      { ...defaultsOf(CIRCUIT_BREAKER_OPTIONS), failureThreshold: 1 },
      () => nowMs,
    );
    const { breaker } = strict.acquire(host('a'), '1');
    breaker.tryAcquire()?.failure();
    assert.equal(breaker.state, 'OPEN');
  });

  it('keeps failures of one host from another', () => {
    const a = clients.acquire(host('a'), '1');
    const b = clients.acquire(host('b'), '2');
    for (let i = 0; i < 5; i++) {
      a.breaker.tryAcquire()?.failure();
    }
    assert.equal(a.breaker.state, 'OPEN');
    assert.equal(b.breaker.state, 'CLOSED');
  });

  it('removes a client with its last connection, and makes a fresh one later', () => {
    const client = clients.acquire(host('a'), '1');
    clients.acquire(host('a'), '2');
    clients.release('1');
    assert.equal(clients.get('a'), client);
    clients.release('2');
    assert.equal(clients.get('a'), undefined);
    assert.notEqual(clients.acquire(host('a'), '1'), client);
  });

  it('counts a connection once, and its release once', () => {
    clients.acquire(host('a'), '1');
    clients.acquire(host('a'), '1');
    clients.acquire(host('a'), '2');
    clients.release('1');
    clients.release('1');
    clients.release('unknown');
    assert.ok(clients.get('a'));
  });

  it('keeps a client as long as a batch is under way', () => {
    const client = clients.acquire(host('a'), '1');
    client.pendingBatches = 1;
    clients.release('1');
    assert.ok(clients.get('a'));
    client.pendingBatches = 0;
    clients.removeIfIdle(client);
    assert.equal(clients.get('a'), undefined);
  });

  it('keeps the memory of a host that is down while clients come and go', () => {
    const client = clients.acquire(host('a'), '1');
    client.breaker.tryAcquire()?.failure();
    clients.release('1');
    assert.equal(clients.acquire(host('a'), '2'), client);
    clients.release('2');
    nowMs += 10 * 60_000 + 1;
    clients.acquire(host('b'), '3');
    assert.equal(clients.get('a'), undefined);
  });

  it('counts what was dropped by its reason', () => {
    const client = clients.acquire(host('a'), '1');
    client.drop('refused', 2);
    client.drop('refused', 3);
    client.drop('too_large', 1);
    assert.deepStrictEqual(client.dropped, { refused: 5, too_large: 1 });
  });

  it('keeps the memory of a host that asked to be left alone, until that is over', () => {
    const client = clients.acquire(host('a'), '1');
    client.pausedUntilMs = nowMs + 1;
    clients.release('1');
    assert.equal(clients.get('a'), client);
    nowMs += 1;
    clients.removeIfIdle(client);
    assert.equal(clients.get('a'), undefined);
  });

  /** A client that nobody refers to, kept for its failure. */
  function failed(name: string): void {
    const client = clients.acquire(host(name), name);
    client.breaker.tryAcquire()?.failure();
    client.lastUsedMs = nowMs;
    clients.release(name);
  }

  it('keeps that memory for ten minutes from its last use, and no host that is in use', () => {
    const used = clients.acquire(host('used'), 'used');
    nowMs = 60_000;
    failed('a');
    nowMs += 10 * 60_000;
    clients.acquire(host('b'), 'b');
    assert.ok(clients.get('a'));
    nowMs += 1;
    clients.acquire(host('c'), 'c');
    assert.equal(clients.get('a'), undefined);
    assert.equal(clients.get('used'), used);
  });

  it('keeps it of no more than 128 hosts', () => {
    for (let index = 0; index < 128; index += 1) {
      failed(`h${index}`);
    }
    assert.equal(clients.list().length, 128);
    clients.acquire(host('b'), 'b');
    assert.equal(clients.list().length, 128);
    assert.equal(clients.get('h0'), undefined);
  });

  it('warns once of more than 128 hosts that are in use', () => {
    const diag = new DiagRecorder().install();
    const counts = [128, 129, 130].map((hosts) => {
      for (let index = 0; index < hosts; index += 1) {
        clients.acquire(host(`h${index}`), `${index}`);
      }
      return diag.warnings('telemetry goes to more than 128 hosts');
    });
    diag.remove();
    assert.deepStrictEqual(counts, [0, 1, 1]);
  });

  it('lists nothing when empty; removing a missing host is safe; clear empties', () => {
    assert.deepStrictEqual(clients.list(), []);
    clients.remove('a');
    clients.acquire(host('a'), '1');
    clients.clear();
    assert.deepStrictEqual(clients.list(), []);
  });
});
