import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import { Credentials } from '../../src/connection/credentials';

/** As the driver's provider for access tokens is named. */
class PlainHttpAuthentication {
  authenticate(): Promise<unknown> {
    return Promise.resolve({ Authorization: 'token' });
  }
}

describe('Credentials', () => {
  let authenticate: sinon.SinonStub<[], Promise<unknown>>;
  let source: {
    auth: { authenticate?(): Promise<unknown> } | undefined;
    connection: { headers?: unknown } | undefined;
    customHeaders: Record<string, string>;
    isClosed: boolean;
  };
  let credentials: Credentials;

  beforeEach(() => {
    authenticate = sinon.stub<[], Promise<unknown>>().resolves({ Authorization: 'fresh' });
    source = {
      auth: { authenticate },
      connection: { headers: { Authorization: 'last' } },
      customHeaders: { 'X-Gateway': 'east' },
      isClosed: false,
    };
    credentials = new Credentials(() => source);
  });

  it('gives the headers of the last request of the driver without asking the provider', async () => {
    const headers = { Authorization: 'last', 'X-Gateway': 'east' };
    assert.deepEqual(await credentials.headers(false), headers);
    source.connection = { headers: new Headers({ Authorization: 'last' }) };
    assert.deepEqual(await credentials.headers(false), {
      authorization: 'last',
      'X-Gateway': 'east',
    });
    sinon.assert.notCalled(authenticate);
  });

  it('asks the provider when the driver has no headers, or has them in no readable form', async () => {
    const unreadable = {
      get Authorization(): never {
        throw new Error('unreadable');
      },
    };
    for (const headers of [undefined, null, {}, 'text', unreadable]) {
      source.connection = { headers };
      assert.equal((await credentials.headers(false))['Authorization'], 'fresh');
    }
    source.connection = undefined;
    assert.equal((await credentials.headers(false))['Authorization'], 'fresh');
  });

  it('asks the provider for headers in place of refused ones, until the driver has others', async () => {
    assert.equal((await credentials.headers(true))['Authorization'], 'fresh');
    assert.equal((await credentials.headers(false))['Authorization'], 'fresh');
    sinon.assert.calledTwice(authenticate);
    source.connection = { headers: { Authorization: 'next' } };
    assert.equal((await credentials.headers(false))['Authorization'], 'next');
    sinon.assert.calledTwice(authenticate);
  });

  it('does not repeat refused headers while a provider that failed is not asked', async () => {
    authenticate.rejects(new Error('denied'));
    await assert.rejects(credentials.headers(true), /denied/);
    await assert.rejects(credentials.headers(false), /not asked yet/);
    sinon.assert.calledOnce(authenticate);
  });

  it('never asks the provider of a closed client', async () => {
    source.isClosed = true;
    assert.equal((await credentials.headers(true))['Authorization'], 'last');
    source.connection = {};
    await assert.rejects(credentials.headers(false), /must not be asked/);
    sinon.assert.notCalled(authenticate);
  });

  it('does not ask a provider after a failure of the driver, until the driver has other headers', async () => {
    credentials.failedDriver();
    assert.equal((await credentials.headers(true))['Authorization'], 'last');
    sinon.assert.notCalled(authenticate);
    source.connection = { headers: { Authorization: 'next' } };
    assert.equal((await credentials.headers(true))['Authorization'], 'fresh');
  });

  it('asks again after a failure when the driver has succeeded with the same headers', async () => {
    credentials.failedDriver();
    credentials.servedDriver(false);
    assert.equal((await credentials.headers(true))['Authorization'], 'fresh');
  });

  it('always asks a provider that holds a token', async () => {
    source.auth = new PlainHttpAuthentication();
    source.isClosed = true;
    credentials.failedDriver();
    assert.equal((await credentials.headers(true))['Authorization'], 'token');
    source.connection = {};
    assert.equal((await credentials.headers(false))['Authorization'], 'token');
  });

  it('is authenticated on the kernel only with a provider that holds a token', () => {
    credentials.servedDriver(true);
    assert.equal(credentials.isAuthenticated, false);
    source.auth = new PlainHttpAuthentication();
    credentials.servedDriver(true);
    assert.equal(credentials.isAuthenticated, true);
  });

  it('accepts providers of every shape', async () => {
    source.connection = {};
    for (const auth of [undefined, {}, Object.create(null) as object]) {
      source.auth = auth;
      assert.deepEqual(await credentials.headers(false), source.customHeaders);
    }
  });
});
