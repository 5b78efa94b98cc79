import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import assert from 'node:assert/strict';
import { isDriverAtLeast } from '../support/driver';
import { HAS_KERNEL, KERNEL_ABSENCE } from '../support/kernel';
import { runReporting } from '../support/run-reporting';

/** Until then the kernel's sessions were reported in JavaScript, as those of Thrift; later natively, where asked to. */
const KERNEL_REPORTS_NATIVELY = isDriverAtLeast(2, 1);

describe('the telemetry built into the driver', () => {
  let warehouse: LocalWarehouse;

  before(async () => {
    warehouse = await LocalWarehouse.start();
  });
  after(() => warehouse.stop());
  afterEach(() => {
    warehouse.clearLogs();
  });

  for (const [backend, isReported, absence] of [
    ['thrift', isDriverAtLeast(1, 15), ''],
    ['kernel', HAS_KERNEL && !KERNEL_REPORTS_NATIVELY, KERNEL_ABSENCE],
  ] as const) {
    it(`is seen on ${backend} exactly where the driver reports${absence}`, async function () {
      if (absence !== '') this.skip();
      assert.deepEqual(await runReporting(warehouse, backend, {}), [isReported]);
      assert.equal(warehouse.telemetry.length > 0, isReported);
    });

    it(`is off on ${backend} where a consumer claims the connection${absence}`, async function () {
      if (absence !== '') this.skip();
      assert.deepEqual(await runReporting(warehouse, backend, {}, true), [false]);
      assert.deepEqual(warehouse.telemetry, []);
      assert.deepEqual(warehouse.requestsTo('feature-flags'), []);
    });
  }
});
