import * as assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as conventions from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import type { OperationMessage } from '../src/semconv';
import { PACKAGE_VERSION } from '../src/scope';
import * as semconv from '../src/semconv';
import { TestBed } from './support/test-bed';

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

  it('states the version of the conventions on spans, metrics and published operations', async () => {
    const scope = {
      name: semconv.SCOPE_NAME,
      version: PACKAGE_VERSION,
      schemaUrl: semconv.SCHEMA_URL,
    };
    const published: unknown[] = [];
    const listener = (message: unknown): void => {
      const { type, instrumentationScope } = message as OperationMessage;
      if (type === 'operation') published.push(instrumentationScope);
    };
    subscribe(semconv.CHANNEL_DATABRICKS_TELEMETRY, listener);
    const bed = await TestBed.start();
    try {
      await bed.withSession(async (session) => {
        await (await session.executeStatement('SELECT 1')).close();
      });
      assert.ok(bed.spans.length > 0);
      for (const span of bed.spans) assert.deepStrictEqual(span.instrumentationScope, scope);
      assert.deepStrictEqual(await bed.metricScopes(), [scope]);
      assert.ok(published.length > 0);
      for (const found of published) assert.deepStrictEqual(found, scope);
    } finally {
      unsubscribe(semconv.CHANNEL_DATABRICKS_TELEMETRY, listener);
      await bed.stop();
    }
  });

  it('has all of its own names in docs/semconv/databricks.yaml', () => {
    const registry = readFileSync(
      path.resolve(__dirname, '../../../../docs/semconv/databricks.yaml'),
      'utf8',
    );
    const listed = [...registry.matchAll(/^ +(?:- id|metric_name): '(databricks\.[^']+)'$/gm)].map(
      ([, name]) => name,
    );
    const own = Object.entries(semconv).filter(([name]) =>
      /^(?:ATTR|METRIC)_DATABRICKS/.test(name),
    );
    assert.deepStrictEqual(new Set(listed), new Set(own.map(([, name]) => name)));
    assert.equal(listed.length, own.length);
  });
});
