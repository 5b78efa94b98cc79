import { release, type } from 'node:os';
import type { Attributes } from '@opentelemetry/api';
import { text } from '../attribute-values';
import { redact } from './redact';

const PRODUCT = 'NodejsDatabricksSqlConnector';
const MAX_ENTRY_LENGTH = 256;
const MAX_USER_AGENT_LENGTH = 512;

/** Everything but printable ASCII: not allowed in headers and logs. */
const UNPRINTABLE = /[^\x20-\x7e]+/g;

/** The application's own part of the driver's user agent, free of secrets. */
export function sanitizeEntry(entry: string): string | undefined {
  return redact(entry.replace(UNPRINTABLE, ' ').trim(), MAX_ENTRY_LENGTH) || undefined;
}

/**
 * The user agent of an authenticated request: the driver's own when it is known, redacted, since applications put all
 * sorts of text into their entry.
 */
export function authenticatedUserAgent(
  driverUserAgent: string | undefined,
  driverVersion: string | undefined,
): string {
  const own = driverUserAgent?.replace(UNPRINTABLE, ' ').trim();
  return (own && redact(own, MAX_USER_AGENT_LENGTH)) || defaultUserAgent(driverVersion);
}

/** The systems' own names, by `os.type`. */
const SYSTEMS: ReadonlyMap<string, string> = new Map([
  ['linux', 'Linux'],
  ['darwin', 'Darwin'],
  ['windows', 'Windows_NT'],
  ['freebsd', 'FreeBSD'],
  ['openbsd', 'OpenBSD'],
  ['solaris', 'SunOS'],
  ['aix', 'AIX'],
]);

/**
 * The user agent of the driver in another process, composed as the driver does; what the resource does not say is left
 * out.
 *
 * @param entry the application's own part
 */
export function remoteUserAgent(
  resource: Attributes,
  driverVersion: string | undefined,
  entry: string | undefined,
): string {
  const runtime = text(resource['process.runtime.version']);
  const system = SYSTEMS.get(text(resource['os.type']) ?? '');
  const systemVersion = text(resource['os.version']);
  const parts = [
    entry,
    runtime && `Node.js ${runtime}`,
    system && systemVersion && `${system} ${systemVersion}`,
  ].filter(Boolean);
  const product = anonymousUserAgent(driverVersion);
  return parts.length === 0 ? product : `${product} (${parts.join('; ')})`;
}

/** The user agent of an unauthenticated request: the driver's name and version, and nothing about this machine. */
export function anonymousUserAgent(driverVersion: string | undefined): string {
  return driverVersion === undefined ? PRODUCT : `${PRODUCT}/${driverVersion}`;
}

/** The driver's version as its user agent states it. */
export function driverVersionOf(driverUserAgent: string | undefined): string | undefined {
  return /^NodejsDatabricksSqlConnector\/(\d[\w.+-]{0,63})/.exec(driverUserAgent ?? '')?.[1];
}

/** The driver's user agent without the application's entry. */
function defaultUserAgent(driverVersion: string | undefined): string {
  const platform = `Node.js ${process.versions.node}; ${type()} ${release()}`;
  return `${anonymousUserAgent(driverVersion)} (${platform})`;
}
