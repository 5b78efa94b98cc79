import * as assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readOptions } from '../../src/repeat/options';
import type { PlannedRun } from '../../src/repeat/options';
import { redTitles, totals } from '../../src/repeat/red-titles';
import { redRates, redText, table } from '../../src/repeat/report';
import { runOnce } from '../../src/repeat/run';
import type { CompletedRun } from '../../src/repeat/run';

const MOCHA = createRequire(__filename).resolve('mocha/bin/mocha.js');
const OUTPUT = `
  42 passing (3s)
  1 pending
  2 failing

  1) the workload
       reported both ways
         says what is true of every event:

      AssertionError: no
      + actual - expected
          2) this is no title

  2) at the top:
     Error: no

  7 passing (1s)
`;

describe('the plan of repeated runs', () => {
  it('meets every pair of a condition and a release, whatever their counts', () => {
    for (const conditions of [1, 2, 3]) {
      for (const releases of [1, 2, 3, 4]) {
        const args = [
          String(conditions * releases),
          ...['idle', 'busy', 'pinned'].slice(0, conditions).map((name) => `--condition=${name}`),
          ...['20', '22', '24', '26'].slice(0, releases).map((name) => `--node=${name}`),
        ];
        const { runs } = readOptions(args);
        const pairs = new Set(runs.map(({ condition, node }) => `${condition} ${node}`));
        assert.equal(pairs.size, conditions * releases, args.join(' '));
      }
    }
  });

  it('names the option that is not understood, with the usage', () => {
    for (const [args, message] of [
      [[], /^N must be a whole number.*--fresh-clone/s],
      [['0'], /^N must be/],
      [['1e9'], /^N must be/],
      [['3', '--condition', 'tired'], /^--condition must be one of idle, busy, pinned/],
      [['3', '--node', '18'], /^--node must be one of 20, 22, 24, 26/],
      [['3', '--limit-minutes=-1'], /^--limit-minutes must be/],
    ] as const) {
      assert.throws(() => readOptions(args), { message });
    }
  });
});

describe("what mocha's output reports", () => {
  it('has each failure by its full title, and nothing of the messages', () => {
    assert.deepEqual(redTitles(OUTPUT), [
      'the workload reported both ways says what is true of every event',
      'at the top',
    ]);
  });

  it('has totals over all runs of mocha', () => {
    assert.deepEqual(totals(OUTPUT), { passed: 49, failed: 2, skipped: 1 });
  });
});

const nodeBinary = (): Promise<string> => Promise.resolve(process.execPath);

describe('one of the repeated runs', function () {
  this.timeout(120_000);

  const planned: PlannedRun = { number: 1, condition: 'idle', node: '0', isFreshClone: false };
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'repeat-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  async function run(script: string, limitMs = 100_000): Promise<CompletedRun> {
    writeFileSync(join(root, 'tests.cjs'), script);
    const scripts = { suite: `node ${MOCHA} --no-config tests.cjs` };
    writeFileSync(join(root, 'package.json'), JSON.stringify({ scripts }));
    const done = await runOnce({ root, script: 'suite', limitMs, nodeBinary }, planned);
    if (done.log !== undefined) {
      assert.ok(existsSync(done.log));
      rmSync(dirname(done.log), { recursive: true });
    }
    return done;
  }

  it('is green when every test is', async () => {
    const { verdict, red, log, totals: counted } = await run("it('passes', () => undefined)");
    assert.deepEqual([verdict, red, log, counted.passed], ['green', [], undefined, 1]);
  });

  it('is red by the titles of its failures, and keeps its output', async () => {
    const script = "describe('a', () => { it('b', () => { throw new Error('c'); }); });";
    const { verdict, red, log } = await run(script);
    assert.deepEqual([verdict, red], ['red', ['a b']]);
    assert.ok(log !== undefined);
  });

  it('is red when the command fails although no test does', async () => {
    const { verdict, red } = await run(
      "it('passes', () => undefined); after(() => process.exit(3))",
    );
    assert.deepEqual([verdict, red], ['red', ['(no test: ended with 3)']]);
  });

  it('is killed with its children after the limit', async () => {
    const { verdict, red } = await run(
      `it('hangs', () => require('node:child_process').spawnSync(process.execPath, ['--eval', 'setInterval(() => undefined, 1000)']))`,
      3_000,
    );
    assert.deepEqual([verdict, red], ['red', ['(no test: killed after 0.05 minutes)']]);
  });

  it('is not made where the machine has no such Node.js', async () => {
    const { verdict } = await runOnce(
      { root, script: 'suite', limitMs: 1, nodeBinary: () => Promise.resolve(undefined) },
      planned,
    );
    assert.equal(verdict, 'not run');
  });
});

function completed(
  number: number,
  verdict: CompletedRun['verdict'],
  ...red: string[]
): CompletedRun {
  return {
    number,
    condition: 'busy',
    node: '24',
    isFreshClone: true,
    verdict,
    totals: { passed: 5, failed: red.length, skipped: 0 },
    red,
    seconds: 7,
    log: undefined,
  };
}

describe('the report of repeated runs', () => {
  it('has the rate of each red title among the runs that were made', () => {
    const runs = [
      completed(1, 'red', 'a'),
      completed(2, 'red', 'b', 'a'),
      completed(3, 'green'),
      completed(4, 'green'),
    ];
    assert.deepEqual(redRates([...runs, completed(5, 'not run', '(no taskset)')]), [
      { title: 'a', times: 2, rate: 0.5, runs: [1, 2] },
      { title: 'b', times: 1, rate: 0.25, runs: [2] },
    ]);
    assert.match(redText(runs), /^50 % \(2; runs 1, 2\) {2}a\n25 %/);
    assert.equal(redText([completed(1, 'green')]), 'No test was red.');
  });

  it('has a line per run', () => {
    assert.equal(
      table([completed(1, 'green')])
        .split('\n')
        .at(-1),
      '| 1 | busy | 24 | fresh | green | 5 | 0 | 7 |',
    );
  });
});
