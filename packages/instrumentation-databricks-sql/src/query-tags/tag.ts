/** One query tag as the service stores it. */
export interface QueryTag {
  readonly key: string;
  readonly value: string;
}

/** Lists are joined by commas. */
export type TagValue = string | number | boolean | readonly unknown[];

/** The service keeps 20 tags of a query, those of its session included. */
const MAX_TAGS_PER_QUERY = 20;
/** Of a key, and of a value with its escapes. */
const MAX_LENGTH = 128;
/** Keys that begin with it belong to Databricks. */
const RESERVED_PREFIX = '@@';
/** The service forbids them in keys, or would need escapes there. */
const UNFIT_FOR_KEYS = /[,:\-/=.\\\p{Cc}]/gu;
const CONTROL_CHARACTERS = /\p{Cc}/gu;
/** One character of the serialized form, or one that is escaped. */
const CHARACTER = /\\?[^]/gu;

/** Whether Databricks keeps this key for itself. */
export function isReservedKey(name: string): boolean {
  return name.trimStart().startsWith(RESERVED_PREFIX);
}

/** The key for a name: `service.name` becomes `service_name`. Empty when nothing of the name is left. */
export function tagKey(name: string): string {
  return isReservedKey(name) ? '' : shortened(name.trim().replace(UNFIT_FOR_KEYS, '_'));
}

/** `undefined` for a name or a value that the service would drop. */
export function queryTag(name: string, value: TagValue | undefined): QueryTag | undefined {
  if (value === undefined) return undefined;
  const key = tagKey(name);
  const text = shortened(String(value).replace(CONTROL_CHARACTERS, ' ').trim());
  return key === '' || text === '' ? undefined : { key, value: text };
}

/** The form in which tags are sent: `key:value`, separated by commas. */
export function serializeTags(tags: readonly QueryTag[]): string {
  return tags.map(({ key, value }) => `${key}:${escaped(value)}`).join(',');
}

/** The keys of serialized tags. */
export function keysOfTags(serialized: string): Set<string> {
  const keys = new Set<string>();
  let key = '';
  let isKey = true;
  for (const [character] of `${serialized},`.matchAll(CHARACTER)) {
    if (character === ',') {
      if (key.trim() !== '') keys.add(key.trim());
      key = '';
      isKey = true;
    } else if (character === ':') {
      isKey = false;
    } else if (isKey) {
      key += character.length > 1 && character.startsWith('\\') ? character.slice(1) : character;
    }
  }
  return keys;
}

/**
 * Those of `tags` that fit beside the application's own: no key twice, none of the application's, and 20 in all.
 * @param own keys that the application set on the query or its session
 * @param inherited keys of the session that this package set, which the query may override
 */
export function fittingTags(
  tags: readonly QueryTag[],
  own: ReadonlySet<string>,
  inherited: ReadonlySet<string> = new Set(),
): QueryTag[] {
  const taken = new Set([...own, ...inherited]);
  const fitting = new Map<string, QueryTag>();
  for (const tag of tags) {
    if (own.has(tag.key) || fitting.has(tag.key)) continue;
    if (!taken.has(tag.key) && taken.size >= MAX_TAGS_PER_QUERY) continue;
    taken.add(tag.key);
    fitting.set(tag.key, tag);
  }
  return [...fitting.values()];
}

function escaped(value: string): string {
  return value.replaceAll(/[\\:,]/g, String.raw`\$&`);
}

/** Cut between characters, so that its escaped form has at most 128 of them. */
function shortened(text: string): string {
  if (escaped(text).length <= MAX_LENGTH) return text;
  let result = '';
  let length = 0;
  for (const character of text) {
    length += escaped(character).length;
    if (length > MAX_LENGTH) break;
    result += character;
  }
  return result.trimEnd();
}
