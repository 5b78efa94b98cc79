import type { Column, ColumnValues, DataType, Relation, SimpleKind, Value } from './types';

export function column(name: string, type: SimpleKind | DataType, comment?: string): Column {
  const dataType: DataType = typeof type === 'string' ? { kind: type } : type;
  return comment === undefined ? { name, type: dataType } : { name, type: dataType, comment };
}

/** A relation of rows that are at hand. */
export function table(columns: readonly Column[], rows: readonly (readonly Value[])[]): Relation {
  return {
    columns,
    rowCount: rows.length,
    read: (from, to) => {
      const slice = rows.slice(from, to);
      return columns.map((_, index) => slice.map((row) => row[index] ?? null));
    },
  };
}

/** A relation whose values are computed from the row's number. */
export function generated(
  rowCount: number,
  columns: readonly (Column & { readonly value: (row: number) => Value })[],
): Relation {
  return {
    columns,
    rowCount,
    read: (from, to) =>
      columns.map(({ value }) =>
        Array.from({ length: to - from }, (_, index) => value(from + index)),
      ),
  };
}

/** `range(start, end, step)`: one BIGINT column `id`. */
export function range(start: bigint, end: bigint, step: bigint): Relation {
  const distance = step > 0n ? end - start : start - end;
  const magnitude = step > 0n ? step : -step;
  const rowCount = distance <= 0n ? 0 : Number((distance + magnitude - 1n) / magnitude);
  return {
    columns: [column('id', 'BIGINT')],
    rowCount,
    read: (from, to) => {
      const ids = new BigInt64Array(to - from);
      let next = start + BigInt(from) * step;
      for (let row = 0; row < ids.length; row += 1, next += step) ids[row] = next;
      return [ids];
    },
  };
}

/** The same columns with exactly `rowCount` rows: cut short, or repeated from the first row on. */
export function resized(relation: Relation, rowCount: number): Relation {
  if (relation.rowCount === 0 || rowCount === relation.rowCount) return relation;
  return {
    columns: relation.columns,
    rowCount,
    read: (from, to) => {
      const firstOffset = from % relation.rowCount;
      if (firstOffset + (to - from) <= relation.rowCount) {
        return relation.read(firstOffset, firstOffset + (to - from));
      }
      const whole = relation.read(0, relation.rowCount);
      return whole.map((values) => repeat(values, from, to));
    },
  };
}

function repeat(values: ColumnValues, from: number, to: number): readonly Value[] {
  return Array.from(
    { length: to - from },
    (_, index) => values[(from + index) % values.length] ?? null,
  );
}

/** Some of the columns, in the order asked for. */
export function projected(relation: Relation, indexes: readonly number[]): Relation {
  const pick = <T>(items: readonly T[]): T[] =>
    indexes.flatMap((index) => {
      const item = items[index];
      return item === undefined ? [] : [item];
    });
  return {
    columns: pick(relation.columns),
    rowCount: relation.rowCount,
    read: (from, to) => pick(relation.read(from, to)),
  };
}
