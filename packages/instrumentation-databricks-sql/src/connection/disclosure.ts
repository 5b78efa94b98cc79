/**
 * What may be shown of the options of a connection. Applications put secrets where they do not belong: credentials into a
 * host, a token into the query of a path or into the user agent's entry. What may be one is left out.
 */

/** The prefixes of Databricks tokens. */
const TOKEN = /\b(?:dkea|dskea|dapi|dsapi|dose)/i;
/** A word behind which a secret stands. */
const SECRET_WORD = /(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_ ]?key|bearer|basic)/i;
/** Names, versions and comments of products. */
const PRODUCTS = /^[\p{L}\p{N} ._+/();,-]+$/u;
/** As long as no name of a product, and mixed as only generated text is: a key, a JSON web token, an id. */
const GENERATED = /(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{20,}/i;
const HOST = /^(\[[\da-f:.]+\]|[\p{L}\p{N}._-]+)(?::(\d*))?$/iu;
const PATH_SEGMENTS = /^[\p{L}\p{N}._/-]*$/u;
const ORG_ID = /[?&]o=(\d+)(?:&|$)/;

/** @returns host and port of a `host` option; an empty host when it cannot be told from credentials */
export function serverOf(given: unknown): { readonly host: string; readonly port?: number } {
  if (typeof given !== 'string') return { host: '' };
  const address = given.trim().replace(/^(?:[a-z][a-z\d+.-]*:)?\/\//i, '');
  const authorityLength = address.search(/[/?#\\]/);
  const authority = authorityLength < 0 ? address : address.slice(0, authorityLength);
  // A password may contain a slash: what follows it is then no path.
  if (address.slice(authority.length).includes('@')) return { host: '' };
  const [, host = '', port = ''] = HOST.exec(authority.slice(authority.lastIndexOf('@') + 1)) ?? [];
  const isToken = TOKEN.test(host) && !host.includes('.');
  return { host: isToken ? '' : host, ...(port === '' ? {} : { port: Number(port) }) };
}

/** @returns the http path with the workspace's id as the only part of its query */
export function shownPath(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined;
  const path = given.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/[?#;].*$/s, '');
  if (!PATH_SEGMENTS.test(path) || TOKEN.test(path) || path.startsWith('//')) return undefined;
  const workspaceId = ORG_ID.exec(given)?.[1];
  return workspaceId === undefined ? path : `${path}?o=${workspaceId}`;
}

/** @returns the workspace's id in an http path */
export function workspaceIdOf(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined;
  return ORG_ID.exec(given)?.[1] ?? /\/o\/(\d+)(?:\/|$)/.exec(given)?.[1];
}

/** @returns the entry, unless it contains anything but products: a token, a password, an address */
export function shownUserAgentEntry(given: unknown): string | undefined {
  if (typeof given !== 'string' || !PRODUCTS.test(given)) return undefined;
  return TOKEN.test(given) || SECRET_WORD.test(given) || GENERATED.test(given) ? undefined : given;
}

/** @returns the name of an authentication type */
export function shownAuthType(given: unknown): string | undefined {
  return typeof given === 'string' &&
    /^[a-z]+(?:-[a-z\d]+){0,3}$/i.test(given) &&
    !TOKEN.test(given)
    ? given
    : undefined;
}
