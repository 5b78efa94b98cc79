/**
 * The driver with the least that an instrumentation does to a query: a span for the statement and one for its close,
 * both with their attributes and active, and one promise per call of the methods in which the facts are.
 */
import { diag } from '@opentelemetry/api';
import type { Tracer } from '@opentelemetry/api';
import { join } from 'node:path';
import { DriverReport } from '../../../../packages/instrumentation-databricks-sql/build/src/driver/report';
import { PrototypePatches } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/prototype-patches';
import type { ClassPatch } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/method-patch';
import { closing, spanned, timed } from './bare-patches';

/** Patches the copy of the driver that was loaded last. */
export function patchLeast(tracer: Tracer): void {
  const observe = timed(() => {});
  const patches = new PrototypePatches(new DriverReport(diag));
  patches.installAll();
  const classes: Readonly<Record<string, ClassPatch>> = {
    DBSQLSession: { executeStatement: spanned(tracer) },
    DBSQLOperation: { fetchChunk: observe, close: closing(tracer) },
    'hive/HiveDriver': { executeStatement: observe },
    'result/RowSetProvider': { fetchNext: observe },
  };
  for (const [file, patch] of Object.entries(classes)) {
    const path = join(require.resolve('@databricks/sql'), '..', `${file}.js`);
    patches.apply(file, (require(path) as { readonly default: unknown }).default, patch);
  }
}
