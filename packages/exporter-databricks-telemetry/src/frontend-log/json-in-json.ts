/**
 * The pieces of a JSON text that is itself the content of a JSON string, written in one pass: `protoLogs` are encoded
 * twice, and stringifying twice costs more than everything else together.
 */

/** A character that JSON escapes in a string, or that a lone surrogate could be part of. */
const NEEDS_ESCAPE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;

/** Encodes `value` once, as the content of the outer string. */
export function embed(value: unknown): string {
  return JSON.stringify(JSON.stringify(value)).slice(1, -1);
}

/** A string value: quoted and escaped for the inner text, escaped again for the outer. */
export function quoted(value: string): string {
  return NEEDS_ESCAPE.test(value) ? embed(value) : `\\"${value}\\"`;
}

/** The key of a field, with its colon. Callers let the compiler hold the name against the schema. */
export function key(name: string): string {
  return `\\"${name}\\":`;
}
