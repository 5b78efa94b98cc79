import assert from 'node:assert';
import { TestBed } from './support/test-bed';

describe('DatabricksSqlInstrumentation', () => {
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
  });

  it('tells of a 20-file query exactly what the storage served', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(
        'SELECT * FROM range(2000) /* local-warehouse: cloudfetch=20 pages=3 polls=2 */',
        { useCloudFetch: true },
      );
      const rows = await operation.fetchAll();
      await operation.close();
      assert.equal(rows.length, 2000);
    });

    const [facts] = bed.warehouse.statements;
    const close = bed.spanOf('close_statement').attributes;
    assert.equal(close['databricks.result.format'], 'cloudfetch');
    assert.equal(close['databricks.result.chunk_count'], 20);
    assert.equal(close['databricks.result.chunks_present'], 20);
    assert.equal(close['databricks.result.size'], facts?.bytesServed);
    assert.equal(close['databricks.result.row_count'], 2000);
    const statement = bed.spanOf('execute_statement').attributes;
    assert.equal(statement['databricks.statement.poll_count'], facts?.polls);
    assert.equal(statement['databricks.statement.id'], facts?.id);
    assert.equal(bed.spansOf('cloudfetch_download').length, 20);
  });
});
