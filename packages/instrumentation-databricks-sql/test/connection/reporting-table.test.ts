import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import assert from 'node:assert/strict';
import { isDriverAtLeast } from '../support/driver';
import { HAS_KERNEL, KERNEL_ABSENCE } from '../support/kernel';
import type { ReportedRow } from '../support/reporting-table';
import { runReportingTable } from '../support/run-reporting';

/** From 2.1 the kernel reports by itself, and only where the application asks for it. */
const KERNEL_ASKS = isDriverAtLeast(2, 1);

type Reporter = 'the driver' | 'the consumer' | 'neither';

describe('who reports telemetry', function () {
  this.timeout(120_000);

  for (const [backend, absence] of [
    ['thrift', ''],
    ['kernel', KERNEL_ABSENCE],
  ] as const) {
    it(`is one of the driver and the consumer, in every case on ${backend}${absence}`, async function () {
      if (backend === 'kernel' && !HAS_KERNEL) this.skip();
      const warehouse = await LocalWarehouse.start();
      try {
        const rows = await runReportingTable(warehouse, backend);
        assert.equal(rows.length, 24);
        for (const row of rows) {
          const { hasConsumer, mode, telemetryEnabled } = row;
          const name = `${mode}, ${telemetryEnabled}, ${hasConsumer ? 'a' : 'no'} consumer`;
          assert.deepEqual(reportersOf(row), [expected(row, reportsAlone(backend, row))], name);
          const isOptedOut = hasConsumer && telemetryEnabled === false && mode !== 'gateway';
          assert.equal(row.optedOut > 0, isOptedOut, `${name}: counted as opted out`);
          const posted = JSON.stringify(warehouse.telemetry).includes(row.sessionId);
          if (backend === 'thrift') assert.equal(posted, row.isDriverLive, `${name}: posts`);
        }
      } finally {
        await warehouse.stop();
      }
    });
  }
});

function reportersOf({ isDriverLive, taken }: ReportedRow): Reporter[] {
  const reporters: Reporter[] = [];
  if (isDriverLive === true) reporters.push('the driver');
  if (taken > 0) reporters.push('the consumer');
  return reporters.length === 0 ? ['neither'] : reporters;
}

/** Whether the driver reports where nothing claims the connection. */
function reportsAlone(backend: 'thrift' | 'kernel', { telemetryEnabled }: ReportedRow): boolean {
  if (telemetryEnabled === false) return false;
  if (backend === 'thrift') return isDriverAtLeast(1, 15);
  return KERNEL_ASKS ? telemetryEnabled === true : true;
}

function expected({ hasConsumer, mode, telemetryEnabled }: ReportedRow, alone: boolean): Reporter {
  if (telemetryEnabled === false || mode === 'gateway') return 'neither';
  if (hasConsumer && !(mode === 'keep' && alone)) return 'the consumer';
  return alone ? 'the driver' : 'neither';
}
