/** One runnable example: a folder beside this one. */
export interface Example {
  readonly name: string;
  readonly title: string;
  /** Arguments of `node`, run in the example's folder: what a reader types. */
  readonly command: readonly string[];
  /** Path to ask for once the example says `listening on <port>`; it is then ended with SIGTERM. */
  readonly request?: string;
}

const ESM = ['--import', './tracing.mjs'] as const;

export const EXAMPLES: readonly Example[] = [
  {
    name: 'commonjs',
    title: 'NodeSDK in a CommonJS application: traces by OTLP, telemetry to the workspace',
    command: ['--require', './tracing.cjs', 'app.cjs'],
  },
  {
    name: 'esm',
    title: 'The same in an ESM application, without a loader',
    command: [...ESM, '../app.mjs'],
  },
  {
    name: 'traces-only',
    title: 'Traces only; the driver keeps reporting its own telemetry',
    command: [...ESM, '../app.mjs'],
  },
  {
    name: 'telemetry-only',
    title: 'Databricks telemetry only, no trace leaves the process',
    command: [...ESM, '../app.mjs'],
  },
  {
    name: 'otlp-and-databricks',
    title: 'Traces, metrics, HTTP spans and telemetry together, with shutdown hooks',
    command: [...ESM, '../app.mjs'],
  },
  {
    name: 'sampling',
    title: 'Traces sampled at 1 %, telemetry complete',
    command: [...ESM, 'app.mjs'],
  },
  {
    name: 'express-service',
    title: 'An Express service that streams rows, within the trace of its caller',
    command: [...ESM, 'service.mjs'],
    request: '/orders',
  },
  {
    name: 'query-tags',
    title: "The trace's id, service and tenant in the query tags, for system.query.history",
    command: [...ESM, 'app.mjs'],
  },
  {
    name: 'mcp-server',
    title: 'A tool of an agent: agent, tool and conversation on spans and in the query tags',
    command: ['agent.mjs'],
  },
  {
    name: 'unauthenticated',
    title: 'A refused login is reported without credentials, reduced',
    command: [...ESM, 'app.mjs'],
  },
  {
    name: 'custom-credentials',
    title: 'Telemetry sent with credentials of its own',
    command: [...ESM, '../app.mjs'],
  },
  {
    name: 'lambda',
    title: 'A handler that flushes at the end of every invocation',
    command: ['invoke.mjs'],
  },
  {
    name: 'late-loading',
    title: 'A driver that was loaded first, or was bundled, handed over with patch()',
    command: ['app.cjs'],
  },
  {
    name: 'waterfall',
    title: 'Every trace as a tree with bars in the terminal',
    command: ['--require', './tracing.cjs', 'report.mjs'],
  },
  {
    name: 'every-call',
    title: 'Every call of the driver, with every span and attribute there is',
    command: [...ESM, 'app.mjs'],
  },
];
