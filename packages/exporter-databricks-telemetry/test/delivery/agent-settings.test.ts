import assert from 'node:assert/strict';
import { Agent as HttpAgent } from 'node:http';
import { Agent } from 'node:https';
import { ProxyAgent } from 'proxy-agent';
import { agentKey } from '../../src/delivery/agent-settings';

/** As the driver makes it. */
function proxied(url: string, tls: ConstructorParameters<typeof Agent>[0] = {}) {
  return new ProxyAgent({
    keepAlive: true,
    getProxyForUrl: () => url,
    httpsAgent: new Agent(tls),
    httpAgent: new HttpAgent({ keepAlive: true }),
  });
}

describe('agentKey', () => {
  const make: Readonly<Record<string, () => object | undefined>> = {
    'the default': () => undefined,
    'no settings': () => new Agent(),
    'kept connections': () => new Agent({ keepAlive: true }),
    'no verification': () => new Agent({ keepAlive: true, rejectUnauthorized: false }),
    'an authority': () => new Agent({ keepAlive: true, ca: ['a', Buffer.from('b')] }),
    'another authority': () => new Agent({ keepAlive: true, ca: ['a', Buffer.from('c')] }),
    'a client certificate': () => new Agent({ keepAlive: true, cert: 'c', key: 'k' }),
    'plain text': () => new HttpAgent({ keepAlive: true, maxSockets: 7 }),
    'a proxy': () => proxied('http://user:secret@proxy:1'),
    'another proxy': () => proxied('http://proxy:2'),
    'a proxy with an authority': () => proxied('http://user:secret@proxy:1', { ca: 'a' }),
  };

  for (const [name, agent] of Object.entries(make)) {
    it(`is equal for agents with ${name}, and differs from all others`, () => {
      const key = agentKey(agent());
      assert.equal(agentKey(agent()), key);
      for (const [other, otherAgent] of Object.entries(make)) {
        if (other !== name) assert.notEqual(agentKey(otherAgent()), key, other);
      }
      assert.ok(!key.includes('secret'));
    });
  }

  const incomparable: Readonly<Record<string, () => object>> = {
    'a function of its own': () =>
      Object.assign(new Agent(), { createConnection: () => undefined }),
    'a function as a setting': () => new Agent({ lookup: () => undefined }),
    'a class of its own': () => new (class extends Agent {})(),
    'a setting that cannot be read': () => {
      const agent = new Agent();
      Object.defineProperty(agent, 'options', {
        get: (): never => {
          throw new Error('broken');
        },
      });
      return agent;
    },
    'a proxy that is looked up': () =>
      new ProxyAgent({ getProxyForUrl: () => Promise.resolve('http://proxy:1') }),
    'no shape that is known': () => ({}),
  };
  for (const [name, agent] of Object.entries(incomparable)) {
    it(`is the agent's own when it has ${name}`, () => {
      const first = agent();
      assert.equal(agentKey(first), agentKey(first));
      assert.notEqual(agentKey(first), agentKey(agent()));
    });
  }

  it('is the same after requests were made', () => {
    const agent = new Agent({ keepAlive: true });
    const key = agentKey(new Agent({ keepAlive: true }));
    agent.on('free', () => undefined);
    assert.equal(agentKey(agent), key);
  });
});
