import { readFileSync } from 'node:fs';
import * as path from 'node:path';

/** Where the examples are, seen from the build. */
export const EXAMPLES_FOLDER = path.resolve(__dirname, '../../../src');

/** One runnable example: a folder beside this one. */
export interface Example {
  readonly name: string;
  readonly title: string;
  /** Arguments of `node`, run in the example's folder: what its `npm start` runs. */
  readonly command: readonly string[];
  /** Path to ask for once the example says `listening on <port>`; it is then ended with SIGTERM. */
  readonly request?: string;
}

/** In the order of a first reading. */
const NAMES = [
  'quick-start',
  'commonjs',
  'esm',
  'traces-only',
  'telemetry-only',
  'otlp-and-databricks',
  'sampling',
  'express-service',
  'query-tags',
  'mcp-server',
  'unauthenticated',
  'custom-credentials',
  'lambda',
  'late-loading',
  'waterfall',
  'every-call',
] as const;
const REQUESTS: Readonly<Record<string, string>> = { 'express-service': '/orders' };

interface Manifest {
  readonly description: string;
  readonly scripts: { readonly start: string };
}

/** An example as its own `package.json` describes it. */
function example(name: string): Example {
  const manifest = path.join(EXAMPLES_FOLDER, name, 'package.json');
  const { description, scripts } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;
  const [, ...command] = scripts.start.split(' ');
  const request = REQUESTS[name];
  return { name, title: description, command, ...(request === undefined ? {} : { request }) };
}

export const EXAMPLES: readonly Example[] = NAMES.map(example);
