import { diag } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { resolveConfig } from '../../src/config';
import { Connection, SessionFacts } from '../../src/connection/connection';
import { describeExecute, describeMetadata } from '../../src/statement/description';
import type { StatementDescription } from '../../src/statement/description';

const HOST = 'a.example.com';

function sessionOf(initialCatalog?: string, host = HOST): SessionFacts {
  const connection = new Connection({ host, path: '/sql/1.0/warehouses/w' });
  return new SessionFacts(connection, initialCatalog === undefined ? {} : { initialCatalog });
}

function fails(): never {
  throw new Error('refused');
}

const sanitized = resolveConfig({}, diag);

function procedureOf(sql: string): unknown {
  return describeExecute(sanitized, sessionOf(), [sql], true).creation['db.stored_procedure.name'];
}

describe('describeExecute', () => {
  it('names a statement after its session, or its host, where no summary is wanted', () => {
    const config = resolveConfig({ summarizeQuery: false }, diag);
    const nameIn = (session: SessionFacts): string =>
      describeExecute(config, session, ['SELECT 1'], true).name;
    assert.equal(nameIn(sessionOf('main')), 'main');
    assert.equal(nameIn(sessionOf()), HOST);
    assert.equal(nameIn(sessionOf(undefined, '')), 'databricks');
  });

  it('gives the sanitised text without a summary, and the other way round', () => {
    const textOnly = describeExecute(
      resolveConfig({ summarizeQuery: false }, diag),
      sessionOf(),
      ["SELECT 'x'"],
      true,
    );
    assert.equal(textOnly.creation['db.query.text'], 'SELECT ?');
    assert.equal(textOnly.creation['db.query.summary'], undefined);
    assert.equal(textOnly.metric['db.query.summary'], undefined);

    const summaryOnly = describeExecute(
      resolveConfig({ queryText: 'off' }, diag),
      sessionOf(),
      ["SELECT 'x'"],
      true,
    );
    assert.equal(summaryOnly.creation['db.query.text'], undefined);
    assert.equal(summaryOnly.creation['db.query.summary'], 'SELECT');
    assert.equal(summaryOnly.name, 'SELECT');
  });

  it('leaves out the summary of a text that has none', () => {
    const { creation, name } = describeExecute(sanitized, sessionOf(), ['-- nothing'], true);
    assert.ok(!('db.query.summary' in creation));
    assert.equal(name, HOST);
  });

  it('makes metric attributes of its own only when somebody measures', () => {
    const session = sessionOf();
    const measured = describeExecute(sanitized, session, ['SELECT 1'], true);
    assert.deepEqual(measured.metric, { ...session.metric, 'db.query.summary': 'SELECT' });
    assert.equal(describeExecute(sanitized, session, ['SELECT 1'], false).metric, session.metric);
  });

  it('takes a statement that is no text as it comes', () => {
    const { name, creation } = describeExecute(sanitized, sessionOf(), [undefined], true);
    assert.equal(name, HOST);
    assert.equal(creation['databricks.operation'], 'execute_statement');
    assert.ok(!('db.query.text' in creation));
  });

  it('reports the procedure of a CALL', () => {
    assert.equal(procedureOf("CALL main.sales.refresh('x')"), 'main.sales.refresh');
    assert.equal(procedureOf('/* a */ call `b`.c()'), 'b.c');
    assert.equal(procedureOf("CALL IDENTIFIER('a')()"), undefined);
    assert.equal(procedureOf('CALL'), undefined);
    assert.equal(procedureOf('SELECT 1'), undefined);
  });

  describe('with enhancedDatabaseReporting', () => {
    const config = resolveConfig({ enhancedDatabaseReporting: true }, diag);
    const reportedOf = (options?: object): unknown =>
      describeExecute(config, sessionOf(), ['SELECT 1', options], true).reported;

    it('reports the values of parameters, given as they are or as DBSQLParameter', () => {
      assert.deepEqual(
        reportedOf({ namedParameters: { a: 1, b: { value: 'x', type: 'STRING' }, c: null } }),
        {
          'db.query.parameter.a': '1',
          'db.query.parameter.b': 'x',
          'db.query.parameter.c': 'null',
        },
      );
    });

    it('numbers ordinal parameters, of which the driver takes no named ones beside', () => {
      assert.deepEqual(reportedOf({ ordinalParameters: ['x', true], namedParameters: { a: 1 } }), {
        'db.query.parameter.0': 'x',
        'db.query.parameter.1': 'true',
      });
    });

    it('reports query tags, those without a value as empty', () => {
      assert.deepEqual(reportedOf({ queryTags: { team: 'a', batch: null } }), {
        'databricks.query.tag.team': 'a',
        'databricks.query.tag.batch': '',
      });
    });

    it('reports a date as the driver sends it', () => {
      const date = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
      const { DBSQLParameter, DBSQLParameterType } =
        require('@databricks/sql') as typeof import('@databricks/sql');
      const parameters = {
        plain: date,
        wrapped: new DBSQLParameter({ value: date }),
        timestamp: new DBSQLParameter({ type: DBSQLParameterType.TIMESTAMP, value: date }),
        day: new DBSQLParameter({ type: DBSQLParameterType.DATE, value: date }),
        lookalike: { value: date },
      };
      assert.deepEqual(reportedOf({ namedParameters: parameters }), {
        'db.query.parameter.plain': '2026-01-02T03:04:05.678Z',
        'db.query.parameter.wrapped': '2026-01-02T03:04:05.678Z',
        'db.query.parameter.timestamp': '2026-01-02T03:04:05.678Z',
        'db.query.parameter.day': parameters.day.toSparkParameter().value?.stringValue,
        'db.query.parameter.lookalike': '2026-01-02T03:04:05.678Z',
      });
    });

    it('leaves out a parameter or tag that cannot be read or converted to a string', () => {
      const revoked = Proxy.revocable({}, {});
      revoked.revoke();
      const values: Record<string, unknown> = {
        kept: 1,
        symbol: Symbol('s'),
        bare: Object.create(null),
        throws: { toString: fails },
        primitive: { [Symbol.toPrimitive]: fails },
        value: {
          get value() {
            return fails();
          },
        },
        invalid: new Date(NaN),
        revoked: revoked.proxy,
        sent: { value: new Date(0), toSparkParameter: fails },
        get getter() {
          return fails();
        },
      };
      const kept = { 'db.query.parameter.kept': '1', 'db.query.parameter.symbol': 'Symbol(s)' };
      assert.deepEqual(reportedOf({ namedParameters: values }), kept);
      assert.deepEqual(reportedOf({ ordinalParameters: [values['bare'], 2] }), {
        'db.query.parameter.1': '2',
      });
      assert.deepEqual(reportedOf({ queryTags: { a: values['throws'], b: 'c' } }), {
        'databricks.query.tag.b': 'c',
      });
      assert.deepEqual(reportedOf({ namedParameters: revoked.proxy }), {});
      assert.deepEqual(
        reportedOf({
          get ordinalParameters() {
            return fails();
          },
          queryTags: { b: 'c' },
        }),
        { 'databricks.query.tag.b': 'c' },
      );
    });

    it('has nothing to report of a statement without options', () => {
      assert.deepEqual(reportedOf(), {});
      assert.equal(
        describeExecute(sanitized, sessionOf(), ['SELECT 1', { queryTags: { a: 'b' } }], true)
          .reported,
        undefined,
      );
    });
  });
});

