/** Condition of a configuration that a workspace does not have; its message names the configuration. */
const CONFIG_NOT_AVAILABLE =
  /\bCONFIG_NOT_AVAILABLE\b(?:\]? Configuration (?<name>\S+) is not available)?/;
const QUERY_TAGS = /\bquery[_ ]tags\b/i;
/** The statement follows this line in messages of the server. */
const SQL_SECTION = /^== SQL\b/m;
/** Longest part of a message that is looked at. */
const MAX_SCANNED_LENGTH = 1024;

/**
 * Whether a workspace refused a call because of its query tags: by an error, or the status of a response.
 * @param sql the statement; in a message about one that mentions query tags itself, only the condition counts
 */
export function isTagRefusal(failure: unknown, sql = ''): boolean {
  const text = ['displayMessage', 'errorMessage', 'message']
    .map((name) => textField(failure, name))
    .find((message) => message !== undefined);
  if (text === undefined) return false;
  const [message = ''] = text.slice(0, MAX_SCANNED_LENGTH).split(SQL_SECTION, 1);
  const unavailable = CONFIG_NOT_AVAILABLE.exec(message);
  if (unavailable === null) return QUERY_TAGS.test(message) && !QUERY_TAGS.test(sql);
  const name = unavailable.groups?.['name'];
  return name === undefined || QUERY_TAGS.test(name);
}

function textField(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const text: unknown = Reflect.get(value, name);
  return typeof text === 'string' && text !== '' ? text : undefined;
}
