import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Payload } from '../../src/config';
import { record } from '../fixtures/spans';
import { decode } from '../fixtures/telemetry-server';
import { ExporterBench, TOKEN } from './bench';

/** Waits for what is written behind the export, which has no event of its own. */
async function linesOf(file: string, count: number): Promise<Payload[]> {
  for (;;) {
    const text = existsSync(file) ? await readFile(file, 'utf8') : '';
    const lines = text.split('\n').filter(Boolean);
    if (lines.length >= count && text.endsWith('\n')) {
      return lines.map((line) => JSON.parse(line) as Payload);
    }
    await new Promise(setImmediate);
  }
}

describe('DatabricksTelemetryExporter: what would be sent', () => {
  const bench = new ExporterBench();
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dry-run-'));
  });
  after(() => rm(folder, { recursive: true }));
  it('goes to a function, and nothing is sent', async () => {
    const payloads: Payload[] = [];
    bench.create({ dryRun: (payload) => payloads.push(payload) });
    assert.deepStrictEqual(await bench.send(record('open_session'), record('close_session')), {
      code: 0,
    });
    assert.deepStrictEqual(
      payloads.map(({ path, body }) => [path, decode(body).length]),
      [['/telemetry-ext', 2]],
    );
    assert.equal(bench.server.received.length, 0);
  });

  it('goes to diag at debug', async () => {
    bench.create({ dryRun: 'diag' });
    await bench.send(record('open_session'));
    const line = bench.debugLines.find((candidate) => candidate.includes('/telemetry-ext'));
    assert.match(line ?? '', /CREATE_SESSION/);
    assert.ok(!line?.includes(TOKEN));
    assert.equal(bench.server.received.length, 0);
  });

  it('goes to a file, one line of JSON for each request', async () => {
    const dryRunPath = join(folder, 'telemetry.ndjson');
    bench.create({ dryRun: 'file', dryRunPath });
    await bench.send(record('open_session'));
    await bench.send(record('close_session'));
    const payloads = await linesOf(dryRunPath, 2);
    assert.deepStrictEqual(
      payloads.map(({ body }) => decode(body).length),
      [1, 1],
    );
    assert.ok(payloads.every((payload) => !JSON.stringify(payload).includes(TOKEN)));
    assert.equal(bench.server.received.length, 0);
  });

  for (const [name, dryRunPath] of [
    ['in no folder', join('missing', 'folder', 'telemetry.ndjson')],
    ['on a full disk', '/dev/full'],
  ].filter(([, path]) => path !== '/dev/full' || existsSync(path))) {
    it(`goes to a file ${name}: a debug line, no exception`, async () => {
      bench.create({ dryRun: 'file', dryRunPath });
      assert.deepStrictEqual(await bench.send(record('open_session')), { code: 0 });
      await bench.debugged('the dry run could not be written');
      assert.deepStrictEqual(bench.warnings, []);
    });
  }

  it('goes to a function that throws, which is no concern of the application', async () => {
    bench.create({
      dryRun: () => {
        throw new Error('of the application');
      },
    });
    assert.deepStrictEqual(await bench.send(record('open_session')), { code: 0 });
  });

  it('is not asked to be shown when nothing of it can be told', async () => {
    const payloads: Payload[] = [];
    bench.create({ dryRun: (payload) => payloads.push(payload) });
    const unreadable = {
      ...record('open_session'),
      spanContext: (): never => {
        throw new Error('broken');
      },
    };
    await bench.send(unreadable);
    assert.deepStrictEqual(payloads, []);
    assert.deepStrictEqual(bench.exporter.stats().dropped, { untranslatable: 1 });
  });

  it('is shown to onPayload just before it is sent, without the credentials', async () => {
    const payloads: Payload[] = [];
    bench.create({
      onPayload: (payload) => {
        payloads.push(payload);
        throw new Error('of the application');
      },
    });
    assert.deepStrictEqual(await bench.send(record('open_session')), { code: 0 });
    const [sent] = bench.server.posts();
    assert.deepStrictEqual(
      payloads.map(({ path, body }) => ({ path, body })),
      [{ path: sent?.path, body: sent?.body }],
    );
    assert.ok(!JSON.stringify(payloads).includes(TOKEN));
  });
});
