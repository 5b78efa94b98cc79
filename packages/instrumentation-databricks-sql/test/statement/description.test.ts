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

describe('describeExecute', () => {
  const sanitized = resolveConfig({}, diag);

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
