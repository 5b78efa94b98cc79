const ORG_ID_HEADER = 'x-databricks-org-id';
export const CONTENT_HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json' };

/** What an authenticated request says of itself and of the connection. */
export interface RequestIdentity {
  readonly userAgent: string;
  readonly orgId: string | undefined;
}

/** Headers of an authenticated request: the credentials win over the caller's, those over ours. */
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

/** Those that describe the body or the connection are not the caller's to set. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'content-encoding',
  'transfer-encoding',
]);

/** Later ones win, whatever the case of their names; what is no text is left out. */
function mergeHeaders(
  ...all: Readonly<Record<string, string | undefined>>[]
): Record<string, string> {
  const merged = new Map<string, [string, string]>();
  for (const headers of all) {
    for (const [name, value] of Object.entries(headers)) {
      if (typeof value === 'string' && !OWN_HEADERS.has(name.toLowerCase())) {
        merged.set(name.toLowerCase(), [name, value]);
      }
    }
  }
  return Object.fromEntries(merged.values());
}
