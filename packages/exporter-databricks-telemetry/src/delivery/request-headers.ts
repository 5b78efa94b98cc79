import { validateHeaderName, validateHeaderValue } from 'node:http';

const ORG_ID_HEADER = 'x-databricks-org-id';
export const CONTENT_HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json' };

/** The connection as an authenticated request describes it. */
export interface RequestIdentity {
  readonly userAgent: string;
  readonly orgId: string | undefined;
}

/** Headers of an authenticated request. The credentials override `customHeaders`, which override the defaults. */
export function authenticatedHeaders(
  { userAgent, orgId }: RequestIdentity,
  customHeaders: Readonly<Record<string, string>>,
  credentials: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return mergeHeaders(
    { ...CONTENT_HEADERS, 'User-Agent': userAgent, [ORG_ID_HEADER]: orgId },
    customHeaders,
    credentials,
  );
}

/** Headers that describe the body or the socket; the application cannot set them. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'content-encoding',
  'transfer-encoding',
]);

/** Later headers override earlier ones, whatever the case of their names. Values that are not strings are left out. */
function mergeHeaders(
  ...all: Readonly<Record<string, string | undefined>>[]
): Record<string, string> {
  const merged = new Map<string, [string, string]>();
  for (const headers of all) {
    for (const [name, value] of Object.entries(headers)) {
      if (typeof value === 'string' && !RESERVED_HEADERS.has(name.toLowerCase())) {
        merged.set(name.toLowerCase(), [name, value]);
      }
    }
  }
  return Object.fromEntries(merged.values());
}

/** Name of the first header that HTTP does not allow; a name that is itself not allowed is not repeated. */
export function invalidHeader(headers: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
    } catch {
      return 'with an invalid name';
    }
    try {
      validateHeaderValue(name, value);
    } catch {
      return name;
    }
  }
  return undefined;
}
