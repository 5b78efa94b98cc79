import assert from 'node:assert/strict';
import { authenticatedHeaders } from '../../src/delivery/request-headers';

const IDENTITY = { userAgent: 'Agent', orgId: '42' };
const OWN = {
  'Content-Type': 'application/json',
  Accept: 'application/json',
  'User-Agent': 'Agent',
};

describe('authenticatedHeaders', () => {
  it('say what is sent, by whom and of which workspace', () => {
    assert.deepStrictEqual(authenticatedHeaders(IDENTITY, {}, { Authorization: 'a' }), {
      ...OWN,
      'x-databricks-org-id': '42',
      Authorization: 'a',
    });
    assert.deepStrictEqual(authenticatedHeaders({ ...IDENTITY, orgId: undefined }, {}, {}), OWN);
  });

  it('let the caller`s win over ours and the credentials over both, whatever their case', () => {
    const custom = {
      accept: '*/*',
      AUTHORIZATION: 'mine',
      'X-Databricks-Org-Id': '7',
      'X-Team': 'a',
    };
    assert.deepStrictEqual(authenticatedHeaders(IDENTITY, custom, { authorization: 'b' }), {
      'Content-Type': 'application/json',
      accept: '*/*',
      'User-Agent': 'Agent',
      authorization: 'b',
      'X-Databricks-Org-Id': '7',
      'X-Team': 'a',
    });
  });

  it('take nothing that describes body or connection, and nothing that is no text', () => {
    const custom = {
      Host: 'x',
      Connection: 'x',
      'Content-Length': '1',
      'content-encoding': 'gzip',
      'Transfer-Encoding': 'x',
      'X-Number': 7,
    };
    const headers = authenticatedHeaders(
      { ...IDENTITY, orgId: undefined },
      custom as unknown as Record<string, string>,
      {},
    );
    assert.deepStrictEqual(headers, OWN);
  });
});
