import { statementFailure } from './failure';

/** The tags of one query by key, as `system.query.history` has them; `null` for a key without a value. */
export type QueryTags = Readonly<Record<string, string | null>>;

/** What a workspace without query tags answers to a session or statement that has some. */
export const QUERY_TAGS_REFUSED = statementFailure(
  {
    condition: 'CONFIG_NOT_AVAILABLE',
    sqlState: '42K0I',
    description: 'Configuration query_tags is not available.',
  },
  undefined,
);

const MAX_TAGS = 20;
const MAX_LENGTH = 128;
const FORBIDDEN_IN_KEYS = /[,:\-/=.]/;
const CHARACTER = /\\?[^]/gu;

/**
 * Reads the serialized tags of a session or a statement. A tag that breaks a rule is dropped and leaves the tag
 * `tag_invalid` in its place.
 */
export function parseQueryTags(serialized: string): QueryTags {
  const tags: Record<string, string | null> = {};
  for (const [key, value] of pairsIn(serialized)) {
    const isValid =
      key.length <= MAX_LENGTH &&
      (value ?? '').length <= MAX_LENGTH &&
      !FORBIDDEN_IN_KEYS.test(key) &&
      !key.startsWith('@@');
    if (isValid) tags[key] = value;
    else tags['tag_invalid'] = 'true';
  }
  return tags;
}

/** The tags of a statement in its session: its own win, and 20 are kept. */
export function mergeQueryTags(session: QueryTags, statement: QueryTags): QueryTags {
  const merged = Object.entries({ ...statement, ...session, ...statement });
  if (merged.length <= MAX_TAGS) return Object.fromEntries(merged);
  return { ...Object.fromEntries(merged.slice(0, MAX_TAGS)), tag_truncated: 'true' };
}

function pairsIn(serialized: string): [string, string | null][] {
  const pairs: [string, string | null][] = [];
  let key = '';
  let value: string | null = null;
  for (const [character] of `${serialized},`.matchAll(CHARACTER)) {
    const text =
      character.length > 1 && character.startsWith('\\') ? character.slice(1) : character;
    if (character === ',') {
      if (key.trim() !== '') pairs.push([key.trim(), (value ?? '').trim() || null]);
      key = '';
      value = null;
    } else if (character === ':' && value === null) {
      value = '';
    } else if (value === null) {
      key += text;
    } else {
      value += text;
    }
  }
  return pairs;
}
