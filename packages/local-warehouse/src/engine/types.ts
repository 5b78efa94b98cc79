/** The SQL types that the warehouse knows, named as in Databricks SQL. */
export type DataType =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'DECIMAL'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'ARRAY'; readonly element: DataType }
  | { readonly kind: 'MAP'; readonly key: DataType; readonly value: DataType }
  | { readonly kind: 'STRUCT'; readonly fields: readonly Column[] };

export type SimpleKind =
  | 'BOOLEAN'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INT'
  | 'BIGINT'
  | 'FLOAT'
  | 'DOUBLE'
  | 'STRING'
  | 'BINARY'
  | 'DATE'
  | 'TIMESTAMP'
  | 'TIMESTAMP_NTZ'
  | 'INTERVAL_DAY_TIME'
  | 'INTERVAL_YEAR_MONTH'
  | 'VOID';

export interface Column {
  readonly name: string;
  readonly type: DataType;
  readonly comment?: string;
}

/**
 * One value of a result, whatever its format on the wire:
 * integers and floating point numbers as `number`, BIGINT as `bigint`, DECIMAL as its exact decimal text,
 * DATE as `YYYY-MM-DD`, intervals as `days hh:mm:ss.nnnnnnnnn` or `years-months`, timestamps as `bigint` microseconds since the epoch, BINARY as bytes, ARRAY as an array,
 * MAP as an array of `[key, value]`, STRUCT as a record.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [field: string]: Value };

/** The values of one column over some rows; a typed array holds no NULL. */
export type ColumnValues = readonly Value[] | BigInt64Array | Float64Array | Int32Array;

/** A result set that is read by ranges of rows, so that a large one need not exist in memory. */
export interface Relation {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  /** One entry per column, for the rows `from` (inclusive) to `to` (exclusive). */
  read(from: number, to: number): readonly ColumnValues[];
}

/** The type as SQL writes it, e.g. `DECIMAL(12,2)` or `ARRAY<STRING>`. */
export function typeText(type: DataType): string {
  switch (type.kind) {
    case 'DECIMAL':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'ARRAY':
      return `ARRAY<${typeText(type.element)}>`;
    case 'MAP':
      return `MAP<${typeText(type.key)}, ${typeText(type.value)}>`;
    case 'STRUCT':
      return `STRUCT<${type.fields.map((field) => `${field.name}: ${typeText(field.type)}`).join(', ')}>`;
    case 'INTERVAL_DAY_TIME':
      return 'INTERVAL DAY TO SECOND';
    case 'INTERVAL_YEAR_MONTH':
      return 'INTERVAL YEAR TO MONTH';
    default:
      return type.kind;
  }
}

/** The type as DESCRIBE writes it, e.g. `map<string,int>`. */
export function catalogTypeText(type: DataType): string {
  switch (type.kind) {
    case 'ARRAY':
      return `array<${catalogTypeText(type.element)}>`;
    case 'MAP':
      return `map<${catalogTypeText(type.key)},${catalogTypeText(type.value)}>`;
    case 'STRUCT':
      return `struct<${type.fields.map((field) => `${field.name}:${catalogTypeText(field.type)}`).join(',')}>`;
    default:
      return typeText(type).toLowerCase();
  }
}
