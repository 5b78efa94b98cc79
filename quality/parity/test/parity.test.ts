import * as assert from 'node:assert/strict';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { Row } from '../src/row';
import { at } from '../src/log';
import { runParity } from '../src/parity';
import type { Parity } from '../src/parity';
import { runAct } from '../src/run';
import { ACTS } from '../src/workload';

const RUN_TIMEOUT_MS = 120_000;

function named(row: Row): string {
  return `${row.event} | ${row.log} | ${row.field}: ${row.ours}, truly ${JSON.stringify(row.truth)}`;
}

describe('the workload, reported both ways', function () {
  this.timeout(RUN_TIMEOUT_MS);
  let parity: Parity;
  before(async () => {
    parity = await runParity();
  });

  it('ours says what is true of every event, in every field', () => {
    assert.deepStrictEqual(parity.rows.filter(({ oursIsTrue }) => !oursIsTrue).map(named), []);
  });

  it('ours leaves no log beside those, and loses none', () => {
    const { ourStrayLogs, ourDropped } = parity;
    assert.deepStrictEqual({ ourStrayLogs, ourDropped }, { ourStrayLogs: 0, ourDropped: 0 });
  });

  it('compares every event', () => {
    const expected = ACTS.flatMap(({ events }) => events.map(({ name }) => name));
    assert.deepStrictEqual([...new Set(parity.rows.map(({ event }) => event))], expected);
  });

  it('says why, wherever theirs is not true', () => {
    const unexplained = parity.rows.filter((row) => !row.theirsIsTrue && row.why === undefined);
    assert.deepStrictEqual(unexplained.map(named), []);
  });

  it('sees what is wrong, so that it would see it in ours', () => {
    const chunks = parity.rows.find(
      ({ event, field }) =>
        event === 'CloudFetch, 20 files in 4 pages' && field === 'total_chunks_present',
    );
    assert.strictEqual(chunks?.theirsIsTrue, false);
    assert.strictEqual(chunks.ours, 20);
  });
});

describe("driverTelemetry: 'keep'", function () {
  this.timeout(RUN_TIMEOUT_MS);

  it('leaves the reporting to the driver, and our processor is silent', async () => {
    const warehouse = await LocalWarehouse.start();
    try {
      const act = ACTS.find(({ name }) => name === 'two clients');
      assert.ok(act);
      const { observations, strayLogs, stats } = await runAct(warehouse, act, 'both');
      const logs = observations.flatMap((observation) => observation.logs);
      const types = logs.map((log) =>
        at(log, 'entry', 'sql_driver_log', 'sql_operation', 'operation_detail'),
      );
      assert.strictEqual(logs.length, 6, 'two sessions: open, statement, close');
      assert.deepStrictEqual(strayLogs, []);
      // Ours says of every call whether it is the driver's own.
      assert.ok(types.every((detail) => at(detail, 'is_internal_call') === undefined));
      assert.strictEqual(stats?.offered, 0);
      assert.ok(stats.skipped > 0);
    } finally {
      await warehouse.stop();
    }
  });
});
