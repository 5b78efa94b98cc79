import * as assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { output } from './child';

const MAXIMUM_COLUMNS = 100;

/** DuckDB is an optional dependency. */
function hasDuckDb(): boolean {
  try {
    createRequire(__filename).resolve('@duckdb/node-api');
    return true;
  } catch {
    return false;
  }
}

describe('npm run demo', function () {
  this.timeout(60_000);

  it('prints the traces and the telemetry, plain and narrow enough, and ends', async () => {
    const { stdout, stderr } = await output('../../src/demo/main.js', '--json');
    assert.strictEqual(stderr, '');
    assert.ok(!stdout.includes('\u001b'));
    const [traces = '', telemetry = ''] = stdout.split('The telemetry the workspace received');
    for (const line of traces.split('\n')) {
      assert.ok(Array.from(line).length <= MAXIMUM_COLUMNS, line);
    }
    for (const title of ['one row', '20 CloudFetch files', 'metadata', 'a cancelled query']) {
      assert.ok(traces.includes(title), title);
    }
    assert.match(traces, /TABLE_OR_VIEW_NOT_FOUND/);
    assert.match(telemetry, /POST \/telemetry-ext/);
    assert.match(telemetry, /"total_chunks_iterated": 20/);
  });

  it('ends on the picture and one line of counters, without the records', async () => {
    const { stdout } = await output('../../src/demo/main.js');
    assert.doesNotMatch(stdout, /frontend_log_event_id/);
    assert.match(
      stdout,
      /\nTelemetry: \d+ records offered, \d+ delivered, 0 pending, 0 dropped\n$/,
    );
  });

  it("runs statements of one's own on DuckDB, with real results", async function () {
    if (!hasDuckDb()) this.skip();
    const { stdout, stderr } = await output(
      '../../src/demo/main.js',
      '--engine',
      'duckdb',
      '--json',
      '--sql',
      'SELECT region, count(*) AS customers FROM customers GROUP BY region ORDER BY region',
      '--sql',
      'SELECT CAST(1.50 AS DECIMAL(5, 2)) AS price, [1, NULL] AS list, * FROM nowhere',
    );
    assert.strictEqual(stderr, '');
    const [, seen = ''] = stdout.split('What the application saw');
    assert.match(seen, /region +customers\n─+ +─+\n\w+ +\d+\n/);
    assert.match(seen, /TABLE_OR_VIEW_NOT_FOUND|42P01/);
    assert.match(stdout, /"error_name": "(?:TABLE_OR_VIEW_NOT_FOUND|42P01)"/);
  });
});
