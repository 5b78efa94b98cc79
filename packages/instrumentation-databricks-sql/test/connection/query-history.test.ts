import assert from 'node:assert/strict';
import { Connection } from '../../src/connection/connection';

const ID = '01ef3c1a-8b5e-1d2c-9f4a-6b7c8d9e0f12';
const HOST = 'dbc-1.cloud.databricks.com';

describe('the link to a query`s profile', () => {
  const WAREHOUSE = '/sql/1.0/warehouses/abc123';
  const LINKED: readonly [object, string][] = [
    [{ host: HOST, path: WAREHOUSE }, `https://${HOST}/sql/history?queryId=${ID}`],
    [{ host: HOST, path: `${WAREHOUSE}?o=42` }, `https://${HOST}/sql/history?queryId=${ID}&o=42`],
    [{ host: `https://${HOST}/`, path: WAREHOUSE }, `https://${HOST}/sql/history?queryId=${ID}`],
    [{ host: `token:dapi0@${HOST}`, path: WAREHOUSE }, `https://${HOST}/sql/history?queryId=${ID}`],
  ];
  for (const [options, url] of LINKED) {
    it(`is ${url} for ${JSON.stringify(options)}`, () => {
      assert.equal(new Connection(options).statementUrl(ID), url);
    });
  }

  const UNLINKED: readonly object[] = [
    { host: HOST, path: '/sql/protocolv1/o/42/0123-456789-abcdefgh' },
    { host: HOST },
    { path: WAREHOUSE },
    ...[
      'localhost',
      'db.localhost',
      '127.0.0.1',
      '127.1.2.3',
      '0.0.0.0',
      '[::1]',
      '::1',
      '127.0.0.1:8080',
    ].map((host) => ({ host, path: WAREHOUSE })),
    { host: 'a b"<script>', path: WAREHOUSE },
  ];
  for (const options of UNLINKED) {
    it(`is absent for ${JSON.stringify(options)}`, () => {
      assert.equal(new Connection(options).statementUrl(ID), undefined);
    });
  }

  it('is absent without an id', () => {
    assert.equal(
      new Connection({ host: HOST, path: WAREHOUSE }).statementUrl(undefined),
      undefined,
    );
  });
});
