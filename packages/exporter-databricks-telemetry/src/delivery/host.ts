import { isIP } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';

const DEFAULT_PORT = 443;
const MAX_HOST_LENGTH = 260;

/** A host that telemetry may be sent to. Every spelling of a host has the same `key`. */
export interface Host {
  readonly hostname: string;
  readonly port: number;
  readonly key: string;
}

export type HostRefusal = 'malformed' | 'not_public';
export type HostVerdict = Host | { readonly refused: HostRefusal };

/** In this order: `https://`, the bare name or an IP literal, `:port`, trailing slashes. */
const HOST =
  /^(?:https?:\/\/)?(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,253}?)\.?)(?::(\d{1,5}))?\/{0,8}$/;
const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
/** Names whose last label is a number are read as IPv4 by URL parsers and resolvers: `0x7f.1`, `2130706433`, `127.1`. */
const NUMERIC_LABEL = /^(?:\d+|0x[0-9a-f]*)$/;

/** Names that resolve to addresses in the machine, its network or its cloud. */
const PRIVATE_NAMES = [
  'localhost',
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
  'metadata.azure.com',
  'metadata.goog',
];

/**
 * Validates and normalizes a host as given to `connect()`. Telemetry carries the user's credentials, so it must not
 * follow a host that an attacker may have set to an address in the machine, its network or its cloud's metadata service.
 *
 * @param port the connection's port, unless `host` contains one
 * @param allowPrivateHosts accepts private and loopback addresses; the syntax is checked nevertheless
 */
export function parseHost(
  host: string,
  port: number | undefined,
  allowPrivateHosts: boolean,
): HostVerdict {
  // Leading and trailing spaces are typing errors; unusual characters inside the name are refused.
  const trimmed = host.length > MAX_HOST_LENGTH ? '' : host.replace(/^ {1,8}| {1,8}$/g, '');
  // Checked before lowering the case: some characters beyond ASCII have a lower case in ASCII.
  const match = PRINTABLE_ASCII.test(trimmed) ? HOST.exec(trimmed.toLowerCase()) : null;
  if (!match) return { refused: 'malformed' };
  const [, ipv6, name, ownPort] = match;
  const effectivePort = ownPort === undefined ? (port ?? DEFAULT_PORT) : Number(ownPort);
  if (!Number.isInteger(effectivePort) || effectivePort < 1 || effectivePort > 65_535) {
    return { refused: 'malformed' };
  }
  const hostname = ipv6 ?? name ?? '';
  const verdict = ipv6 === undefined ? checkName(hostname) : checkIPv6(hostname);
  if (verdict === 'malformed' || (verdict === 'not_public' && !allowPrivateHosts)) {
    return { refused: verdict };
  }
  const authority = ipv6 === undefined ? hostname : `[${hostname}]`;
  return {
    hostname,
    port: effectivePort,
    key: effectivePort === DEFAULT_PORT ? authority : `${authority}:${effectivePort}`,
  };
}

function checkName(name: string): HostRefusal | undefined {
  if (isIP(name) === 4) return isPublicIPv4(name) ? undefined : 'not_public';
  const labels = name.split('.');
  const last = labels.at(-1) ?? '';
  if (NUMERIC_LABEL.test(last) || !labels.every((label) => LABEL.test(label))) return 'malformed';
  if (!isCanonical(name)) return 'malformed';
  const isPrivate =
    labels.length === 1 ||
    PRIVATE_NAMES.some((suffix) => name === suffix || name.endsWith(`.${suffix}`));
  return isPrivate ? 'not_public' : undefined;
}

/** Punycode that does not decode, or encodes back to another name, could disguise a name. */
function isCanonical(name: string): boolean {
  const unicode = domainToUnicode(name);
  // Since Node.js 24, a label that does not decode is returned as it is instead of failing.
  const isDecoded = unicode.split('.').every((label) => !label.startsWith('xn--'));
  return isDecoded && domainToASCII(unicode) === name;
}

function isPublicIPv4(address: string): boolean {
  const [a = 0, b = 0, c = 0] = address.split('.').map(Number);
  return !(
    a === 0 ||
    a === 10 ||
    a === 127 ||
    a >= 224 ||
    (a === 100 && b >= 64 && b <= 127) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b <= 31) ||
    (a === 192 && b === 168) ||
    (a === 192 && b === 0 && c === 0) ||
    (a === 198 && (b === 18 || b === 19)) ||
    // Azure's platform address, which serves its metadata and its agents.
    address === '168.63.129.16'
  );
}

/** Only global unicast addresses that embed no IPv4 address are public; mapped, translated and tunneled forms are not. */
function checkIPv6(address: string): HostRefusal | undefined {
  if (isIP(address) !== 6) return 'malformed';
  const head = Number.parseInt(address.split(':', 1)[0] || '0', 16);
  const second = Number.parseInt(address.split(':', 2)[1] || '0', 16);
  const isGlobalUnicast = head >= 0x2000 && head <= 0x3fff;
  const isTunnel = head === 0x2002 || (head === 0x2001 && second < 0x200);
  return isGlobalUnicast && !isTunnel ? undefined : 'not_public';
}
