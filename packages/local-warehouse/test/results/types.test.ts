import * as assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { column, table } from '../../src';
import {
  ALL_TYPES,
  comparable,
  NATIVE_RECORD,
  NULL_RECORD,
  TEXT_RECORD,
} from '../support/all-types';
import { connect } from '../support/driver';
import type { Connected } from '../support/driver';

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
      connected.warehouse.script('all types', { relation: ALL_TYPES });
      const rows = await fetched(`SELECT 'all types' /* local-warehouse: ${format} */`);
      assert.deepStrictEqual(rows, [record, NULL_RECORD, record, NULL_RECORD, NULL_RECORD]);
    });
  }

  it('travel as text to a client without native Arrow types', async () => {
    const config = connected.client.getConfig();
    config.useArrowNativeTypes = false;
    try {
      connected.warehouse.script('all types', { relation: ALL_TYPES });
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
