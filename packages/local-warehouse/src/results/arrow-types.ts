import * as arrow from 'apache-arrow';
import type { DataType } from '../engine/types';

/** Which types the client reads natively; the others travel as text. */
export interface ArrowNativeTypes {
  readonly timestamps: boolean;
  readonly decimals: boolean;
  readonly complexTypes: boolean;
}

export const ALL_NATIVE_TYPES: ArrowNativeTypes = {
  timestamps: true,
  decimals: true,
  complexTypes: true,
};

const DECIMAL_BITS = 128;

/** Whether the column holds UTF-8 text on the wire. */
export function travelsAsText(type: DataType, native: ArrowNativeTypes): boolean {
  switch (type.kind) {
    case 'STRING':
    case 'VOID':
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return true;
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ':
      return !native.timestamps;
    case 'DECIMAL':
      return !native.decimals;
    case 'ARRAY':
    case 'MAP':
    case 'STRUCT':
      return !native.complexTypes;
    default:
      return false;
  }
}

/** The names of nested fields (`element`, `entries`, `key`, `value`) are those that the drivers look for. */
export function arrowType(type: DataType, native: ArrowNativeTypes): arrow.DataType {
  if (travelsAsText(type, native)) return new arrow.Utf8();
  switch (type.kind) {
    case 'BOOLEAN':
      return new arrow.Bool();
    case 'TINYINT':
      return new arrow.Int8();
    case 'SMALLINT':
      return new arrow.Int16();
    case 'INT':
      return new arrow.Int32();
    case 'BIGINT':
      return new arrow.Int64();
    case 'FLOAT':
      return new arrow.Float32();
    case 'DOUBLE':
      return new arrow.Float64();
    case 'BINARY':
      return new arrow.Binary();
    case 'DATE':
      return new arrow.DateDay();
    case 'TIMESTAMP':
      return new arrow.TimestampMicrosecond('Etc/UTC');
    case 'TIMESTAMP_NTZ':
      return new arrow.TimestampMicrosecond();
    case 'DECIMAL':
      return new arrow.Decimal(type.scale, type.precision, DECIMAL_BITS);
    case 'ARRAY':
      return new arrow.List(new arrow.Field('element', arrowType(type.element, native), true));
    case 'MAP':
      return mapType(type, native);
    case 'STRUCT':
      return new arrow.Struct(
        type.fields.map(
          (field) => new arrow.Field(field.name, arrowType(field.type, native), true),
        ),
      );
    default:
      return new arrow.Utf8();
  }
}

function mapType(type: DataType & { kind: 'MAP' }, native: ArrowNativeTypes): arrow.Map_ {
  const entries = new arrow.Struct<{ key: arrow.DataType; value: arrow.DataType }>([
    new arrow.Field('key', arrowType(type.key, native), false),
    new arrow.Field('value', arrowType(type.value, native), true),
  ]);
  return new arrow.Map_(new arrow.Field('entries', entries, false));
}
