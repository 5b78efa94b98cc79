import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { parseHost } from '../../src/delivery/host';
import type { Host } from '../../src/delivery/host';

const RUNS = Number(process.env['FAST_CHECK_RUNS'] ?? 100_000);

function accepted(host: string, port?: number, allowPrivateHosts = false): Host | undefined {
  const verdict = parseHost(host, port, allowPrivateHosts);
  return 'refused' in verdict ? undefined : verdict;
}

/** Whether what a URL parser makes of an accepted host is a public name or address, by rules of its own. */
function isPublicByUrl(host: Host): boolean {
  const authority = isIP(host.hostname) === 6 ? `[${host.hostname}]` : host.hostname;
  const url = new URL(`https://${authority}:${host.port}/telemetry-ext`);
  const name = url.hostname;
  if (url.username !== '' || url.password !== '' || url.pathname !== '/telemetry-ext') return false;
  if (isIP(name) === 4) {
    const value = name.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    const isIn = (base: string, bits: number) => {
      const start = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
      return Math.floor(value / 2 ** (32 - bits)) === Math.floor(start / 2 ** (32 - bits));
    };
    return !(
      isIn('0.0.0.0', 8) ||
      isIn('10.0.0.0', 8) ||
      isIn('127.0.0.0', 8) ||
      isIn('169.254.0.0', 16) ||
      isIn('172.16.0.0', 12) ||
      isIn('192.168.0.0', 16) ||
      isIn('224.0.0.0', 3)
    );
  }
  if (name.startsWith('[')) return /^\[[23]/.test(name) && !name.startsWith('[2002:');
  return name === host.hostname && !/(?:^|\.)(?:localhost|internal|local)$/.test(name);
}

describe('parseHost', () => {
  it('brings every spelling of a host into one form', () => {
    for (const spelling of [
      'dbc-1.cloud.databricks.com',
      'DBC-1.Cloud.Databricks.COM',
      'https://dbc-1.cloud.databricks.com',
      'http://dbc-1.cloud.databricks.com',
      'HTTPS://dbc-1.cloud.databricks.com/',
      'dbc-1.cloud.databricks.com///',
      'dbc-1.cloud.databricks.com.',
      'dbc-1.cloud.databricks.com:443',
      ' dbc-1.cloud.databricks.com ',
      `${' '.repeat(8)}dbc-1.cloud.databricks.com${' '.repeat(8)}`,
    ]) {
      assert.deepStrictEqual(
        parseHost(spelling, undefined, false),
        {
          hostname: 'dbc-1.cloud.databricks.com',
          port: 443,
          key: 'dbc-1.cloud.databricks.com',
        },
        spelling,
      );
    }
  });

  it('keeps a port of its own, and takes that of the connection otherwise', () => {
    assert.equal(accepted('a.example.com:8443')?.key, 'a.example.com:8443');
    assert.equal(accepted('a.example.com', 8443)?.port, 8443);
    assert.equal(accepted('a.example.com:9000', 8443)?.port, 9000);
    assert.equal(accepted('a.example.com:0'), undefined);
    assert.equal(accepted('a.example.com:65536'), undefined);
  });

  for (const host of [
    '',
    ' ',
    'user:pass@a.example.com',
    'a.example.com/path',
    'a.example.com?q',
    'a.example.com#f',
    'a.example.com\\@evil.com',
    '//evil.com',
    'ftp://a.example.com',
    'a.exa mple.com',
    'a.example\u200b.com',
    '\ufeffa.example.com',
    'a.example.com\r\nX-Evil: 1',
    'a..example.com',
    '-a.example.com',
    'a.example.com:443:443',
    // The lower case of the Kelvin sign is k.
    'databric\u212as.com',
    'ｌocalhost',
    'xn--a.com',
    'xn--.com',
    'xn--a-.com',
    'a.xn--99999.com',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0x7f.1',
    '127.1',
    '1.2.3.4.5',
    'a.example.0xdead',
    'a.example.0x',
    'a.example.42',
    '[::1',
    '[::ffff:127.0.0.1%25lo]',
  ]) {
    it(`refuses ${JSON.stringify(host)} as malformed`, () => {
      assert.deepStrictEqual(parseHost(host, undefined, true), { refused: 'malformed' });
    });
  }

  for (const host of [
    'localhost',
    'a.localhost',
    'warehouse',
    '127.0.0.1',
    '127.8.8.8',
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '168.63.129.16',
    '224.0.0.1',
    '255.255.255.255',
    'metadata.google.internal',
    'metadata.azure.com',
    '127.0.0.1.nip.io',
    '[::1]',
    '[::]',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[fe80::1]',
    '[::ffff:10.0.0.1]',
    '[::ffff:8.8.8.8]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:1::]',
  ]) {
    it(`refuses ${host}, unless private hosts are allowed`, () => {
      assert.deepStrictEqual(parseHost(host, undefined, false), { refused: 'not_public' });
      assert.ok(accepted(host, undefined, true));
    });
  }

  for (const host of [
    '8.8.8.8',
    '172.32.0.1',
    '172.15.0.1',
    '[2606:4700::1111]',
    'xn--mnchen-3ya.de',
  ]) {
    it(`accepts ${host}`, () => {
      assert.ok(accepted(host));
    });
  }

  for (const [address, isPublic] of [
    ['1.0.0.0', true],
    ['9.255.255.255', true],
    ['11.0.0.0', true],
    ['100.63.255.255', true],
    ['100.127.255.255', false],
    ['100.128.0.0', true],
    ['101.64.0.0', true],
    ['126.255.255.255', true],
    ['128.0.0.0', true],
    ['168.254.0.1', true],
    ['169.253.0.1', true],
    ['169.255.0.1', true],
    ['171.16.0.1', true],
    ['172.16.0.0', false],
    ['173.16.0.1', true],
    ['191.168.0.1', true],
    ['192.0.0.1', false],
    ['192.0.1.1', true],
    ['192.1.0.1', true],
    ['192.167.0.1', true],
    ['192.169.0.1', true],
    ['193.0.0.1', true],
    ['197.18.0.1', true],
    ['198.17.0.1', true],
    ['198.18.0.1', false],
    ['198.19.0.1', false],
    ['198.20.0.1', true],
    ['223.255.255.255', true],
    ['168.63.129.15', true],
    ['[1fff::1]', false],
    ['[2000::1]', true],
    ['[3fff::1]', true],
    ['[4000::1]', false],
    ['[2001:1ff::1]', false],
    ['[2001:200::1]', true],
    ['[2003::1]', true],
    ['[2000:1::1]', true],
    ['[2000::]', true],
  ] as const) {
    it(`takes ${address} for ${isPublic ? 'public' : 'not public'}`, () => {
      assert.equal(accepted(address) !== undefined, isPublic);
    });
  }

  for (const suffix of [
    'localdomain',
    'local',
    'internal',
    'intranet',
    'lan',
    'home',
    'corp',
    'home.arpa',
    'localtest.me',
    'lvh.me',
    'nip.io',
    'sslip.io',
    'xip.io',
    'metadata.goog',
  ]) {
    it(`takes names below ${suffix} for private, and no others that end so`, () => {
      assert.equal(accepted(`a.${suffix}`), undefined);
      assert.equal(accepted(suffix), undefined);
      assert.ok(accepted(`a.x${suffix}`));
    });
  }

  it('has an authority in brackets for an address of IPv6, and none for its name', () => {
    assert.deepStrictEqual(accepted('[2606:4700::1111]:8443'), {
      hostname: '2606:4700::1111',
      port: 8443,
      key: '[2606:4700::1111]:8443',
    });
  });

  it('takes ports from 1 to 65535, of the connection as well', () => {
    for (const port of [1, 65_535]) {
      assert.equal(accepted(`a.example.com:${port}`)?.port, port);
      assert.equal(accepted('a.example.com', port)?.port, port);
    }
    for (const port of [0, 65_536, 1.5, Number.NaN, -1]) {
      assert.deepStrictEqual(parseHost('a.example.com', port, true), { refused: 'malformed' });
    }
  });

  it('takes names as long as names can be', () => {
    const label = 'x'.repeat(63);
    const name = [label, label, label, 'x'.repeat(61)].join('.');
    assert.equal(name.length, 253);
    assert.ok(accepted(name));
    assert.equal(accepted(`${name}x`), undefined);
    assert.equal(accepted(`${'x'.repeat(64)}.example.com`), undefined);
    assert.equal(accepted('a-.example.com'), undefined);
    assert.ok(accepted('a_b-c.example.com'));
    assert.ok(accepted('a.example.4u'));
    assert.ok(accepted('a.example.u4'));
  });

  it(`accepts nothing of ${RUNS} hostile strings that leads to a refused class`, function () {
    this.timeout(60_000);
    const octet = fc.oneof(
      fc.integer({ min: 0, max: 300 }).map(String),
      fc.integer({ min: 0, max: 255 }).map((value) => `0x${value.toString(16)}`),
      fc.integer({ min: 0, max: 255 }).map((value) => `0${value.toString(8)}`),
      fc.constantFrom('127', '10', '169', '254', '192', '168', '0', '2130706433'),
    );
    const name = fc.oneof(
      fc.array(octet, { minLength: 1, maxLength: 5 }).map((octets) => octets.join('.')),
      fc.ipV6().map((address) => `[${address}]`),
      fc.ipV4().map((address) => `[::ffff:${address}]`),
      fc.constantFrom('localhost', 'metadata.google.internal', 'a.internal', '[::1]', 'ⓛocalhost'),
      fc.domain(),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    const part = fc.constantFrom(
      '',
      'https://',
      'http://',
      '//',
      'user@',
      'a:b@',
      '\u200b',
      ' ',
      '\t',
    );
    const tail = fc.constantFrom(
      '',
      '.',
      '/',
      ':443',
      ':1',
      '/x',
      '?x',
      '#',
      '%00',
      '\r\n',
      '。',
      '\\',
    );
    fc.assert(
      fc.property(part, name, tail, (head, middle, end) => {
        const host = accepted(head + middle + end);
        return host === undefined || isPublicByUrl(host);
      }),
      { numRuns: RUNS },
    );
  });
});
