import assert from 'node:assert/strict';
import { isAtLeast, isNewerThanTested } from '../../src/driver/release';
import { NEWEST_TESTED_DRIVER } from '../../src/supported-versions';

describe('a release of the driver', () => {
  it('is compared by number, part by part', () => {
    const cases: readonly (readonly [string | undefined, string, boolean | undefined])[] = [
      ['1.7.1', '1.7.1', true],
      ['1.10.0', '1.9.9', true],
      ['1.9.9', '1.10.0', false],
      ['3.0.0-beta.2', '3.0.0', true],
      ['v2.0.0', '10.0.0', false],
      [undefined, '1.0.0', undefined],
      ['latest', '1.0.0', undefined],
      ['2.1.0', 'latest', undefined],
    ];
    for (const [version, other, expected] of cases) {
      assert.equal(isAtLeast(version, other), expected, `${version} and ${other}`);
    }
  });

  it('is newer than those that the tests ran on only behind the newest of them', () => {
    assert.equal(isNewerThanTested(NEWEST_TESTED_DRIVER), false);
    assert.equal(isNewerThanTested('1.7.1'), false);
    assert.equal(isNewerThanTested(undefined), false);
    assert.equal(isNewerThanTested('not a version'), false);
    for (const version of ['2.1.1', '2.2.0-rc.1', '3.0.0', '10.0.0']) {
      assert.equal(isNewerThanTested(version), true, version);
    }
  });

  it('that this repository installs is the newest that was tested', () => {
    const { version } = require('@databricks/sql/package.json') as { readonly version: string };
    assert.equal(version, NEWEST_TESTED_DRIVER);
  });
});
