import { createInterface } from 'node:readline';
import { DBSQLClient } from '@databricks/sql';
import { context, propagation, trace } from '@opentelemetry/api';

const {
  DATABRICKS_SERVER_HOSTNAME: host = '',
  DATABRICKS_HTTP_PATH: path = '',
  DATABRICKS_TOKEN: token = '',
} = process.env;

const client = new DBSQLClient();
await client.connect({ host, path, token });
const session = await client.openSession({ initialCatalog: 'main', initialSchema: 'sales' });
const tracer = trace.getTracer('orders-mcp');

async function countOrders() {
  const operation = await session.executeStatement('SELECT count(*) AS orders FROM orders');
  const rows = await operation.fetchAll();
  await operation.close();
  return rows;
}

/**
 * Runs the tool in a span of its own, within the trace and the baggage that the agent sent along.
 * @param {{ name: string, _meta?: object }} call
 */
async function callTool({ name, _meta: carrier = {} }) {
  if (name !== 'count_orders') throw new Error('unknown tool');
  const parent = propagation.extract(context.active(), carrier);
  const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name };
  return context.with(parent, () =>
    tracer.startActiveSpan(`execute_tool ${name}`, { attributes }, async (span) => {
      try {
        return { content: [{ type: 'text', text: JSON.stringify(await countOrders()) }] };
      } finally {
        span.end();
      }
    }),
  );
}

// The part of the Model Context Protocol that this example needs: one JSON-RPC message per line.
/** @type {Record<string, (params: any) => unknown>} */
const METHODS = {
  initialize: () => ({
    protocolVersion: '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'orders', version: '1.0.0' },
  }),
  'tools/list': () => ({
    tools: [
      {
        name: 'count_orders',
        description: 'How many orders there are',
        inputSchema: { type: 'object' },
      },
    ],
  }),
  'tools/call': callTool,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params = {} } = JSON.parse(line);
  if (id === undefined) continue;
  let answer;
  try {
    answer = { result: await METHODS[method]?.(params) };
  } catch {
    answer = { error: { code: -32603, message: `${method} failed` } };
  }
  console.log(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
}
await session.close();
await client.close();
