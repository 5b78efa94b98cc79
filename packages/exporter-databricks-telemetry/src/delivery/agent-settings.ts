import { createHash } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** Nesting beyond it is not compared. */
const MAX_DEPTH = 6;

const keys = new WeakMap<object, string>();
let identities = 0;

/**
 * A key that is equal for agents which reach a host in the same way: same proxy, same TLS settings, same limits. The
 * driver makes one agent per client, so pooled clients have equal agents. An agent that cannot be compared, because its
 * class or one of its settings is a function of its own, equals only itself.
 *
 * The key is a digest: an agent's settings may contain private keys and the password of a proxy.
 */
export function agentKey(agent: object | undefined): string {
  if (agent === undefined) return 'default';
  let key = keys.get(agent);
  if (key === undefined) {
    const settings = settingsOf(agent);
    key =
      settings === undefined
        ? `agent-${(identities += 1)}`
        : createHash('sha256').update(settings).digest('base64');
    keys.set(agent, key);
  }
  return key;
}

function settingsOf(agent: object): string | undefined {
  try {
    return isProxyAgent(agent) ? proxySettings(agent) : agentSettings(agent);
  } catch {
    return undefined;
  }
}

function agentSettings(agent: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(agent);
  const isPlain = prototype === HttpsAgent.prototype || prototype === HttpAgent.prototype;
  const isOverridden = Object.values(agent).some((value) => typeof value === 'function');
  if (!isPlain || isOverridden || !('options' in agent)) return undefined;
  return describe(agent.options, 0);
}

/** The driver's agent behind a proxy: `ProxyAgent` of the package `proxy-agent`. */
interface ProxyAgent {
  readonly getProxyForUrl: (url: string) => unknown;
  readonly connectOpts?: Readonly<Record<string, unknown>>;
  readonly httpsAgent: object;
}

function isProxyAgent(agent: object): agent is ProxyAgent {
  return (
    'getProxyForUrl' in agent &&
    typeof agent.getProxyForUrl === 'function' &&
    'httpsAgent' in agent &&
    typeof agent.httpsAgent === 'object' &&
    agent.httpsAgent !== null
  );
}

function proxySettings({
  getProxyForUrl,
  connectOpts,
  httpsAgent,
}: ProxyAgent): string | undefined {
  const proxy = getProxyForUrl('https://workspace.databricks.invalid/');
  const {
    getProxyForUrl: _callback,
    httpAgent: _http,
    httpsAgent: _https,
    ...others
  } = connectOpts ?? {};
  const tunnel = describe(others, 0);
  const tls = agentSettings(httpsAgent);
  return typeof proxy !== 'string' || tunnel === undefined || tls === undefined
    ? undefined
    : JSON.stringify([proxy, tunnel, tls]);
}

/** A text that is equal for equal values; `undefined` for a value that cannot be compared. */
function describe(value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (value === undefined) return 'undefined';
  if (value === null || typeof value === 'string' || typeof value === 'boolean') {
    return JSON.stringify(value);
  }
  if (typeof value === 'number') return String(value);
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('base64')}`;
  if (typeof value !== 'object') return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
    return undefined;
  }
  const parts = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => {
      const described = describe(member, depth + 1);
      return described === undefined ? undefined : `${JSON.stringify(name)}:${described}`;
    });
  return parts.includes(undefined) ? undefined : `{${parts.join()}}`;
}
