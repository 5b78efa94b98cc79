import type { ColumnValues, DataType, Relation, Value } from '../engine/types';

const MICROS_PER_MS = 1000n;
const MICROS_PER_SECOND = 1_000_000n;

/** The value as the warehouse writes it where the type does not travel natively; complex types become JSON. */
export function textValue(type: DataType, value: Value): string | null {
  if (value === null) return null;
  switch (type.kind) {
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ':
      return typeof value === 'bigint' ? timestampText(value) : scalarText(value);
    case 'ARRAY':
    case 'MAP':
    case 'STRUCT':
      return JSON.stringify(jsonValue(type, value));
    default:
      return scalarText(value);
  }
}

/** A value that is neither NULL nor nested, without regard to its type; bytes become base64. */
export function scalarText(value: Exclude<Value, null>): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Microseconds since the epoch as `YYYY-MM-DD HH:MM:SS[.ffffff]`, in UTC. */
export function timestampText(micros: bigint): string {
  const fraction = ((micros % MICROS_PER_SECOND) + MICROS_PER_SECOND) % MICROS_PER_SECOND;
  const seconds = new Date(Number((micros - fraction) / MICROS_PER_MS)).toISOString();
  const text = seconds.slice(0, 19).replace('T', ' ');
  const digits = fraction.toString().padStart(6, '0').replace(/0+$/, '');
  return digits === '' ? text : `${text}.${digits}`;
}

function jsonValue(type: DataType, value: Value): unknown {
  if (value === null) return null;
  switch (type.kind) {
    case 'ARRAY':
      return Array.isArray(value)
        ? value.map((item: Value) => jsonValue(type.element, item))
        : null;
    case 'MAP':
      return Object.fromEntries(
        mapEntries(value).map(([key, item]) => [
          textValue(type.key, key) ?? 'null',
          jsonValue(type.value, item),
        ]),
      );
    case 'STRUCT':
      return Object.fromEntries(
        type.fields.map((field) => [
          field.name,
          jsonValue(field.type, structField(value, field.name)),
        ]),
      );
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'FLOAT':
    case 'DOUBLE':
      return value;
    case 'BIGINT':
    case 'DECIMAL':
      return Number(value);
    default:
      return textValue(type, value);
  }
}

/** The `[key, value]` pairs of a MAP value. */
export function mapEntries(value: Value): readonly (readonly [Value, Value])[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry: Value) =>
    Array.isArray(entry)
      ? ([entry[0] ?? null, entry[1] ?? null] as const)
      : ([null, null] as const),
  );
}

/** One field of a STRUCT value; NULL when the struct is NULL. */
export function structField(value: Value, name: string): Value {
  if (value === null || typeof value !== 'object') return null;
  if (Array.isArray(value) || value instanceof Uint8Array) return null;
  return (value as { readonly [field: string]: Value })[name] ?? null;
}

const NUMBER_BYTES = 8;

/** Bytes of some rows as columns of numbers and strings. */
export function columnarBytes(
  relation: Relation,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const columns = relation.read(from, to);
  return relation.columns.reduce(
    (total, { type }, index) => total + columnBytes(type, columns[index] ?? []),
    0,
  );
}

function columnBytes(type: DataType, values: ColumnValues): number {
  let bytes = 0;
  for (const value of values) {
    if (typeof value === 'string') bytes += Buffer.byteLength(value);
    else if (value !== null && typeof value === 'object') {
      bytes += Buffer.byteLength(textValue(type, value) ?? '');
    } else bytes += NUMBER_BYTES;
  }
  return bytes;
}
