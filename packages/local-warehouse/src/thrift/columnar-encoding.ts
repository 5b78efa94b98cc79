import types from '@databricks/sql/thrift/TCLIService_types';
import type { TColumn } from '@databricks/sql/thrift/TCLIService_types';
import type { ColumnValues, DataType, Relation, Value } from '../engine/types';
import { scalarText, textValue } from '../results/text';
import { int64 } from './int64';

/** The rows `from` to `to` as Thrift columns. */
export function columnarRows(relation: Relation, from: number, to: number): TColumn[] {
  const columns = relation.read(from, to);
  return relation.columns.map(({ type }, index) => thriftColumn(type, columns[index] ?? []));
}

function thriftColumn(type: DataType, columnValues: ColumnValues): TColumn {
  const list: Value[] = Array.from<Value>(columnValues);
  const nulls = nullBitmap(list);
  const map = <T>(placeholder: T, convert: (value: Exclude<Value, null>) => T): T[] =>
    list.map((value) => (value === null ? placeholder : convert(value)));
  switch (type.kind) {
    case 'BOOLEAN':
      return new types.TColumn({
        boolVal: new types.TBoolColumn({ values: map(false, (value) => value === true), nulls }),
      });
    case 'TINYINT':
      return new types.TColumn({
        byteVal: new types.TByteColumn({ values: map(0, Number), nulls }),
      });
    case 'SMALLINT':
      return new types.TColumn({ i16Val: new types.TI16Column({ values: map(0, Number), nulls }) });
    case 'INT':
      return new types.TColumn({ i32Val: new types.TI32Column({ values: map(0, Number), nulls }) });
    case 'BIGINT':
      return new types.TColumn({
        i64Val: new types.TI64Column({
          values: map(int64(0), (value) => int64(BigInt(value as bigint | number | string))),
          nulls,
        }),
      });
    case 'FLOAT':
      return new types.TColumn({
        doubleVal: new types.TDoubleColumn({
          values: map(0, (value) => shortestFloat(Number(value))),
          nulls,
        }),
      });
    case 'DOUBLE':
      return new types.TColumn({
        doubleVal: new types.TDoubleColumn({ values: map(0, Number), nulls }),
      });
    case 'BINARY':
      return new types.TColumn({
        binaryVal: new types.TBinaryColumn({
          values: map(Buffer.alloc(0), (value) =>
            value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(scalarText(value)),
          ),
          nulls,
        }),
      });
    default:
      return new types.TColumn({
        stringVal: new types.TStringColumn({
          values: map('', (value) => textValue(type, value) ?? ''),
          nulls,
        }),
      });
  }
}

/** A set bit is a NULL, least significant bit first. */
function nullBitmap(list: readonly Value[]): Buffer {
  const bytes = Buffer.alloc(Math.ceil(list.length / 8));
  list.forEach((value, index) => {
    if (value === null) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return bytes;
}

const FLOAT_DIGITS = 9;

/** The double with the fewest digits that is the same 32-bit float: 1.2 rather than 1.2000000476837158. */
function shortestFloat(value: number): number {
  const float = Math.fround(value);
  for (let digits = 1; digits < FLOAT_DIGITS && Number.isFinite(float); digits += 1) {
    const candidate = Number(float.toPrecision(digits));
    if (Math.fround(candidate) === float) return candidate;
  }
  return float;
}
