import * as assert from 'node:assert';
import { output } from './child';

const MAXIMUM_COLUMNS = 100;

describe('npm run demo', function () {
  this.timeout(60_000);

  it('prints the traces and the telemetry, plain and narrow enough, and ends', async () => {
    const { stdout, stderr } = await output('../../src/demo/main.js');
    assert.strictEqual(stderr, '');
    assert.ok(!stdout.includes('\u001b'));
    const [traces = '', telemetry = ''] = stdout.split('The telemetry the workspace received');
    for (const line of traces.split('\n'))
      assert.ok(Array.from(line).length <= MAXIMUM_COLUMNS, line);
    for (const title of ['one row', '20 CloudFetch files', 'metadata', 'a cancelled query']) {
      assert.ok(traces.includes(title), title);
    }
    assert.match(traces, /TABLE_OR_VIEW_NOT_FOUND/);
    assert.match(telemetry, /POST \/telemetry-ext/);
    assert.match(telemetry, /"total_chunks_iterated": 20/);
  });
});