function described(request: unknown, session = sessionOf('own')): StatementDescription {
  return describeMetadata(session, 'getTables', 'get_tables', request);
}

describe('describeMetadata', () => {
  it('ignores names that cannot be read', () => {
    const request = {
      get catalogName(): string {
        throw new Error('refused');
      },
      schemaName: 'sales',
    };
    assert.equal(described(request).metric['db.namespace'], 'sales');
  });

  it('takes the namespace that is asked about, else that of the session', () => {
    assert.equal(
      described({ catalogName: 'main', schemaName: 'sales' }).metric['db.namespace'],
      'main|sales',
    );
    assert.equal(described({ schemaName: 'sales' }).metric['db.namespace'], 'sales');
    for (const nothing of [{ catalogName: '', schemaName: 7 }, {}, null, undefined]) {
      assert.equal(described(nothing).metric['db.namespace'], 'own');
      assert.equal(described(nothing).name, 'getTables own');
    }
  });

  it('takes the parent of a cross reference', () => {
    const request = { parentCatalogName: 'p', parentSchemaName: 's', parentTableName: 't' };
    const { metric, name } = described(request);
    assert.equal(metric['db.namespace'], 'p|s');
    assert.equal(metric['db.collection.name'], 't');
    assert.equal(name, 'getTables t');
  });

  it('leaves out what nobody gave', () => {
    for (const tableName of ['', 7, undefined]) {
      const { metric, creation, name } = described({ tableName }, sessionOf());
      assert.ok(!('db.namespace' in metric));
      assert.ok(!('db.collection.name' in metric));
      assert.equal(name, 'getTables');
      assert.equal(creation['db.operation.name'], 'getTables');
      assert.equal(creation['databricks.operation'], 'get_tables');
      assert.equal(creation['db.system.name'], 'databricks');
    }
  });

  it('reports no options', () => {
    assert.equal(described({}).reported, undefined);
  });
});
