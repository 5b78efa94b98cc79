import { release, type } from 'node:os';
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
