import * as arrow from 'apache-arrow';
import type { ColumnValues, DataType, Value } from '../engine/types';
import { arrowType, travelsAsText } from './arrow-types';
import type { ArrowNativeTypes } from './arrow-types';
import { mapEntries, scalarText, structField, textValue } from './text';

const DAY_MS = 24 * 60 * 60 * 1000;
const BYTES_PER_DECIMAL = 16;
const BITS_PER_LONG = 64n;

interface Validity {
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array;
}

/** The Arrow buffers of one column, in the layout of the Arrow columnar format. */
export function columnData(
  type: DataType,
  values: ColumnValues,
  native: ArrowNativeTypes,
): arrow.Data {
  if (isTypedArray(values)) {
    const fixedWidth = fixedWidthData(type, values, NO_NULLS);
    if (fixedWidth) return fixedWidth;
  }
  const list: readonly Value[] = isTypedArray(values)
    ? Array.from<number | bigint>(values)
    : values;
  const validity = validityOf(list);
  if (travelsAsText(type, native)) return textData(type, list, validity);
  switch (type.kind) {
    case 'BOOLEAN':
      return arrow.makeData({
        type: new arrow.Bool(),
        length: list.length,
        ...validity,
        data: bitmap(list, (value) => value === true),
      });
    case 'BINARY':
      return variableData(new arrow.Binary(), list, validity, (value) =>
        value instanceof Uint8Array ? value : Buffer.from(scalarText(value)),
      );
    case 'ARRAY':
    case 'MAP':
      return listData(type, list, validity, native);
    case 'STRUCT':
      return arrow.makeData({
        type: arrowType(type, native) as arrow.Struct,
        length: list.length,
        ...validity,
        children: type.fields.map((field) =>
          columnData(
            field.type,
            list.map((value) => structField(value, field.name)),
            native,
          ),
        ),
      });
    default:
      return scalarData(type, list, validity);
  }
}

const NO_NULLS: Validity = { nullCount: 0, nullBitmap: new Uint8Array(0) };

function isTypedArray(values: ColumnValues): values is BigInt64Array | Float64Array | Int32Array {
  return ArrayBuffer.isView(values);
}

function fixedWidthData(
  type: DataType,
  values: BigInt64Array | Float64Array | Int32Array,
  validity: Validity,
): arrow.Data | undefined {
  const length = values.length;
  if (type.kind === 'BIGINT' && values instanceof BigInt64Array) {
    return arrow.makeData({ type: new arrow.Int64(), length, ...validity, data: values });
  }
  if (type.kind === 'DOUBLE' && values instanceof Float64Array) {
    return arrow.makeData({ type: new arrow.Float64(), length, ...validity, data: values });
  }
  if (type.kind === 'INT' && values instanceof Int32Array) {
    return arrow.makeData({ type: new arrow.Int32(), length, ...validity, data: values });
  }
  return undefined;
}

function scalarData(type: DataType, list: readonly Value[], validity: Validity): arrow.Data {
  const length = list.length;
  const numbers = (): number[] => list.map((value) => Number(value ?? 0));
  const longs = (): BigInt64Array =>
    BigInt64Array.from(list.map((value) => (typeof value === 'boolean' ? 0n : toBigInt(value))));
  switch (type.kind) {
    case 'TINYINT':
      return arrow.makeData({
        type: new arrow.Int8(),
        length,
        ...validity,
        data: Int8Array.from(numbers()),
      });
    case 'SMALLINT':
      return arrow.makeData({
        type: new arrow.Int16(),
        length,
        ...validity,
        data: Int16Array.from(numbers()),
      });
    case 'INT':
      return arrow.makeData({
        type: new arrow.Int32(),
        length,
        ...validity,
        data: Int32Array.from(numbers()),
      });
    case 'BIGINT':
      return arrow.makeData({ type: new arrow.Int64(), length, ...validity, data: longs() });
    case 'FLOAT':
      return arrow.makeData({
        type: new arrow.Float32(),
        length,
        ...validity,
        data: Float32Array.from(numbers()),
      });
    case 'DOUBLE':
      return arrow.makeData({
        type: new arrow.Float64(),
        length,
        ...validity,
        data: Float64Array.from(numbers()),
      });
    case 'DATE': {
      const days = list.map((value) =>
        value === null ? 0 : Date.parse(`${scalarText(value)}T00:00:00Z`) / DAY_MS,
      );
      return arrow.makeData({
        type: new arrow.DateDay(),
        length,
        ...validity,
        data: Int32Array.from(days),
      });
    }
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ': {
      const zone = type.kind === 'TIMESTAMP' ? 'Etc/UTC' : null;
      const timestamp = new arrow.TimestampMicrosecond(zone);
      return arrow.makeData({ type: timestamp, length, ...validity, data: words(longs()) });
    }
    case 'DECIMAL': {
      const decimal = new arrow.Decimal(type.scale, type.precision, BYTES_PER_DECIMAL * 8);
      return arrow.makeData({
        type: decimal,
        length,
        ...validity,
        data: decimalWords(list, type.scale),
      });
    }
    default:
      return textData(type, list, validity);
  }
}

