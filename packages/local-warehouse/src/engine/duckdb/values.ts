import { column } from '../relation';
import type { ColumnValues, DataType, SimpleKind, Value } from '../types';
import { intervalValue } from './intervals';
import type { IntervalParts } from './intervals';
import type { DuckDbType } from './module';

const SIMPLE_KINDS: ReadonlyMap<string, SimpleKind> = new Map(
  Object.entries<SimpleKind>({
    BOOLEAN: 'BOOLEAN',
    TINYINT: 'TINYINT',
    SMALLINT: 'SMALLINT',
    UTINYINT: 'SMALLINT',
    INTEGER: 'INT',
    USMALLINT: 'INT',
    BIGINT: 'BIGINT',
    UINTEGER: 'BIGINT',
    FLOAT: 'FLOAT',
    DOUBLE: 'DOUBLE',
    VARCHAR: 'STRING',
    BLOB: 'BINARY',
    DATE: 'DATE',
    TIMESTAMP: 'TIMESTAMP_NTZ',
    'TIMESTAMP WITH TIME ZONE': 'TIMESTAMP',
    INTERVAL: 'INTERVAL_DAY_TIME',
    '"NULL"': 'VOID',
  }),
);

/** Wider than any integer of Databricks. */
const HUGE_INTEGER: DataType = { kind: 'DECIMAL', precision: 38, scale: 0 };
const HUGE_INTEGERS = new Set(['HUGEINT', 'UHUGEINT', 'UBIGINT']);

/** The Databricks type that holds the values of a DuckDB type; what has no counterpart becomes STRING. */
export function dataType(type: DuckDbType): DataType {
  const { keyType, valueType, entryNames, entryTypes, width, scale } = type;
  if (keyType && valueType) {
    return { kind: 'MAP', key: dataType(keyType), value: dataType(valueType) };
  }
  if (valueType) return { kind: 'ARRAY', element: dataType(valueType) };
  if (entryNames && entryTypes) {
    const fields = entryTypes.map((entry, index) =>
      column(entryNames[index] ?? `col${index + 1}`, dataType(entry)),
    );
    return { kind: 'STRUCT', fields };
  }
  if (width !== undefined && scale !== undefined) {
    return { kind: 'DECIMAL', precision: width, scale };
  }
  const name = type.toString();
  return HUGE_INTEGERS.has(name) ? HUGE_INTEGER : { kind: SIMPLE_KINDS.get(name) ?? 'STRING' };
}

export function columnValues(type: DataType, values: readonly unknown[]): ColumnValues {
  return values.map((value) => convert(type, value));
}

function convert(type: DataType, value: unknown): Value {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'ARRAY': {
      const { items } = value as { items: readonly unknown[] };
      return items.map((item) => convert(type.element, item));
    }
    case 'MAP': {
      const { entries } = value as { entries: readonly { key: unknown; value: unknown }[] };
      return entries.map((entry) => [
        convert(type.key, entry.key),
        convert(type.value, entry.value),
      ]);
    }
    case 'STRUCT': {
      const { entries } = value as { entries: Readonly<Record<string, unknown>> };
      return Object.fromEntries(
        type.fields.map((field) => [field.name, convert(field.type, entries[field.name])]),
      );
    }
    case 'BIGINT':
      return BigInt(value as bigint | number);
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ':
      return (value as { micros: bigint }).micros;
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return intervalValue(value as IntervalParts);
    case 'BINARY':
      return (value as { bytes: Uint8Array }).bytes;
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'FLOAT':
    case 'DOUBLE':
      return value as boolean | number;
    default:
      return (value as { toString(): string }).toString();
  }
}
