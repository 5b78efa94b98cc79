import assert from 'node:assert/strict';
import type { Attributes } from '@opentelemetry/api';
import {
  errorName,
  errorStack,
  executionResult,
  operationFacts,
  statementType,
  statementVerb,
  volumeOperationType,
} from '../../src/frontend-log/operation-facts';
import type { TimedEvent } from '../../src/otel';

function event(name: string, attributes?: Attributes): TimedEvent {
  return { name, time: [0, 0], ...(attributes && { attributes }) };
}

function of(format: string): Attributes {
  return { 'databricks.result.format': format };
}

describe('operationFacts', () => {
  it('knows what a call is by its kind', () => {
    assert.deepStrictEqual(operationFacts('get_tables'), {
      operationType: 'LIST_TABLES',
      statementType: 'METADATA',
      hasResult: true,
    });
    assert.deepStrictEqual(operationFacts('open_session'), { operationType: 'CREATE_SESSION' });
    assert.deepStrictEqual(operationFacts('constructor'), {});
  });
});

describe('statementVerb', () => {
  it('is the first word of the summary', () => {
    assert.equal(statementVerb({ 'db.query.summary': 'SELECT main.people' }), 'SELECT');
    assert.equal(statementVerb({ 'db.query.summary': 'SELECT' }), 'SELECT');
    assert.equal(statementVerb({}), undefined);
  });
});

describe('statementType', () => {
  const VERBS = {
    QUERY: 'SELECT WITH VALUES TABLE FROM SHOW DESCRIBE DESC EXPLAIN select',
    UPDATE: 'INSERT UPDATE DELETE MERGE COPY LOAD TRUNCATE REPLACE merge',
    VOLUME: 'PUT GET REMOVE LIST put',
    SQL: 'CREATE DROP ALTER GRANT USE SET BEGIN CALL constructor',
  };
  for (const [type, verbs] of Object.entries(VERBS)) {
    for (const verb of verbs.split(' ')) {
      it(`of ${verb} is ${type}`, () => {
        assert.equal(statementType(verb), type);
      });
    }
  }
});

describe('volumeOperationType', () => {
  it('has the schema`s word for each verb', () => {
    assert.equal(volumeOperationType('PUT'), 'PUT');
    assert.equal(volumeOperationType('GET'), 'GET');
    assert.equal(volumeOperationType('REMOVE'), 'DELETE');
    assert.equal(volumeOperationType('LIST'), 'LIST');
    assert.equal(volumeOperationType('remove'), 'DELETE');
    assert.equal(volumeOperationType('SELECT'), undefined);
  });
});

describe('executionResult', () => {
  it('has the schema`s word for each format', () => {
    assert.equal(executionResult(of('inline_arrow'), undefined), 'INLINE_ARROW');
    assert.equal(executionResult(of('inline_columnar'), undefined), 'COLUMNAR_INLINE');
    assert.equal(executionResult(of('cloudfetch'), undefined), 'EXTERNAL_LINKS');
    assert.equal(executionResult(of('other'), undefined), 'FORMAT_UNSPECIFIED');
    assert.equal(executionResult({}, {}), 'FORMAT_UNSPECIFIED');
  });

  it('takes the close`s word before the statement`s', () => {
    assert.equal(executionResult(of('cloudfetch'), of('inline_arrow')), 'INLINE_ARROW');
    assert.equal(executionResult(of('cloudfetch'), {}), 'EXTERNAL_LINKS');
  });
});

describe('errorName', () => {
  const EXCEPTION = event('exception', { 'exception.type': 'HiveDriverError' });

  it('is the condition, else the type, else the class', () => {
    const type = { 'error.type': '42P01' };
    const both = { ...type, 'databricks.error.condition': 'TABLE_OR_VIEW_NOT_FOUND' };
    assert.equal(errorName(both, [EXCEPTION]), 'TABLE_OR_VIEW_NOT_FOUND');
    assert.equal(errorName(type, [EXCEPTION]), '42P01');
    assert.equal(
      errorName({}, [event('other', { 'exception.type': 'No' }), EXCEPTION]),
      'HiveDriverError',
    );
    assert.equal(errorName({}, [event('other', { 'exception.type': 'No' })]), '_OTHER');
    assert.equal(errorName({}, [event('exception')]), '_OTHER');
  });

  it('takes names and codes, and nothing that could be a message', () => {
    for (const name of ['A', '_x', '5', 'a.b$c-d', 'x'.repeat(100)]) {
      assert.equal(errorName({ 'error.type': name }, []), name);
    }
    for (const other of ['.a', '-a', 'a b', 'a:b', 'a\n', 'ü', 'x'.repeat(101), 'dapi0123456789']) {
      assert.equal(errorName({ 'error.type': other }, [EXCEPTION]), 'HiveDriverError', other);
    }
  });
});

describe('errorStack', () => {
  it('has the frames of the exception, or there is none', () => {
    const stack = { 'exception.stacktrace': 'Error: x\n    at f (/x.js:1:2)' };
    assert.equal(errorStack([event('other', stack), event('exception', stack)]), 'at f (x.js:1:2)');
    assert.equal(errorStack([event('other', stack)]), undefined);
    assert.equal(
      errorStack([event('exception', { 'exception.stacktrace': 'Error: x' })]),
      undefined,
    );
    assert.equal(errorStack([event('exception', { 'exception.stacktrace': 7 })]), undefined);
    assert.equal(errorStack([event('exception')]), undefined);
    assert.equal(errorStack([]), undefined);
  });
});
