import assert from 'node:assert/strict';
import type { SinonFakeTimers } from 'sinon';
import { resolveExporterOptions } from '../../src/config';
import type { Host } from '../../src/delivery/host';
import type { WorkspaceClient } from '../../src/delivery/workspace-client';
import { WorkspaceClients } from '../../src/delivery/workspace-clients';
import { useFakeClock } from '../fake-clock';

function host(name: string): Host {
  return { hostname: name, port: 443, key: name };
}

function fail(client: WorkspaceClient): void {
  client.breaker.tryAcquire()?.failure();
}

describe('WorkspaceClients', () => {
  let time: SinonFakeTimers;
  let clients: WorkspaceClients;

  beforeEach(() => {
    time = useFakeClock({ toFake: ['performance'] });
    clients = new WorkspaceClients(resolveExporterOptions({}), () => undefined);
  });
  afterEach(() => time.restore());

  it('makes one client per host, workspace and agent', () => {
    const client = clients.of(host('a'), '1', 'x');
    assert.equal(clients.of(host('a'), '1', 'x'), client);
    const others = [
      clients.of(host('b'), '1', 'x'),
      clients.of(host('a'), '2', 'x'),
      clients.of(host('a'), undefined, 'x'),
      clients.of(host('a'), '1', 'y'),
    ];
    assert.equal(new Set([client, ...others]).size, 5);
    assert.deepStrictEqual(clients.ofHost('a'), [client, ...others.slice(1)]);
  });

  it('removes idle clients without trouble, and makes a fresh one later', () => {
    const client = clients.of(host('a'), '1', 'x');
    clients.removeIdle();
    assert.deepStrictEqual(clients.ofHost('a'), []);
    assert.notEqual(clients.of(host('a'), '1', 'x'), client);
  });

  it('keeps a client whose breaker remembers failures', () => {
    const client = clients.of(host('a'), '1', 'x');
    fail(client);
    clients.removeIdle();
    assert.equal(clients.of(host('a'), '1', 'x'), client);
  });

  it('removes a client with trouble when it was idle for more than ten minutes', () => {
    fail(clients.of(host('a'), '1', 'x'));
    time.tick(10 * 60_000);
    clients.of(host('b'), '1', 'x');
    assert.equal(clients.ofHost('a').length, 1);
    time.tick(1);
    clients.of(host('c'), '1', 'x');
    assert.equal(clients.ofHost('a').length, 0);
  });

  it('keeps at most 1 000 idle clients', () => {
    for (let index = 0; index < 1_001; index += 1) fail(clients.of(host(`h${index}`), '1', 'x'));
    assert.equal(clients.ofHost('h0').length, 0);
    assert.equal(clients.ofHost('h1000').length, 1);
  });
});
