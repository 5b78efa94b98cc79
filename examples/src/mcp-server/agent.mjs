import { spawn } from 'node:child_process';
import { once } from 'node:events';

const server = spawn(
  process.execPath,
  [...process.execArgv, '--import', './tracing.mjs', 'server.mjs'],
  { stdio: ['pipe', 'inherit', 'inherit'] },
);
const requests = [
  { method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {} } },
  { method: 'tools/list' },
  {
    method: 'tools/call',
    params: {
      name: 'count_orders',
      arguments: {},
      _meta: { baggage: 'gen_ai.agent.name=planner,gen_ai.conversation.id=c-42' },
    },
  },
];
for (const [id, request] of requests.entries()) {
  server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...request })}\n`);
}
server.stdin.end();
const [code] = await once(server, 'exit');
process.exitCode = code;
