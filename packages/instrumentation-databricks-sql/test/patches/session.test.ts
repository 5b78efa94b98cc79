import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestBed } from '../support/test-bed';
import type { Session } from '../support/test-bed';

/** Value of `TGetInfoType` for the name of the database system. */
const CLI_DBMS_NAME = 17;
const MAIN_SALES = { catalogName: 'main', schemaName: 'sales' };

describe('DBSQLSession', () => {
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
  });

  const METADATA: readonly [string, string, string, (session: Session) => Promise<unknown>][] = [
    ['getTypeInfo', 'get_type_info', 'getTypeInfo', (s) => s.getTypeInfo()],
    ['getCatalogs', 'get_catalogs', 'getCatalogs', (s) => s.getCatalogs()],
    ['getSchemas', 'get_schemas', 'getSchemas main', (s) => s.getSchemas({ catalogName: 'main' })],
    ['getTables', 'get_tables', 'getTables main|sales', (s) => s.getTables(MAIN_SALES)],
    ['getTableTypes', 'get_table_types', 'getTableTypes', (s) => s.getTableTypes()],
    [
      'getColumns',
      'get_columns',
      'getColumns orders',
      (s) => s.getColumns({ ...MAIN_SALES, tableName: 'orders' }),
    ],
    [
      'getFunctions',
      'get_functions',
      'getFunctions main|sales',
      (s) => s.getFunctions({ ...MAIN_SALES, functionName: '%' }),
    ],
    [
      'getPrimaryKeys',
      'get_primary_keys',
      'getPrimaryKeys orders',
      (s) => s.getPrimaryKeys({ ...MAIN_SALES, tableName: 'orders' }),
    ],
    [
      'getCrossReference',
      'get_cross_reference',
      'getCrossReference customers',
      (s) =>
        s.getCrossReference({
          parentCatalogName: 'main',
          parentSchemaName: 'sales',
          parentTableName: 'customers',
          foreignCatalogName: 'main',
          foreignSchemaName: 'sales',
          foreignTableName: 'orders',
        }),
    ],
  ];
  for (const [method, operation, name, call] of METADATA) {
    it(`traces ${method} as a statement of its own kind`, async () => {
      await bed.withSession(async (session) => {
        await call(session);
      });
      const span = bed.spanOf(operation);
      assert.equal(span.name, name);
      assert.equal(span.kind, SpanKind.CLIENT);
      assert.equal(span.attributes['db.operation.name'], method);
      assert.equal(span.attributes['databricks.statement.state'], 'FINISHED');
      assert.equal(span.attributes['databricks.statement.id'], bed.warehouse.statements[0]?.id);
      assert.equal(bed.spansOf('close_statement').length, 1, 'closed with the session');
    });
  }

  it('traces getInfo', async () => {
    await bed.withSession(async (session) => {
      await session.getInfo(CLI_DBMS_NAME);
    });
    const span = bed.spanOf('get_info');
    assert.equal(span.name, 'getInfo');
    assert.equal(span.attributes['db.operation.name'], 'getInfo');
    assert.equal(span.status.code, SpanStatusCode.UNSET);
  });

  it('takes name, text and summary from the SQL, without its literals', async () => {
    await bed.withSession(async (session) => {
      await session.executeStatement("SELECT * FROM range(3) WHERE 'secret' = 'secret'");
    });
    const { name, attributes } = bed.spanOf('execute_statement');
    assert.equal(name, 'SELECT range');
    assert.equal(attributes['db.query.summary'], 'SELECT range');
    assert.equal(attributes['db.query.text'], 'SELECT * FROM range(?) WHERE ? = ?');
  });

  it('gives samplers what the conventions ask for at creation', async () => {
    const seen: object[] = [];
    bed.sampler = {
      shouldSample: (_context, _trace, _name, _kind, attributes) => {
        seen.push({ ...attributes });
        return { decision: SamplingDecision.RECORD_AND_SAMPLED };
      },
      toString: () => 'watching sampler',
    };
    await bed.withSession((session) => session.executeStatement('SELECT * FROM range(3)'));
    const statement = seen.find(
      (attributes) =>
        (attributes as Record<string, unknown>)['databricks.operation'] === 'execute_statement',
    );
    assert.deepEqual(Object.keys(statement ?? {}).toSorted(), [
      'databricks.connection.id',
      'databricks.operation',
      'db.query.summary',
      'db.query.text',
      'db.system.name',
      'server.address',
      'server.port',
    ]);
  });

  it('leaves the text out, or gives it whole, as asked', async () => {
    const sql = "SELECT 'secret'";
    await bed.withSession(async (session) => {
      bed.instrumentation.setConfig({ queryText: 'off', summarizeQuery: false });
      await session.executeStatement(sql);
      bed.instrumentation.setConfig({ queryText: 'full' });
      await session.executeStatement(sql);
    });
    const [off, full] = bed.spansOf('execute_statement');
    assert.equal(off?.name, '127.0.0.1');
    assert.equal(off?.attributes['db.query.text'], undefined);
    assert.equal(off?.attributes['db.query.summary'], undefined);
    assert.equal(full?.attributes['db.query.text'], sql);
    assert.equal(full?.attributes['db.query.summary'], 'SELECT');
  });

  it('reports parameters only when asked to', async () => {
    const options = { namedParameters: { p: 42, q: 'blue' } };
    await bed.withSession(async (session) => {
      await session.executeStatement('SELECT :p, :q', options);
      bed.instrumentation.setConfig({ enhancedDatabaseReporting: true });
      await session.executeStatement('SELECT :p, :q', options);
      await session.executeStatement('SELECT ?', { ordinalParameters: ['red'] });
    });
    const [off, named, ordinal] = bed.spansOf('execute_statement');
    assert.equal(off?.attributes['db.query.parameter.p'], undefined);
    assert.equal(named?.attributes['db.query.parameter.p'], '42');
    assert.equal(named?.attributes['db.query.parameter.q'], 'blue');
    assert.equal(ordinal?.attributes['db.query.parameter.0'], 'red');
  });

  describe('staging', () => {
    let folder: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'staging-'));
    });
    after(() => rm(folder, { recursive: true }));

    it('puts, gets and removes a file inside its statement', async () => {
      const source = join(folder, 'in.csv');
      await writeFile(source, 'a,b\n1,2\n');
      const path = '/Volumes/main/default/files/a.csv';
      await bed.withSession(async (session) => {
        const options = { stagingAllowedLocalPath: [folder] };
        await session.executeStatement(`PUT '${source}' INTO '${path}' OVERWRITE`, options);
        await session.executeStatement(`GET '${path}' TO '${join(folder, 'out.csv')}'`, options);
        await session.executeStatement(`REMOVE '${path}'`, options);
      });
      const statements = bed.spansOf('execute_statement');
      assert.equal(statements.length, 3);
      for (const [index, name] of ['put', 'get', 'remove'].entries()) {
        const span = bed.spanOf(`staging_${name}`);
        assert.equal(span.name, `staging.${name}`);
        assert.equal(span.kind, SpanKind.INTERNAL);
        assert.equal(span.parentSpanContext?.spanId, statements[index]?.spanContext().spanId);
        assert.equal(
          span.attributes['databricks.statement.id'],
          bed.warehouse.statements[index]?.id,
        );
        assert.equal(span.attributes['databricks.staging.size'], name === 'remove' ? undefined : 8);
      }
    });

    it('shows a transfer that fails, once as an exception', async () => {
      await bed.withSession(async (session) => {
        await assert.rejects(
          session.executeStatement(
            `GET '/Volumes/main/default/files/missing' TO '${join(folder, 'x')}'`,
            { stagingAllowedLocalPath: [folder] },
          ),
          /HTTP error 404/,
        );
      });
      const transfer = bed.spanOf('staging_get');
      const statement = bed.spanOf('execute_statement');
      assert.equal(transfer.attributes['error.type'], '404');
      assert.equal(transfer.attributes['databricks.staging.size'], undefined);
      assert.equal(statement.attributes['error.type'], '404');
      assert.equal(transfer.events.length + statement.events.length, 1);
      assert.equal(bed.spansOf('close_statement').length, 1, 'the orphan, closed by the session');
    });
  });

  it('closes what is open below its own span', async () => {
    await bed.withSession(async (session) => {
      await session.executeStatement('SELECT 1 /* local-warehouse: direct=off */');
    });
    const close = bed.spanOf('close_statement');
    const closeSession = bed.spanOf('close_session');
    assert.equal(closeSession.name, 'closeSession');
    assert.equal(close.parentSpanContext?.spanId, closeSession.spanContext().spanId);
  });

  it('shows the operation whose failing close keeps the session open, and closes it again', async () => {
    const client = await bed.connect();
    const session = await client.openSession();
    await session.executeStatement('SELECT 1 /* local-warehouse: direct=off */');
    bed.warehouse.fault({ match: 'CloseOperation', status: 403, times: 1 });
    await assert.rejects(session.close());
    await session.close();
    await session.close();
    await client.close();
    assert.deepEqual(
      bed.spansOf('close_statement').map((span) => span.status.code),
      [SpanStatusCode.ERROR, SpanStatusCode.UNSET],
    );
    assert.deepEqual(
      bed.spansOf('close_session').map((span) => span.status.code),
      [SpanStatusCode.ERROR, SpanStatusCode.UNSET],
    );
  });
});
