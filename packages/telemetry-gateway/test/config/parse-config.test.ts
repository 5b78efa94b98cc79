import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { LIMITS, TIMING } from '../../src/config/config';
import { isLoopback, parseConfig } from '../../src/config/parse-config';
import type { ParsedConfig } from '../../src/config/parse-config';

const WORKSPACE = '{ host: a.cloud.databricks.com, token: { env: TOKEN } }';

function mistakes(text: string, environment: Readonly<Record<string, string>> = {}): string[] {
  const parsed = parseConfig(text, environment);
  return 'mistakes' in parsed ? [...parsed.mistakes] : [];
}

function config(parsed: ParsedConfig) {
  if ('mistakes' in parsed) throw new Error(parsed.mistakes.join('\n'));
  return parsed.config;
}

describe('parseConfig', () => {
  it('needs no more than the workspaces', () => {
    const parsed = config(parseConfig(`workspaces: [${WORKSPACE}]`, {}));
    assert.deepEqual(parsed.listen, { host: '127.0.0.1', port: 4319 });
    assert.deepEqual(parsed.workspaces, [
      {
        host: 'a.cloud.databricks.com',
        port: 443,
        credentials: { kind: 'token', token: { env: 'TOKEN' } },
        caFile: undefined,
      },
    ]);
    assert.equal(parsed.allowPrivateHosts, false);
    for (const [name, [value]] of Object.entries(LIMITS)) {
      assert.equal(parsed.limits[name as keyof typeof LIMITS], value);
    }
    for (const [name, [value]] of Object.entries(TIMING)) {
      assert.equal(parsed.timing[name as keyof typeof TIMING], value);
    }
  });

  it('reads everything', () => {
    const parsed = config(
      parseConfig(
        `
listen: { host: 0.0.0.0, port: 14319 }
tls: { certFile: c.pem, keyFile: k.pem, clientCaFile: ca.pem }
bearerToken: { file: /run/secrets/token }
journal: { directory: /var/lib/journal, sync: false }
allowPrivateHosts: true
workspaces:
  - host: ADB-1.azuredatabricks.net
    port: 8443
    oauth: { clientId: app, clientSecret: { file: secret } }
    caFile: root.pem
limits: { maxRecords: 7 }
timing: { reorderSeconds: 0.5 }
`,
        {},
      ),
    );
    assert.equal(parsed.workspaces[0]?.host, 'adb-1.azuredatabricks.net');
    assert.deepEqual(parsed.workspaces[0]?.credentials, {
      kind: 'oauth',
      client: { clientId: 'app', clientSecret: { file: 'secret' } },
    });
    assert.equal(parsed.tls?.clientCaFile, 'ca.pem');
    assert.equal(parsed.limits.maxRecords, 7);
    assert.equal(parsed.timing.reorderSeconds, 0.5);
  });

  it('prefers the environment for where it listens and where its journal is', () => {
    const parsed = config(
      parseConfig(`workspaces: [${WORKSPACE}]`, {
        DATABRICKS_TELEMETRY_GATEWAY_HOST: '127.0.0.2',
        DATABRICKS_TELEMETRY_GATEWAY_PORT: '5000',
        DATABRICKS_TELEMETRY_GATEWAY_JOURNAL: '/data',
      }),
    );
    assert.deepEqual(parsed.listen, { host: '127.0.0.2', port: 5000 });
    assert.equal(parsed.journal.directory, '/data');
  });

  const SECRET = 'dapi0123456789';
  const MISTAKES: readonly (readonly [string, string, RegExp])[] = [
    ['no workspace', '', /^workspaces must list at least one workspace/],
    ['text for a mapping', 'just text', /^must be a mapping$/],
    ['no YAML', 'workspaces: [', /^not YAML: /],
    ['a second document key', 'listen: 1\nlisten: 2', /^not YAML: /],
    [
      'an unknown option',
      `workspace: []\nworkspaces: [${WORKSPACE}]`,
      /^workspace is not an option$/,
    ],
    [
      'an unknown option below',
      `listen: { hots: a }\nworkspaces: [${WORKSPACE}]`,
      /^listen\.hots is not an option$/,
    ],
    [
      'a list for a mapping',
      `listen: []\nworkspaces: [${WORKSPACE}]`,
      /^listen must be a mapping$/,
    ],
    ['a mapping for a list', 'workspaces: { a: 1 }', /^workspaces must be a list$/],
    [
      'a port out of range',
      `listen: { port: 70000 }\nworkspaces: [${WORKSPACE}]`,
      /^listen\.port must be an integer from 0 to 65535$/,
    ],
    [
      'text for a limit',
      `limits: { maxRecords: many }\nworkspaces: [${WORKSPACE}]`,
      /^limits\.maxRecords must be an integer from 1 to 80000$/,
    ],
    [
      'a fraction for a limit',
      `limits: { maxRequests: 1.5 }\nworkspaces: [${WORKSPACE}]`,
      /^limits\.maxRequests must be an integer/,
    ],
    [
      'a time out of range',
      `timing: { stopSeconds: -1 }\nworkspaces: [${WORKSPACE}]`,
      /^timing\.stopSeconds must be a number from 0\.1 to 600$/,
    ],
    [
      'text for a boolean',
      `allowPrivateHosts: ja\nworkspaces: [${WORKSPACE}]`,
      /^allowPrivateHosts must be true or false$/,
    ],
    ['no host', 'workspaces: [{ token: { env: A } }]', /^workspaces\[0\]\.host is missing$/],
    [
      'a URL for a host',
      'workspaces: [{ host: "https://a.example.com/", token: { env: A } }]',
      /^workspaces\[0\] host must be the bare name/,
    ],
    [
      'no credential',
      'workspaces: [{ host: a.example.com }]',
      /^workspaces\[0\] needs one of token and oauth$/,
    ],
    [
      'two credentials',
      'workspaces: [{ host: a.example.com, token: { env: A }, oauth: { clientId: a, clientSecret: { env: B } } }]',
      /^workspaces\[0\] needs one of token and oauth$/,
    ],
    [
      'a secret in the file',
      `workspaces: [{ host: a.example.com, token: ${SECRET} }]`,
      /^workspaces\[0\]\.token must be a mapping$/,
    ],
    [
      'a secret in a mapping',
      `workspaces: [{ host: a.example.com, token: { value: ${SECRET} } }]`,
      /^workspaces\[0\]\.token must be \{ file: PATH \} or \{ env: VARIABLE \}/,
    ],
    [
      'a secret in two places',
      'workspaces: [{ host: a.example.com, token: { env: A, file: b } }]',
      /^workspaces\[0\]\.token must be \{ file/,
    ],
    [
      'no client secret',
      'workspaces: [{ host: a.example.com, oauth: { clientId: a } }]',
      /^workspaces\[0\]\.oauth clientSecret is missing$/,
    ],
    [
      'a workspace twice',
      `workspaces: [${WORKSPACE}, ${WORKSPACE}]`,
      /^workspaces lists a\.cloud\.databricks\.com:443 twice$/,
    ],
    [
      'an open gateway',
      `listen: { host: 0.0.0.0 }\nworkspaces: [${WORKSPACE}]`,
      /^listen\.host 0\.0\.0\.0 is not loopback: set bearerToken/,
    ],
    [
      'an open gateway with TLS',
      `listen: { host: gateway.local }\ntls: { certFile: a, keyFile: b }\nworkspaces: [${WORKSPACE}]`,
      /is not loopback/,
    ],
    [
      'no key for TLS',
      `tls: { certFile: a }\nworkspaces: [${WORKSPACE}]`,
      /^tls\.keyFile is missing$/,
    ],
  ];
  for (const [title, text, line] of MISTAKES) {
    it(`reports ${title} in one line`, () => {
      const found = mistakes(text);
      assert.ok(
        found.some((mistake) => line.test(mistake)),
        found.join('\n'),
      );
      for (const mistake of found) {
        assert.ok(!mistake.includes('\n'), mistake);
        assert.ok(!mistake.includes(SECRET), mistake);
      }
    });
  }

  it('reports all mistakes at once', () => {
    const text = 'listen: { port: x }\nworkspaces: [{ token: { env: A } }]\nlimit: 1';
    assert.equal(mistakes(text).length, 3);
  });

  it('refuses an open gateway and a wrong port of the environment', () => {
    const text = `workspaces: [${WORKSPACE}]`;
    assert.match(
      mistakes(text, { DATABRICKS_TELEMETRY_GATEWAY_HOST: '::' }).join(),
      /not loopback/,
    );
    assert.match(
      mistakes(text, { DATABRICKS_TELEMETRY_GATEWAY_PORT: 'a' }).join(),
      /must be a port/,
    );
  });

  it('survives aliases that grow without bound, and prototype keys', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]`;
    assert.match(mistakes(bomb).join('\n'), /not YAML/);
    mistakes('__proto__: { polluted: true }\nconstructor: { a: 1 }');
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('takes only addresses and localhost for loopback', () => {
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) assert.ok(isLoopback(host));
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.evil.example', '']) {
      assert.ok(!isLoopback(host), host);
    }
  });
});
