import { parseArgs } from 'node:util';
import { DuckDbEngine } from '@dbsql-otel/local-warehouse';
import type { Engine } from '@dbsql-otel/local-warehouse';

/** What the demo's command line asks for. */
export interface DemoOptions {
  /** The warehouse's own canned one when absent. */
  readonly engine?: Engine;
  /** Statements to run in place of the story. */
  readonly statements: readonly string[];
  /** File for a page with the waterfalls. */
  readonly html: string | undefined;
  /** Whether to print the telemetry records as JSON. */
  readonly json: boolean;
}

/** Over the sample tables, when DuckDB is asked for and no statement of the person's own is given. */
const SAMPLE_STATEMENTS = [
  'SELECT region, count(*) AS orders, sum(amount) AS amount FROM orders JOIN customers USING (customer_id) GROUP BY region ORDER BY region',
  'SELECT order_id, amount, ordered_on, note FROM orders ORDER BY amount DESC LIMIT 5',
];
const USAGE = 'npm run demo -- [--engine canned|duckdb] [--sql "SELECT …"]… [--html FILE] [--json]';

/** Throws, with one line to show, when the arguments make no sense or the engine is not installed. */
export async function demoOptions(args: string[]): Promise<DemoOptions> {
  const { engine, sql, html, json } = read(args);
  switch (engine) {
    case 'canned':
      return { statements: sql, html, json };
    case 'duckdb':
      return {
        engine: await DuckDbEngine.create(),
        statements: sql.length === 0 ? SAMPLE_STATEMENTS : sql,
        html,
        json,
      };
    default:
      throw new Error(`There is no engine ${engine}. Usage: ${USAGE}`);
  }
}

function read(args: string[]): {
  readonly engine: string;
  readonly sql: string[];
  readonly html: string | undefined;
  readonly json: boolean;
} {
  try {
    const { values } = parseArgs({
      args,
      options: {
        engine: { type: 'string', default: 'canned' },
        sql: { type: 'string', multiple: true, default: [] },
        html: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const { engine, sql, html, json } = values;
    return { engine, sql, html, json };
  } catch (error) {
    throw new Error(`${(error as Error).message} Usage: ${USAGE}`, { cause: error });
  }
}
