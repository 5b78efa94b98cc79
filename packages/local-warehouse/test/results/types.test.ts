import * as assert from 'node:assert';
import * as fc from 'fast-check';
import { column, type Column, type DataType, table, type Value } from '../../src';
import { connect, type Connected } from '../support/driver';

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
const ROWS = [FULL_ROW, NULL_ROW, FULL_ROW, NULL_ROW, NULL_ROW];

const NATIVE_RECORD = {
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
const TEXT_RECORD = {
  ...NATIVE_RECORD,
  day: '2026-02-03',
  instant: '2026-02-03 04:05:06.789',
  local: '2026-02-03 04:05:06.789',
};
const NULL_RECORD = Object.fromEntries(COLUMNS.map(({ name }) => [name, null]));

/** What the driver hands out as a Uint8Array or a Buffer is compared as a Buffer. */
function comparable(record: object): object {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value) : (value as unknown),
    ]),
  );
}

describe('result types', () => {
  let connected: Connected;
  before(async () => {
    connected = await connect();
  });
  after(() => connected.close());
  afterEach(() => connected.warehouse.reset());

  async function fetched(sql: string): Promise<object[]> {
    const operation = await connected.session.executeStatement(sql);
    const rows = await operation.fetchAll();
    await operation.close();
    return rows.map(comparable);
  }

  for (const [format, record] of [
    ['columnar=2', TEXT_RECORD],
    ['arrow=2', NATIVE_RECORD],
    ['arrow=2 lz4', NATIVE_RECORD],
    ['cloudfetch=2', NATIVE_RECORD],
  ] as const) {
    it(`all reach the driver as ${format}`, async () => {
      connected.warehouse.script('all types', { relation: table(COLUMNS, ROWS) });
      const rows = await fetched(`SELECT 'all types' /* local-warehouse: ${format} */`);
      assert.deepStrictEqual(rows, [record, NULL_RECORD, record, NULL_RECORD, NULL_RECORD]);
    });
  }

  it('travel as text to a client without native Arrow types', async () => {
    const config = connected.client.getConfig();
    config.useArrowNativeTypes = false;
    try {
      connected.warehouse.script('all types', { relation: table(COLUMNS, ROWS) });
      const [row] = await fetched("SELECT 'all types' /* local-warehouse: arrow */");
      assert.deepStrictEqual(row, { ...TEXT_RECORD, day: NATIVE_RECORD.day });
    } finally {
      config.useArrowNativeTypes = true;
    }
  });

  it('keep any text, number and NULL in every format', async () => {
    const cell = fc.option(fc.tuple(fc.string(), fc.maxSafeInteger()), { nil: null });
    const format = fc.constantFrom(
      'columnar',
      'arrow',
      'arrow lz4',
      'cloudfetch',
      'cloudfetch lz4',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { minLength: 1 }), format, async (cells, hint) => {
        const relation = table(
          [column('text', 'STRING'), column('number', 'BIGINT')],
          cells.map((pair) => [pair?.[0] ?? null, pair ? BigInt(pair[1]) : null]),
        );
        const script = connected.warehouse.script('any values', { relation });
        const rows = await fetched(`SELECT 'any values' /* local-warehouse: ${hint} */`);
        script.remove();
        assert.deepStrictEqual(
          rows,
          cells.map((pair) => ({ text: pair?.[0] ?? null, number: pair?.[1] ?? null })),
        );
      }),
      { numRuns: 40 },
    );
  });
});
