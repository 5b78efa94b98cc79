import assert from 'node:assert/strict';
import { SUPPORTED_VERSIONS } from '@dbsql-otel/instrumentation-databricks-sql';
import { describe, it } from 'mocha';
import { satisfies } from '../../src/doctor/version';

describe('version ranges', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['1.9.0', '>=1.9.0 <3', true],
    ['1.8.4', '>=1.9.0 <3', false],
    ['1.10.0', '>=1.9.0 <3', true],
    ['3.0.0', '>=1.9.0 <3', false],
    ['2.99.99', '>=1.9.0 <3', true],
    ['1.9.1', '^1.9.0', true],
    ['1.8.9', '^1.9.0', false],
    ['2.0.0', '^1.9.0', false],
    ['20.19.0', '>=20.19.0', true],
    ['20.18.9', '>=20.19.0', false],
    ['2.1.0-beta.1', '>=1.9.0 <3', true],
    ['', '>=1.9.0', false],
    ['latest', '>=1.9.0', false],
    ['1.9.0', 'whatever', false],
  ];
  for (const [version, range, expected] of cases) {
    it(`${version || 'nothing'} is ${expected ? '' : 'not '}in ${range}`, () => {
      assert.equal(satisfies(version, range), expected);
    });
  }

  it('can read every range of the list of supported versions', () => {
    for (const range of Object.values(SUPPORTED_VERSIONS)) {
      const lowest = /\d+(?:\.\d+)*/.exec(range)?.[0] ?? '';
      assert.ok(satisfies(lowest, range), range);
      assert.ok(!satisfies('0.0.1', range), range);
    }
  });
});
