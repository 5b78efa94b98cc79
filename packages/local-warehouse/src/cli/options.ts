import { parseArgs } from 'node:util';

export interface CliOptions {
  readonly engine: 'canned' | 'duckdb';
  readonly port: number;
  readonly controlPort: number;
  /** Where the certificate of the authority is written to; a file in the temporary folder when absent. */
  readonly caFile: string | undefined;
  readonly json: boolean;
}

export const USAGE = `local-warehouse [options]

  --engine canned|duckdb   what answers the SQL; canned by default, duckdb needs @duckdb/node-api
  --port N                 port of 127.0.0.1 for the warehouse; 8443 by default, 0 for any
  --control-port N         port of 127.0.0.1 for the control API; 8444 by default, 0 for any
  --ca-file FILE           where to write the certificate of the authority
  --json                   print the connection as one line of JSON
  --help                   print this
`;

const MAX_PORT = 65_535;

/** Reads the arguments; a string says what is wrong with them. */
export function parseOptions(args: readonly string[]): CliOptions | 'help' | { error: string } {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        engine: { type: 'string', default: 'canned' },
        port: { type: 'string', default: '8443' },
        'control-port': { type: 'string', default: '8444' },
        'ca-file': { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
  if (values.help) return 'help';
  const { engine } = values;
  if (engine !== 'canned' && engine !== 'duckdb') {
    return { error: '--engine is canned or duckdb' };
  }
  const port = portOf(values.port);
  const controlPort = portOf(values['control-port']);
  if (port === undefined || controlPort === undefined) {
    return { error: `a port is a whole number from 0 to ${MAX_PORT}` };
  }
  return { engine, port, controlPort, caFile: values['ca-file'], json: values.json };
}

function portOf(text: string): number | undefined {
  const port = Number(text);
  return /^\d+$/.test(text) && port <= MAX_PORT ? port : undefined;
}
