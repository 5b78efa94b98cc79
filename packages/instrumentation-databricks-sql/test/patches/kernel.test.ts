import assert from 'node:assert';
import { createRequire } from 'node:module';
import { DRIVER_MAIN, isDriverAtLeast } from '../support/driver';
import { TestBed } from '../support/test-bed';

/** The native part of the driver is an optional dependency, of the platform's own name. */
function hasKernel(): boolean {
  if (!isDriverAtLeast(2, 1)) return false;
  try {
    createRequire(DRIVER_MAIN)('@databricks/databricks-sql-kernel-linux-x64-gnu');
    return true;
  } catch {
    return false;
  }
}

describe('the kernel', () => {
  let bed: TestBed;

  before(async function () {
    if (!hasKernel()) this.skip();
    bed = await TestBed.start();
  });
  after(() => bed?.stop());

  it('is traced as far as JavaScript sees it', async () => {
    const client = await bed.connect(bed.warehouse.kernelConnectionOptions());
    const session = await client.openSession();
    const operation = await session.executeStatement('SELECT * FROM range(5)');
    await operation.fetchAll();
    await operation.close();
    await assert.rejects(session.executeStatement('SELECT * FROM nowhere'));
    await session.close();
    await client.close();

    const connect = bed.spanOf('connect').attributes;
    assert.equal(connect['server.address'], '127.0.0.1');
    assert.equal(connect['server.port'], bed.warehouse.port);
    assert.equal(connect['databricks.client.backend'], 'kernel');
    const [statement, failed] = bed.spansOf('execute_statement');
    assert.equal(statement?.attributes['databricks.statement.state'], 'FINISHED');
    assert.equal(statement?.attributes['databricks.statement.id'], bed.warehouse.statements[0]?.id);
    assert.equal(statement?.attributes['databricks.statement.poll_count'], undefined, 'not known');
    assert.equal(failed?.attributes['error.type'], '42P01');
    assert.equal(failed?.attributes['databricks.error.condition'], 'TABLE_OR_VIEW_NOT_FOUND');
    const close = bed.spansOf('close_statement')[0]?.attributes;
    assert.equal(close?.['databricks.result.format'], 'inline_arrow');
    assert.equal(close?.['databricks.result.row_count'], 5);
    assert.equal(close?.['databricks.result.chunk_count'], undefined, 'not known');
  });
});
