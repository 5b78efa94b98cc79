import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { accepted, GATEWAY_TENANT } from './support/bed';
import { FACTS, otlpSpan, requestOf, statementSpans } from './support/spans';

const MAIN = path.resolve(__dirname, '../src/main.js');

async function exitOf(process: ChildProcess): Promise<number | null> {
  const [code] = (await once(process, 'close')) as [number | null];
  return code;
}

async function post(url: string, spans: readonly object[]): Promise<number> {
  const headers = { 'Content-Type': 'application/json' };
  return (await fetch(url, { method: 'POST', headers, body: requestOf(spans) })).status;
}

describe('databricks-telemetry-gateway', function () {
  this.timeout(60_000);
  let warehouse: LocalWarehouse;
  let folder: string;
  let child: ChildProcess | undefined;
  let output: string;

  before(async () => {
    warehouse = await LocalWarehouse.start();
  });
  after(() => warehouse.stop());
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'gateway-main-'));
    output = '';
    warehouse.clearLogs();
  });
  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    await rm(folder, { recursive: true });
  });

  function run(...words: readonly string[]): ChildProcess {
    const started = spawn(process.execPath, [MAIN, ...words], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'],
        GATEWAY_TOKEN: warehouse.tokens.issue(GATEWAY_TENANT),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    started.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    child = started;
    return started;
  }

  async function writeConfig(extra = '', timing = ''): Promise<void> {
    await writeFile(path.join(folder, 'ca.pem'), warehouse.authority.certificate);
    await writeFile(
      path.join(folder, 'gateway.yaml'),
      `listen: { port: 0 }
allowPrivateHosts: true
journal: { directory: ./journal }
workspaces:
  - { host: 127.0.0.1, port: ${warehouse.port}, token: { env: GATEWAY_TOKEN }, caFile: ca.pem }
timing: { ${timing}batchDelaySeconds: 0.05 }
${extra}`,
    );
  }

  /** @returns where it receives spans */
  async function listening(started: ChildProcess): Promise<string> {
    if (started.stderr === null) throw new Error('no output');
    for await (const line of createInterface(started.stderr)) {
      const url = /receives spans at (\S+)/.exec(line)?.[1];
      if (url !== undefined) return url;
    }
    throw new Error(`it does not listen: ${output}`);
  }

  it('delivers after kill -9 what it had acknowledged, and no more', async () => {
    await writeConfig();
    const fault = warehouse.fault({ match: 'telemetry', status: 503 });
    const from = { connectionId: randomUUID(), host: '127.0.0.1', port: warehouse.port };
    const ids = Array.from({ length: 30 }, () => randomUUID());
    let first = run('--config', 'gateway.yaml');
    let url = await listening(first);
    assert.equal(await post(url, [otlpSpan(from, 'connect', FACTS)]), 200);
    const open: object[] = [];
    for (const [index, id] of ids.entries()) {
      const [statement, close] = statementSpans(from, id);
      // Some joins are open when the process ends.
      const spans = index % 3 === 0 ? [statement] : [statement, close];
      if (index % 3 === 0) open.push(close);
      assert.equal(await post(url, spans), 200);
      if (index % 10 === 9) {
        first.kill('SIGKILL');
        await once(first, 'close');
        first = run('--config', 'gateway.yaml');
        url = await listening(first);
      }
    }
    fault.remove();
    assert.equal(await post(url, open), 200);
    first.kill('SIGKILL');
    await once(first, 'close');
    await listening(run('--config', 'gateway.yaml'));
    const logs = await accepted(warehouse, ids.length);
    const sent = logs.map((log) => JSON.stringify(log));
    assert.equal(new Set(logs.map((log) => log['frontend_log_event_id'])).size, ids.length);
    for (const id of ids) assert.equal(sent.filter((log) => log.includes(id)).length, 1, id);
    for (const log of sent) assert.match(log, /"auth_type":"pat"/);
  });

  it('delivers what is complete and ends at SIGTERM', async () => {
    await writeConfig();
    const started = run('--config', 'gateway.yaml');
    const url = await listening(started);
    const from = { connectionId: randomUUID(), host: '127.0.0.1', port: warehouse.port };
    await post(url, [otlpSpan(from, 'connect', FACTS), ...statementSpans(from, 'last')]);
    started.kill('SIGTERM');
    assert.equal(await exitOf(started), 0);
    assert.match(JSON.stringify(warehouse.telemetry), /last/);
    assert.match(output, /stopped, 0 spans are left in the journal/);
    assert.doesNotMatch(output, /lost at the shutdown/);
  });

  it('ends at SIGTERM within its time when the workspace does not answer, and keeps the rest', async () => {
    await writeConfig('', 'stopSeconds: 1, ');
    const fault = warehouse.fault({ match: 'telemetry', hang: 'headers' });
    const started = run('--config', 'gateway.yaml');
    const url = await listening(started);
    const from = { connectionId: randomUUID(), host: '127.0.0.1', port: warehouse.port };
    await post(url, [otlpSpan(from, 'connect', FACTS), ...statementSpans(from, 'kept')]);
    await warehouse.received('telemetry');
    started.kill('SIGTERM');
    assert.equal(await exitOf(started), 0);
    assert.match(output, /stopped, 2 spans are left in the journal/);
    fault.remove();
  });

  it('says in one line each why it does not start, and never a secret', async () => {
    assert.equal(await exitOf(run()), 2);
    assert.match(output, /a configuration is needed/);
    assert.equal(await exitOf(run('--nonsense')), 2);
    assert.equal(await exitOf(run('--config', 'absent.yaml')), 1);
    assert.match(output, /absent\.yaml cannot be read/);
    await writeConfig('listen: { port: 1 }');
    assert.equal(await exitOf(run('--config', 'gateway.yaml')), 1);
    assert.match(output, /gateway\.yaml: not YAML/);
    await writeConfig('bearerToken: { file: missing }');
    assert.equal(await exitOf(run('--config', 'gateway.yaml')), 1);
    assert.match(output, /cannot start: the file missing cannot be read/);
    await writeConfig();
    assert.equal(await exitOf(run('--config', 'gateway.yaml', '--check')), 0);
    assert.match(output, /gateway\.yaml: ok/);
    assert.equal(await exitOf(run('--help')), 0);
    assert.match(output, /--config FILE/);
    assert.doesNotMatch(output, /dapi|at Object|node:internal/);
  });

  it('does not share its journal', async () => {
    await writeConfig();
    await listening(run('--config', 'gateway.yaml'));
    const first = child;
    assert.equal(await exitOf(run('--config', 'gateway.yaml')), 1);
    assert.match(output, /cannot start: /);
    first?.kill('SIGKILL');
  });
});
