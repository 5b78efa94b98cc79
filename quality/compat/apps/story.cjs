// What every application does with the driver, and what it got from it.
'use strict';

const settings = require('./settings.cjs');

const SILENT = { log() {} };

const STATEMENTS = {
  inline: 'SELECT * FROM range(3)',
  cloudFetch: 'SELECT * FROM range(400) /* local-warehouse: cloudfetch=4 pages=2 */',
  failing:
    'SELECT * FROM missing /* local-warehouse: polls=2 error=poll:TABLE_OR_VIEW_NOT_FOUND:42P01 */',
};

async function rowsOf(session, statement) {
  const operation = await session.executeStatement(statement, { useCloudFetch: true });
  const rows = await operation.fetchAll();
  await operation.close();
  return rows.length;
}

/** The SQLSTATE of the driver's own error. */
async function failureOf(session, statement) {
  let operation;
  try {
    operation = await session.executeStatement(statement, { runAsync: true });
    await operation.fetchAll();
    return 'none';
  } catch (error) {
    return error.response?.sqlState ?? String(error);
  } finally {
    await operation?.close();
  }
}

async function useDriver(DBSQLClient) {
  const client = new DBSQLClient({ logger: SILENT });
  await client.connect(settings.connection);
  const session = await client.openSession({ initialCatalog: 'main', initialSchema: 'default' });
  const outcome = {
    inlineRows: await rowsOf(session, STATEMENTS.inline),
    cloudFetchRows: await rowsOf(session, STATEMENTS.cloudFetch),
    failure: await failureOf(session, STATEMENTS.failing),
  };
  await session.close();
  await client.close();
  return outcome;
}

/** Runs the story below one span of the application's own. */
exports.tell = async function tell(api, DBSQLClient) {
  return api.trace.getTracer('compat-app').startActiveSpan('story', async (span) => {
    try {
      if (settings.beside === 'http') {
        await (await fetch(settings.otlpUrl.replace(/[^/]*$/, 'ping'))).text();
      }
      return await useDriver(DBSQLClient);
    } finally {
      span.end();
    }
  });
};
