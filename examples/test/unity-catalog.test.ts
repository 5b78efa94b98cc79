import { DBSQLClient } from '@databricks/sql';
import { DuckDbEngine, LocalWarehouse } from '@dbsql-otel/local-warehouse';
import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';

const FOLDER = path.resolve(__dirname, '../../src/unity-catalog');
/** The tables of tables.sql in place of those of a workspace. */
const TABLES: readonly (readonly [string, string])[] = [
  ['main.observability.otel_spans', 'otel_spans'],
  ['system.query.history', 'query_history'],
  ['system.billing.usage', 'billing_usage'],
  ['system.billing.list_prices', 'list_prices'],
];

function read(file: string): string {
  return readFileSync(path.join(FOLDER, file), 'utf8').replaceAll(/^--.*$/gm, '');
}

describe('cost per route', () => {
  it('shares the usage of each hour by task time, and leaves nothing out', async () => {
    const engine = await DuckDbEngine.create();
    const warehouse = await LocalWarehouse.start({ engine });
    const client = new DBSQLClient({ logger: { log: () => {} } });
    try {
      await client.connect({ ...warehouse.connectionOptions(), telemetryEnabled: false });
      const session = await client.openSession();
      const rows = async (sql: string): Promise<object[]> => {
        const operation = await session.executeStatement(sql);
        const result = await operation.fetchAll();
        await operation.close();
        return result;
      };
      for (const statement of read('tables.sql').split(';\n')) await rows(statement);
      let query = read('cost-per-route.sql');
      for (const [name, replacement] of TABLES) {
        assert.ok(query.includes(name), name);
        query = query.replaceAll(name, replacement);
      }
      const result = (await rows(query)) as {
        route: string;
        statements: number;
        dbu: number;
        list_cost: number;
      }[];
      // 8 DBU of the first hour for 8,000 ms of task time; 2 DBU of an hour without a statement.
      assert.deepEqual(
        result.map(({ route, statements, dbu, list_cost: cost }) => [
          route,
          statements,
          dbu,
          Number(cost.toFixed(6)),
        ]),
        [
          ['(not traced)', 1, 4, 2.8],
          ['(idle)', 0, 2, 1.4],
          ['/report', 1, 2, 1.4],
          ['(no route)', 1, 1, 0.7],
          ['/orders', 1, 1, 0.7],
        ],
      );
    } finally {
      await client.close();
      await warehouse.stop();
    }
  });
});
