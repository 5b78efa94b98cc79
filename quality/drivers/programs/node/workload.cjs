// Runs the workload with the Node.js driver: host, port, path, warehouse id, token, CA file, workload file, mode.
'use strict';

const { readFileSync } = require('node:fs');
const { DBSQLClient } = require('@databricks/sql');

const [host, port, path, , token, caFile, workloadFile, mode] = process.argv.slice(2);
const SCHEMA = { catalogName: 'main', schemaName: 'sales' };
const METADATA = {
  catalogs: (session) => session.getCatalogs(),
  schemas: (session) => session.getSchemas({ catalogName: 'main' }),
  tables: (session) => session.getTables(SCHEMA),
  columns: (session) => session.getColumns({ ...SCHEMA, tableName: 'orders' }),
};

async function run(client, session, kind, text) {
  if (kind === 'execute' && text === '') {
    await session.close();
    await client.close();
    return '';
  }
  const options = kind === 'parameter' ? { ordinalParameters: [5] } : {};
  const operation =
    kind === 'metadata'
      ? await METADATA[text](session)
      : await session.executeStatement(text, options);
  try {
    const rows = await operation.fetchAll();
    const first = rows.map((row) => Object.values(row)[0]);
    if (kind === 'sum' || kind === 'parameter') {
      return String(first.reduce((sum, value) => sum + Number(value), 0));
    }
    if (kind === 'change') return String(first[0]);
    return kind === 'execute' ? '' : `${rows.length} x ${Object.keys(rows[0] ?? {}).length}`;
  } finally {
    await operation.close();
  }
}

async function main() {
  const client = new DBSQLClient({ logger: { log: () => undefined } });
  const common = { path, token, customCaCert: readFileSync(caFile, 'utf8') };
  await client.connect(
    mode === 'kernel'
      ? { ...common, host: `127.0.0.1:${port}`, useKernel: true }
      : { path, token, host, proxy: { protocol: 'http', host: '127.0.0.1', port: Number(port) } },
  );
  const session = await client.openSession();
  const lines = readFileSync(workloadFile, 'utf8').replace(/\n$/, '').split('\n');
  for (const line of lines) {
    const [name, kind, text] = line.split('\t');
    try {
      console.log(`${name}\tok\t${await run(client, session, kind, text)}`);
    } catch (error) {
      console.log(`${name}\terror\t${error.message.replace(/\s+/g, ' ')}`);
    }
  }
}

void main();
