import assert from 'node:assert/strict';
import type { Attributes } from '@opentelemetry/api';
import { estimateSpanBytes, estimateStatementBytes } from '../../../src/processor/join/span-size';
import type { ReadableSpan } from '../../../src/otel';

const USUAL_BYTES = 2_048;

function extraBytes(attributes: Attributes, events?: unknown[]): number {
  return estimateSpanBytes({ attributes, events } as unknown as ReadableSpan) - USUAL_BYTES;
}

describe('estimateSpanBytes', () => {
  const texts = [
    'db.query.text',
    'db.query.summary',
    'db.namespace',
    'databricks.statement.id',
    'databricks.session.id',
    'databricks.connection.id',
  ];
  for (const name of texts) {
    it(`counts ${name}`, () => {
      assert.equal(extraBytes({ [name]: 'x'.repeat(100) }), 100);
      assert.equal(extraBytes({ [name]: 100 }), 0);
    });
  }

  it('counts message and stack of exceptions', () => {
    const exception = {
      attributes: { 'exception.message': 'x'.repeat(10), 'exception.stacktrace': 'x'.repeat(100) },
    };
    assert.equal(extraBytes({}, [exception, {}, null, exception]), 220);
    assert.equal(extraBytes({}, []), 0);
    assert.equal(extraBytes({}), 0);
  });

  it('looks at 128 events', () => {
    const event = { attributes: { 'exception.message': 'x' } };
    const many = Array.from({ length: 200 }, () => event);
    assert.equal(extraBytes({}, many), 128);
  });
});

describe('estimateStatementBytes', () => {
  it('counts the text of the statement', () => {
    const span = { attributes: { 'db.query.text': 'x'.repeat(100) } } as unknown as ReadableSpan;
    assert.equal(estimateStatementBytes(span), USUAL_BYTES + 100);
  });
});
