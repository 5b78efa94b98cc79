import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

/** Beyond it a text is stood for by its hash. */
const MAX_TEXT_LENGTH = 2_000;

/** Text of any result, the same for the same result, whatever process it came from. */
export function describeValue(value: unknown): string {
  return shorten(
    inspect(value, {
      depth: 12,
      maxArrayLength: Infinity,
      maxStringLength: Infinity,
      breakLength: Infinity,
    }),
  );
}

/**
 * Text of a thrown thing: identity where the application made it, else its classes, what it says, and every property of
 * its own with its attributes.
 */
export function describeThrown(thrown: unknown, own: readonly unknown[]): string {
  const index = own.findIndex((value) => Object.is(value, thrown));
  if (index >= 0) return `the application's own value ${index}`;
  if (typeof thrown !== 'object' || thrown === null) return `thrown ${describeValue(thrown)}`;
  const classes: string[] = [];
  for (
    let prototype: object | null = Object.getPrototypeOf(thrown) as object | null;
    prototype !== null;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    classes.push(prototype.constructor.name);
  }
  const properties = Reflect.ownKeys(thrown).map((key) => {
    const descriptor = Object.getOwnPropertyDescriptor(thrown, key);
    const { value, ...attributes } = descriptor ?? {};
    // The frames of a stack are those of the caller, too.
    const isStack = key === 'stack' && thrown instanceof Error;
    return [String(key), isStack ? typeof value : property(value), attributes];
  });
  return shorten(
    inspect(
      { classes, isError: thrown instanceof Error, text: textOf(thrown), properties },
      { depth: 12, breakLength: Infinity, maxStringLength: Infinity },
    ),
  );
}

function textOf(thrown: object): string {
  return thrown instanceof Error ? String(thrown) : Object.prototype.toString.call(thrown);
}

/** What is no plain data, a response of the HTTP client say, is known by its class and the names of its fields. */
function property(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  const name = (prototype as object | null)?.constructor.name ?? 'null';
  const isData = name === 'Object' || name === 'Array' || /^T[A-Z][a-z]/.test(name);
  if (!isData || depth > 4) return [name, Object.keys(value)];
  return Object.entries(value).map(([key, inner]) => [key, property(inner, depth + 1)]);
}

function shorten(text: string): string {
  if (text.length <= MAX_TEXT_LENGTH) return text;
  const hash = createHash('sha256').update(text).digest('hex');
  return `${text.slice(0, MAX_TEXT_LENGTH)}… ${text.length} characters, SHA-256 ${hash}`;
}
