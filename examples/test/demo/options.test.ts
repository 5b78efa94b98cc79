import * as assert from 'node:assert/strict';
import { demoOptions } from '../../src/demo/options';

describe("the demo's options", () => {
  it('are the story on the canned engine by default', async () => {
    assert.deepStrictEqual(await demoOptions([]), {
      statements: [],
      html: undefined,
      json: false,
    });
  });

  it('take a file for the page', async () => {
    assert.equal((await demoOptions(['--html', 'traces.html'])).html, 'traces.html');
  });

  it('take any number of statements', async () => {
    const { statements } = await demoOptions(['--sql', 'SELECT 1', '--sql', 'SELECT 2']);
    assert.deepStrictEqual(statements, ['SELECT 1', 'SELECT 2']);
  });

  for (const args of [['--engine', 'oracle'], ['--verbose'], ['SELECT 1']]) {
    it(`say in one line what is wrong with ${args.join(' ')}`, async () => {
      await assert.rejects(demoOptions(args), /^Error: .* Usage: npm run demo.*$/);
    });
  }
});
