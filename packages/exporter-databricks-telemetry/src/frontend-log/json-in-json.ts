/**
 * The pieces of a JSON text that is itself the content of a JSON string, written in one pass: `protoLogs` are encoded
 * twice, and stringifying twice costs more than everything else together.
 */

/** A character that JSON escapes in a string, or that is not ASCII. */
const NEEDS_ESCAPE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
const NON_ASCII = /[^\x20-\x7e]/g;

/** Encodes `value` once, as the content of the outer string, in ASCII: a character is a byte. */
export function embed(value: unknown): string {
  return JSON.stringify(JSON.stringify(value))
    .slice(1, -1)
    .replace(NON_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A string value: quoted and escaped for the inner text, escaped again for the outer. */
export function quoted(value: string): string {
  return NEEDS_ESCAPE.test(value) ? embed(value) : `\\"${value}\\"`;
}

/** The key of a field, with its colon. Callers let the compiler hold the name against the schema. */
export function key(name: string): string {
  return flat(`\\"${name}\\":`);
}

/** A whole field of an enum or boolean, or the start of any other that is not the first of its message. */
export function next(name: string, value?: string | boolean): string {
  const encoded = typeof value === 'string' ? quoted(value) : (value ?? '');
  return flat(`,${key(name)}${encoded}`);
}

/** V8 keeps a concatenation as a tree; one that is used in every record is worth being laid out once. */
export function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
