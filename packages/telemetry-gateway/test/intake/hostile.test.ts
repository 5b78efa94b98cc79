import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterEach, describe, it } from 'mocha';
import { accepted, Bed } from '../support/bed';
import { FACTS, otlpSpan, requestOf, statementSpans } from '../support/spans';
import type { Producer } from '../support/spans';

const MUTANTS = 1_000;
const STATUSES = new Set([200, 400, 413, 415, 429]);

/** Values that are wrong almost everywhere. */
const ODD: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  '\u0000',
  '1'.repeat(400),
  'A'.repeat(70_000),
  [],
  [[[[]]]],
  {},
  { stringValue: { toString: 'x' } },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
];

/** Replaces, removes or adds one value somewhere in `value`. */
function mutate(value: unknown, choose: (size: number) => number): unknown {
  const isEnd = typeof value !== 'object' || value === null || choose(6) === 0;
  if (isEnd) return ODD[choose(ODD.length)];
  if (Array.isArray(value)) {
    const copy: unknown[] = [...(value as unknown[])];
    const at = choose(copy.length + 1);
    copy[at] = at < copy.length ? mutate(copy[at], choose) : ODD[choose(ODD.length)];
    return copy;
  }
  const entries = Object.entries(value);
  const at = choose(entries.length + 1);
  const entry = entries[at];
  if (entry === undefined) {
    return { ...value, __proto__: null, ['constructor']: ODD[choose(ODD.length)] };
  }
  return { ...value, [entry[0]]: mutate(entry[1], choose) };
}

describe('hostile requests', function () {
  this.timeout(120_000);
  let bed: Bed;
  afterEach(() => bed.stop());

  function producer(parts: Partial<Producer> = {}): Producer {
    return {
      connectionId: randomUUID(),
      host: '127.0.0.1',
      port: bed.warehouse.port,
      ...parts,
    };
  }

  it(`${MUTANTS} mutated bodies get a clear status, and the gateway goes on`, async () => {
    bed = await Bed.start({ limits: { maxBodyBytes: 1_048_576, maxInflatedBytes: 4_194_304 } });
    const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);
    const from = producer();
    const good = (): unknown =>
      JSON.parse(
        requestOf([otlpSpan(from, 'connect', FACTS), ...statementSpans(from, randomUUID())], {
          'os.type': 'linux',
        }),
      );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
        fc.constantFrom('value', 'text', 'bytes', 'gzip'),
        async (choices, kind) => {
          let next = 0;
          const choose = (size: number): number => (choices[next++ % choices.length] ?? 0) % size;
          const text = JSON.stringify(mutate(good(), choose)) ?? '';
          let body = Buffer.from(kind === 'text' ? text.slice(0, choose(text.length + 1)) : text);
          if (kind === 'gzip') body = gzipSync(body);
          if (kind === 'bytes' || kind === 'gzip') {
            for (let count = choose(3); count > 0; count -= 1) {
              body[choose(body.length)] = choose(256);
            }
          }
          const response = await bed.post(
            new Uint8Array(body),
            kind === 'gzip' ? { 'Content-Encoding': 'gzip' } : {},
          );
          assert.ok(STATUSES.has(response.status), String(response.status));
          assert.doesNotThrow(() => JSON.parse(JSON.stringify(response.status)));
          await response.arrayBuffer();
        },
      ),
      { numRuns: MUTANTS, seed, verbose: 1 },
    );
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    assert.doesNotMatch(bed.lines.join('\n'), /a request failed/);
    const last = producer();
    bed.warehouse.clearLogs();
    await bed.post(requestOf([otlpSpan(last, 'connect', FACTS), ...statementSpans(last, 'last')]));
    const find = () => JSON.stringify(bed.warehouse.telemetry).includes('last');
    while (!find()) await bed.warehouse.nextTelemetry();
  });

  it('spans of hosts outside the list reach no host, whatever their connection says', async () => {
    bed = await Bed.start({ warehouses: 2 });
    const [listed, other] = bed.warehouses;
    assert.ok(listed && other);
    await bed.stopGateway();
    // Only the first is in the list.
    const { workspaces } = bed.config;
    Object.defineProperty(bed, 'config', {
      value: { ...bed.config, workspaces: workspaces.slice(0, 1) },
    });
    await bed.startGateway();
    const stranger = producer({ port: other.port });
    const odd = [
      'evil.example',
      '127.0.0.1:1',
      'http://127.0.0.1',
      '127.0.0.1@evil',
      '',
      '2130706433',
    ];
    const foreign = [
      ...statementSpans(stranger, 'foreign-1'),
      ...odd.flatMap((host) => statementSpans(producer({ host }), `odd-${host}`)),
    ];
    const response = await bed.post(requestOf([otlpSpan(stranger, 'connect', FACTS), ...foreign]));
    const answer = (await response.json()) as { partialSuccess: { rejectedSpans: string } };
    assert.equal(response.status, 200);
    assert.equal(answer.partialSuccess.rejectedSpans, String(foreign.length + 1));
    // A known connection does not take its spans to another host.
    const own = producer();
    await bed.post(requestOf([otlpSpan(own, 'connect', FACTS)]));
    const crossed = { ...own, port: other.port };
    await bed.post(
      requestOf([...statementSpans(crossed, 'crossed'), ...statementSpans(own, 'own')]),
    );
    await accepted(listed, 1);
    assert.doesNotMatch(JSON.stringify(listed.telemetry), /foreign|odd|crossed/);
    assert.equal(other.requests.length, 0);
    assert.equal(bed.gateway.stats().spans['hostRefused'], foreign.length + 3);
  });

  it('keeps a bounded number of connections', async () => {
    bed = await Bed.start({ limits: { maxConnections: 1_000 } });
    for (let batch = 0; batch < 20; batch += 1) {
      const spans = Array.from({ length: 1_000 }, () => otlpSpan(producer(), 'connect', FACTS));
      assert.equal((await bed.post(requestOf(spans))).status, 200);
    }
    assert.equal(bed.gateway.stats().connections, 1_000);
    assert.equal(bed.gateway.stats().journaled, 0);
  });

  it('keeps neither SQL nor names that records do not have on the disk', async () => {
    bed = await Bed.start();
    const from = producer();
    const secret = 'SELECT secret_column';
    const span = otlpSpan(from, 'execute_statement', {
      'databricks.statement.id': 'statement-1',
      'db.query.text': secret,
      'db.query.parameter.0': secret,
      'databricks.query.tag.team': secret,
      'db.query.summary': 'SELECT secret_table',
      'user.attribute': secret,
    });
    await bed.post(requestOf([otlpSpan(from, 'connect', FACTS), span], { 'service.name': secret }));
    await bed.stopGateway();
    await bed.startGateway();
    assert.equal(bed.gateway.stats().journaled, 1);
    const { directory } = bed.config.journal;
    const files = readdirSync(directory).map((name) =>
      readFileSync(`${directory}/${name}`, 'latin1'),
    );
    assert.doesNotMatch(files.join('\n'), /secret/);
  });
});
