import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import { ProviderRequests } from '../../src/connection/provider-requests';
import { useFakeClock } from '../support/fake-clock';

describe('ProviderRequests', () => {
  let time: sinon.SinonFakeTimers;
  let requests: ProviderRequests<string>;
  let provider: sinon.SinonStub<[], Promise<string>>;

  beforeEach(() => {
    time = useFakeClock({ toFake: ['performance'] });
    requests = new ProviderRequests();
    provider = sinon.stub<[], Promise<string>>().rejects(new Error('denied'));
  });
  afterEach(() => time.restore());

  it('is not authenticated before the provider has served the driver', () => {
    assert.equal(requests.isAuthenticated, false);
    requests.servedDriver();
    assert.equal(requests.isAuthenticated, true);
  });

  it('asks again only after a back-off, six times in all, until the driver succeeds', async () => {
    requests.servedDriver();
    for (let second = 0; second < 3_600; second += 1) {
      if (requests.isAuthenticated) await assert.rejects(requests.ask(provider));
      time.tick(1_000);
    }
    assert.equal(provider.callCount, 6);
    assert.equal(requests.isAuthenticated, false);
    requests.servedDriver();
    provider.resolves('headers');
    assert.equal(requests.isAuthenticated, true);
    assert.equal(await requests.ask(provider), 'headers');
  });

  it('rejects with the error of the provider, and with another one during the back-off', async () => {
    await assert.rejects(requests.ask(provider), /denied/);
    await assert.rejects(requests.ask(provider), /not asked yet/);
    assert.equal(provider.callCount, 1);
  });

  it('begins the back-off anew after a success', async () => {
    for (const waitMs of [1_000, 5_000]) {
      await assert.rejects(requests.ask(provider));
      time.tick(waitMs);
    }
    await requests.ask(() => Promise.resolve('headers'));
    await assert.rejects(requests.ask(provider));
    time.tick(1_000);
    assert.equal(await requests.ask(() => Promise.resolve('headers')), 'headers');
  });

  it('shares a request under way', async () => {
    const hanging = sinon.promise<string>();
    provider.returns(hanging);
    const asked = [requests.ask(provider), requests.ask(provider)];
    assert.equal(provider.callCount, 1);
    await hanging.resolve('headers');
    assert.deepEqual(await Promise.all(asked), ['headers', 'headers']);
    provider.resolves('fresh');
    assert.equal(await requests.ask(provider), 'fresh');
  });
});
