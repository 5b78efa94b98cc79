import assert from 'node:assert/strict';
import {
  hasFailed,
  hasOwnException,
  isTerminal,
  wasCanceled,
} from '../../../src/processor/join/failure';
import type { ReadableSpan } from '../../../src/otel';

function span(attributes: ReadableSpan['attributes']): ReadableSpan {
  return { attributes } as ReadableSpan;
}

describe('isTerminal', () => {
  it('is false only for errors that the instrumentation found retryable', () => {
    assert.ok(!isTerminal(span({ 'databricks.error.retryable': true, 'error.type': '400' })));
    assert.ok(isTerminal(span({ 'databricks.error.retryable': false, 'error.type': '503' })));
    assert.ok(isTerminal(span({ 'error.type': '42P01' })));
    for (const value of ['true', 1, null, {}]) {
      const attributes: unknown = { 'databricks.error.retryable': value };
      assert.ok(isTerminal(span(attributes as ReadableSpan['attributes'])));
    }
  });
});

describe('hasOwnException', () => {
  it('survives events of any shape', () => {
    for (const events of [undefined, null, 7, [], [null], [{}], [{ attributes: null }]]) {
      assert.equal(hasOwnException({ events } as unknown as ReadableSpan), false);
    }
  });
});

describe('hasOwnException, of events that are some', () => {
  it('is told by an exception among them', () => {
    const exception = { attributes: { 'exception.type': 'Error' } };
    assert.ok(hasOwnException({ events: [{}, exception] } as unknown as ReadableSpan));
  });
});

describe('hasFailed', () => {
  it('is told by the status', () => {
    assert.ok(hasFailed({ status: { code: 2 } } as ReadableSpan));
    for (const status of [{ code: 0 }, { code: 1 }, undefined]) {
      assert.ok(!hasFailed({ status } as unknown as ReadableSpan));
    }
  });
});

describe('wasCanceled', () => {
  it('is told by the type, of fetches and downloads alone', () => {
    const canceled = span({ 'error.type': 'CANCELED' });
    assert.ok(wasCanceled('fetch', canceled));
    assert.ok(wasCanceled('download', canceled));
    for (const role of ['statement', 'close', 'cancel', 'staging'] as const) {
      assert.ok(!wasCanceled(role, canceled));
    }
    assert.ok(!wasCanceled('fetch', span({ 'error.type': 'CLOSED' })));
  });
});
