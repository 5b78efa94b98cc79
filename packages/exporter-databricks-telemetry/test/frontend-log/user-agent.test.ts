import assert from 'node:assert/strict';
import { release } from 'node:os';
import {
  anonymousUserAgent,
  authenticatedUserAgent,
  driverVersionOf,
  remoteUserAgent,
  sanitizeEntry,
} from '../../src/frontend-log/user-agent';

const PLATFORM = /^NodejsDatabricksSqlConnector\/2\.1\.0 \(Node\.js \d+\.\d+\.\d+; \w+ \S+\)$/;

describe('anonymousUserAgent', () => {
  it('names the driver and its version, and nothing about the machine', () => {
    assert.equal(anonymousUserAgent('2.1.0'), 'NodejsDatabricksSqlConnector/2.1.0');
    assert.equal(anonymousUserAgent(undefined), 'NodejsDatabricksSqlConnector');
  });
});

describe('authenticatedUserAgent', () => {
  it('is the driver`s own, redacted and printable', () => {
    assert.equal(
      authenticatedUserAgent(' Connector/2.1.0\r\n (reports token=abc)\u{1f600} ', '2.1.0'),
      'Connector/2.1.0 (reports token=<redacted>)'.replace('0 (', '0  ('),
    );
  });

  it('has the driver`s name and the platform when the driver`s own is unknown or holds only secrets', () => {
    for (const own of [undefined, '', ' \n ', 'x'.repeat(600)]) {
      assert.match(authenticatedUserAgent(own, '2.1.0'), PLATFORM);
    }
  });

  it('has at most 512 characters', () => {
    const own = `${'x '.repeat(255)}y`;
    assert.equal(authenticatedUserAgent(own, undefined), own);
    assert.ok(authenticatedUserAgent(`${own} ${own}`, undefined).length <= 512);
  });
});

describe('remoteUserAgent', () => {
  const resource = {
    'process.runtime.version': '22.1.0',
    'os.type': 'linux',
    'os.version': '6.1.0',
  };

  it('is that of the driver in the other process', () => {
    assert.equal(
      remoteUserAgent(resource, '2.1.0', 'shop'),
      'NodejsDatabricksSqlConnector/2.1.0 (shop; Node.js 22.1.0; Linux 6.1.0)',
    );
  });

  it('leaves out what the resource does not say', () => {
    assert.equal(
      remoteUserAgent({ 'os.type': 'plan9', 'os.version': '4' }, '2.1.0', undefined),
      'NodejsDatabricksSqlConnector/2.1.0',
    );
    assert.equal(
      remoteUserAgent({ 'process.runtime.version': '22.1.0' }, undefined, undefined),
      'NodejsDatabricksSqlConnector (Node.js 22.1.0)',
    );
  });

  it('has the exact text of the driver in this process', () => {
    const own = authenticatedUserAgent(undefined, '2.1.0');
    const runtime = { 'process.runtime.version': process.versions.node };
    const types: Readonly<Record<string, string>> = { win32: 'windows' };
    const os = {
      'os.type': types[process.platform] ?? process.platform,
      'os.version': release(),
    };
    assert.equal(remoteUserAgent({ ...runtime, ...os }, '2.1.0', undefined), own);
  });
});

describe('sanitizeEntry', () => {
  it('keeps printable ASCII, and no secrets', () => {
    assert.equal(sanitizeEntry('  reports\u{1f600}\tof ada@example.com '), 'reports of <redacted>');
  });

  it('is none where nothing is left', () => {
    for (const entry of ['', '  ', '\u{1f600}', 'x'.repeat(300)]) {
      assert.equal(sanitizeEntry(entry), undefined);
    }
  });

  it('has at most 256 characters', () => {
    assert.equal(sanitizeEntry('x'.repeat(256))?.length, 256);
  });
});

describe('driverVersionOf', () => {
  it('reads the version at the start of the driver`s user agent', () => {
    const platform = '(Node.js 22.0.0; Linux 6.1)';
    assert.equal(driverVersionOf(`NodejsDatabricksSqlConnector/2.1.0 ${platform}`), '2.1.0');
    assert.equal(driverVersionOf('NodejsDatabricksSqlConnector/2.1.0-rc.1+a'), '2.1.0-rc.1+a');
    assert.equal(driverVersionOf(`NodejsDatabricksSqlConnector ${platform}`), undefined);
    assert.equal(driverVersionOf('mine NodejsDatabricksSqlConnector/2.1.0'), undefined);
    assert.equal(driverVersionOf('NodejsDatabricksSqlConnector/beta'), undefined);
    assert.equal(driverVersionOf(undefined), undefined);
    const long = driverVersionOf(`NodejsDatabricksSqlConnector/${'1'.repeat(100)}`);
    assert.equal(long?.length, 64);
  });
});
