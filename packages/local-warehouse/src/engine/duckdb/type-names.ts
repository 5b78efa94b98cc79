import type { TokenReader } from './token-reader';

const TYPE_NAMES: Readonly<Record<string, string>> = {
  STRING: 'VARCHAR',
  BINARY: 'BLOB',
  TIMESTAMP: 'TIMESTAMPTZ',
  TIMESTAMP_NTZ: 'TIMESTAMP',
  VOID: 'VARCHAR',
  BYTE: 'TINYINT',
  SHORT: 'SMALLINT',
  LONG: 'BIGINT',
};
const INTERVAL_UNITS = new Set(['year', 'month', 'day', 'hour', 'minute', 'second', 'to']);

/** What DuckDB calls a type that has no parts. */
export function typeName(type: string): string {
  const name = type.toUpperCase();
  return TYPE_NAMES[name] ?? name;
}

/** Whether the reader is before `array<…>`, `map<…>` or `struct<…>`. */
export function isNestedType(reader: TokenReader): boolean {
  return ['array', 'map', 'struct'].includes(reader.peek()) && reader.peek(1) === '<';
}

/** Reads a type and writes it as DuckDB does: `INTEGER[]`, `MAP(K, V)`, `STRUCT("a" T)`, `DECIMAL(4,2)`. */
export function readType(reader: TokenReader): string {
  const name = reader.take()?.text ?? '';
  if (reader.accept('<')) return nestedType(name.toLowerCase(), reader);
  if (name.toLowerCase() === 'interval') {
    while (INTERVAL_UNITS.has(reader.peek())) reader.take();
    return 'INTERVAL';
  }
  const size = reader.accept('(')
    ? `(${reader
        .takeParenthesized()
        .map(({ text }) => text)
        .join('')})`
    : '';
  return `${typeName(name)}${size}`;
}

function nestedType(name: string, reader: TokenReader): string {
  if (name === 'array') {
    const element = readType(reader);
    reader.accept('>');
    return `${element}[]`;
  }
  if (name === 'map') {
    const key = readType(reader);
    reader.accept(',');
    const value = readType(reader);
    reader.accept('>');
    return `MAP(${key}, ${value})`;
  }
  const fields: string[] = [];
  while (!reader.atEnd && !reader.accept('>')) {
    const field = (reader.take()?.text ?? '').replaceAll('`', '');
    // `city:string` reads as one marker of a parameter behind the name.
    fields.push(`"${field}" ${fieldType(reader)}`);
    reader.accept(',');
  }
  return `STRUCT(${fields.join(', ')})`;
}

function fieldType(reader: TokenReader): string {
  if (!reader.peek().startsWith(':')) return readType(reader);
  const marker = reader.take()?.text ?? ':';
  if (marker === ':') return readType(reader);
  return readType(reader.preceded({ kind: 'word', text: marker.slice(1) }));
}