function toBigInt(value: Value): bigint {
  return value === null ? 0n : BigInt(value as bigint | number | string);
}

/** apache-arrow 13 keeps 64-bit timestamps in 32-bit words. */
function words(longs: BigInt64Array): Int32Array {
  return new Int32Array(longs.buffer, longs.byteOffset, longs.length * 2);
}

function decimalWords(list: readonly Value[], scale: number): Uint32Array {
  const longs = new BigInt64Array(list.length * 2);
  list.forEach((value, index) => {
    const unscaled = value === null ? 0n : unscaledDecimal(scalarText(value), scale);
    longs[index * 2] = BigInt.asIntN(64, unscaled);
    longs[index * 2 + 1] = BigInt.asIntN(64, unscaled >> BITS_PER_LONG);
  });
  return new Uint32Array(longs.buffer);
}

/** `12.5` with scale 2 is 1250. */
function unscaledDecimal(text: string, scale: number): bigint {
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const magnitude = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  return negative ? -magnitude : magnitude;
}

function textData(type: DataType, list: readonly Value[], validity: Validity): arrow.Data {
  return variableData(new arrow.Utf8(), list, validity, (value) =>
    Buffer.from(textValue(type, value) ?? '', 'utf8'),
  );
}

function variableData(
  type: arrow.Utf8 | arrow.Binary,
  list: readonly Value[],
  validity: Validity,
  bytesOf: (value: Exclude<Value, null>) => Uint8Array,
): arrow.Data {
  const parts = list.map((value) => (value === null ? new Uint8Array(0) : bytesOf(value)));
  const valueOffsets = offsets(parts.map((part) => part.length));
  const data = Buffer.concat(parts);
  const common = { length: list.length, ...validity, valueOffsets, data };
  return type instanceof arrow.Utf8
    ? arrow.makeData({ type, ...common })
    : arrow.makeData({ type, ...common });
}

function listData(
  type: DataType & { kind: 'ARRAY' | 'MAP' },
  list: readonly Value[],
  validity: Validity,
  native: ArrowNativeTypes,
): arrow.Data {
  const length = list.length;
  if (type.kind === 'ARRAY') {
    const items = list.map((value): readonly Value[] => (Array.isArray(value) ? value : []));
    return arrow.makeData({
      type: arrowType(type, native) as arrow.List,
      length,
      ...validity,
      valueOffsets: offsets(items.map((item) => item.length)),
      child: columnData(type.element, items.flat(), native),
    });
  }
  const mapType = arrowType(type, native) as arrow.Map_;
  const entries = list.map(mapEntries);
  const flat = entries.flat();
  const child = arrow.makeData({
    type: mapType.children[0]?.type as arrow.Struct,
    length: flat.length,
    nullCount: 0,
    children: [
      columnData(
        type.key,
        flat.map(([key]) => key),
        native,
      ),
      columnData(
        type.value,
        flat.map(([, value]) => value),
        native,
      ),
    ],
  });
  return arrow.makeData({
    type: mapType,
    length,
    ...validity,
    valueOffsets: offsets(entries.map((item) => item.length)),
    child,
  });
}

function offsets(lengths: readonly number[]): Int32Array {
  const result = new Int32Array(lengths.length + 1);
  lengths.forEach((length, index) => {
    result[index + 1] = (result[index] ?? 0) + length;
  });
  return result;
}

/** Arrow's bitmap marks what is valid, least significant bit first. */
function validityOf(list: readonly Value[]): Validity {
  const nullCount = list.reduce<number>((count, value) => (value === null ? count + 1 : count), 0);
  return nullCount === 0
    ? NO_NULLS
    : { nullCount, nullBitmap: bitmap(list, (value) => value !== null) };
}

function bitmap(list: readonly Value[], isSet: (value: Value) => boolean): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(list.length / 8));
  list.forEach((value, index) => {
    if (isSet(value)) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return bytes;
}
