import { column, table } from '../../src';
import type { Column, DataType, Value } from '../../src';

const STRING: DataType = { kind: 'STRING' };
const MICROS_PER_MS = 1000n;
const TIMESTAMP_MS = Date.UTC(2026, 1, 3, 4, 5, 6, 789);

const COLUMNS: readonly Column[] = [
  column('flag', 'BOOLEAN'),
  column('tiny', 'TINYINT'),
  column('small', 'SMALLINT'),
  column('whole', 'INT'),
  column('big', 'BIGINT'),
  column('single', 'FLOAT'),
  column('double', 'DOUBLE'),
  column('text', 'STRING'),
  column('bytes', 'BINARY'),
  column('day', 'DATE'),
  column('instant', 'TIMESTAMP'),
  column('local', 'TIMESTAMP_NTZ'),
  column('amount', { kind: 'DECIMAL', precision: 38, scale: 4 }),
  column('list', { kind: 'ARRAY', element: STRING }),
  column('map', { kind: 'MAP', key: STRING, value: { kind: 'INT' } }),
  column('record', {
    kind: 'STRUCT',
    fields: [column('a', 'INT'), column('b', { kind: 'ARRAY', element: { kind: 'BIGINT' } })],
  }),
  column('nothing', 'VOID'),
];

const FULL_ROW: readonly Value[] = [
  true,
  -7,
  300,
  -70_000,
  5_000_000_000n,
  0.5,
  1e300,
  'grün',
  Buffer.from([0, 255]),
  '2026-02-03',
  BigInt(TIMESTAMP_MS) * MICROS_PER_MS,
  BigInt(TIMESTAMP_MS) * MICROS_PER_MS,
  '-12.5',
  ['x', null, 'z'],
  [
    ['one', 1],
    ['none', null],
  ],
  { a: 1, b: [2n, null] },
  null,
];
const NULL_ROW: readonly Value[] = COLUMNS.map(() => null);
/** Every type: a full row, a row of NULLs, and again. */
export const ALL_TYPES = table(COLUMNS, [FULL_ROW, NULL_ROW, FULL_ROW, NULL_ROW, NULL_ROW]);

/** A full row as the driver gives it from Arrow. */
export const NATIVE_RECORD = {
  flag: true,
  tiny: -7,
  small: 300,
  whole: -70_000,
  big: 5_000_000_000,
  single: 0.5,
  double: 1e300,
  text: 'grün',
  bytes: Buffer.from([0, 255]),
  day: new Date(Date.UTC(2026, 1, 3)),
  instant: new Date(TIMESTAMP_MS),
  local: new Date(TIMESTAMP_MS),
  amount: -12.5,
  list: ['x', null, 'z'],
  map: { one: 1, none: null },
  record: { a: 1, b: [2, null] },
  nothing: null,
};
/** The same where dates and times travel as text. */
export const TEXT_RECORD = {
  ...NATIVE_RECORD,
  day: '2026-02-03',
  instant: '2026-02-03 04:05:06.789',
  local: '2026-02-03 04:05:06.789',
};
export const NULL_RECORD = Object.fromEntries(COLUMNS.map(({ name }) => [name, null]));

/** What the driver hands out as a Uint8Array or a Buffer is compared as a Buffer. */
export function comparable(record: object): object {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value) : (value as unknown),
    ]),
  );
}
