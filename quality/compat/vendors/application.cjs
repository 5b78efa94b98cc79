// Uses the driver as an application would that knows nothing of telemetry.
'use strict';

const { trace } = require('@opentelemetry/api');
const { DBSQLClient } = require('@databricks/sql');
const settings = require('./settings.cjs');

const STATEMENTS = [
  'SELECT * FROM range(3)',
  'SELECT * FROM range(400) /* local-warehouse: cloudfetch=4 pages=2 */',
  'SELECT * FROM missing /* local-warehouse: polls=2 error=poll:TABLE_OR_VIEW_NOT_FOUND:42P01 */',
];

async function run(session, statement) {
  const operation = await session.executeStatement(statement, { runAsync: true });
  try {
    return (await operation.fetchAll()).length;
  } catch (error) {
    return error.response?.sqlState ?? String(error);
  } finally {
    await operation.close();
  }
}

async function useDriver() {
  const client = new DBSQLClient({ logger: { log() {} } });
  await client.connect(settings.connection);
  const session = await client.openSession();
  const results = [];
  for (const statement of STATEMENTS) {
    results.push(await run(session, statement));
  }
  await session.close();
  await client.close();
  return results;
}

/** Below a span of the application's own, as a request would be. */
async function main() {
  const results = await trace.getTracer('application').startActiveSpan('story', async (span) => {
    try {
      return await useDriver();
    } finally {
      span.end();
    }
  });
  await settings.flush();
  console.log(JSON.stringify(results));
}

void main();
