import * as assert from 'node:assert/strict';
import * as conventions from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import * as semconv from '../src/semconv';

const PUBLISHED: Readonly<Record<string, unknown>> = { ...incubating, ...conventions };
const OURS = /_DATABRICKS|^OPERATION_|^SCOPE_NAME$|^SCHEMA_URL$/;
/** Template attributes are functions in the package: they are called with the key. */
const TEMPLATES = new Set(['ATTR_DB_QUERY_PARAMETER']);

describe('semconv', () => {
  for (const [name, value] of Object.entries(semconv)) {
    if (OURS.test(name)) continue;
    it(`${name} is what the conventions publish`, () => {
      const published = PUBLISHED[name];
      if (TEMPLATES.has(name) && typeof published === 'function') {
        assert.strictEqual(published('key'), `${value}.key`);
      } else {
        assert.strictEqual(value, published);
      }
    });
  }

  it('keeps the attributes of this project in its own namespace', () => {
    for (const [name, value] of Object.entries(semconv)) {
      if (/^(ATTR|METRIC)_DATABRICKS/.test(name)) assert.match(value, /^databricks\./);
    }
  });
});
