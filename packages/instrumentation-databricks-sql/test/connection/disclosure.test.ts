import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { configuration, Connection } from '../../src/connection/connection';
import { serverOf, shownPath, shownUserAgentEntry } from '../../src/connection/disclosure';

const HOSTS: readonly (readonly [unknown, string, number?])[] = [
  ['adb-1.2.azuredatabricks.net', 'adb-1.2.azuredatabricks.net'],
  ['https://example.com', 'example.com'],
  ['HTTP://example.com:8080/', 'example.com', 8080],
  ['//example.com/', 'example.com'],
  ['example.com:', 'example.com'],
  ['[::1]:443', '[::1]', 443],
  ['bücher.example', 'bücher.example'],
  ['token:dapi0123@example.com', 'example.com'],
  ['https://token:dapi0123@example.com:444/sql?x=dapi', 'example.com', 444],
  ['token:da/pi@example.com', ''],
  ['token:da?pi@example.com', ''],
  ['token:secret', ''],
  ['token%3Asecret', ''],
  ['a b', ''],
  ['dapi0123456789abcdef0123456789abcdef', ''],
  ['', ''],
  [42, ''],
  [undefined, ''],
  [null, ''],
];

const SECRETS = fc.stringMatching(/^dapi[0-9a-f]{32}$/);
/** Where a secret is put, as the options of `connect`. */
const LEAKS = fc.constantFrom<(secret: string) => Record<string, unknown>>(
  (secret) => ({ host: `token:${secret}@example.com` }),
  (secret) => ({ host: `${secret}@example.com` }),
  (secret) => ({ host: `//token:${secret}@example.com` }),
  (secret) => ({ host: `https://example.com/${secret}` }),
  (secret) => ({ host: `example.com?token=${secret}` }),
  (secret) => ({ host: `example.com#${secret}` }),
  (secret) => ({ host: `example.com:${secret}` }),
  (secret) => ({ host: secret }),
  (secret) => ({ path: `/sql/1.0/warehouses/abc?o=1&token=${secret}` }),
  (secret) => ({ path: `/sql/1.0/warehouses/${secret}` }),
  (secret) => ({ path: `https://token:${secret}@example.com/sql/1.0/warehouses/a` }),
  (secret) => ({ path: `/sql/1.0/warehouses/a#${secret}` }),
  (secret) => ({ path: `/sql/1.0/warehouses/a;key=${secret}` }),
  (secret) => ({ userAgentEntry: secret }),
  (secret) => ({ userAgentEntry: `app/1.0 (${secret})` }),
  (secret) => ({ userAgentEntry: `app/1.0 token=${secret.slice(4)}` }),
  (secret) => ({ clientId: `app/${secret}` }),
  (secret) => ({ authType: secret }),
);

describe('what is shown of the options of a connection', () => {
  for (const [given, host, port] of HOSTS) {
    it(`has ${host === '' ? 'no host' : `the host ${host}`} for ${JSON.stringify(given)}`, () => {
      assert.deepEqual(serverOf(given), { host, ...(port === undefined ? {} : { port }) });
    });
  }

  it('contains no secret, wherever it was put', () => {
    fc.assert(
      fc.property(SECRETS, LEAKS, (secret, leak) => {
        const options = leak(secret);
        const connection = new Connection(options);
        const shown = JSON.stringify([connection, configuration({}, options, false, undefined)]);
        assert.ok(!shown.includes(secret.slice(4)), shown);
      }),
      { numRuns: 300 },
    );
  });

  it('has the path with the id of the workspace', () => {
    assert.equal(shownPath('/sql/1.0/warehouses/abc?o=123&x=y'), '/sql/1.0/warehouses/abc?o=123');
    assert.equal(shownPath('/sql/1.0/warehouses/abc?x=y'), '/sql/1.0/warehouses/abc');
    assert.equal(
      shownPath('sql/protocolv1/o/12/0123-456789-abcdefgh'),
      'sql/protocolv1/o/12/0123-456789-abcdefgh',
    );
  });

  it('has the products of the user agent', () => {
    for (const entry of [
      'app',
      'app/1.2.3 (team one; prod)',
      'databricks-partner-connect-integration',
    ]) {
      assert.equal(shownUserAgentEntry(entry), entry);
    }
    for (const entry of ['me@example.com', 'app (password hunter2)', 'app:hunter2', 42]) {
      assert.equal(shownUserAgentEntry(entry), undefined);
    }
  });
});
