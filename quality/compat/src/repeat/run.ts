import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { command } from '../command';
import { commandPrefix, startLoad } from './load';
import type { PlannedRun } from './options';
import { redTitles, totals } from './red-titles';
import type { Totals } from './red-titles';

export type Verdict = 'green' | 'red' | 'not run';

/** One run and its result. */
export interface CompletedRun extends PlannedRun {
  readonly verdict: Verdict;
  readonly totals: Totals;
  /** Titles of the tests that failed, or what else made the run red. */
  readonly red: readonly string[];
  readonly seconds: number;
  /** Its output, kept when it was red. */
  readonly log: string | undefined;
}

export interface Suite {
  /** Folder of the repository. */
  readonly root: string;
  readonly script: string;
  readonly limitMs: number;
  /** Path of the Node.js binary of a release line, `undefined` where there is none. */
  readonly nodeBinary: (release: string) => Promise<string | undefined>;
}

const NOTHING: Totals = { passed: 0, failed: 0, skipped: 0 };

/** Runs the suite once. */
export async function runOnce(suite: Suite, planned: PlannedRun): Promise<CompletedRun> {
  const prefix = commandPrefix(planned.condition);
  const node = await suite.nodeBinary(planned.node);
  if (prefix === undefined || node === undefined) {
    const missing = prefix === undefined ? 'taskset' : `a binary of Node.js ${planned.node}`;
    const red = [`(this machine has no ${missing})`];
    return { ...planned, verdict: 'not run', totals: NOTHING, red, seconds: 0, log: undefined };
  }
  const folder = mkdtempSync(join(tmpdir(), 'test-repeat-'));
  const log = join(folder, `run-${planned.number}.log`);
  const root = planned.isFreshClone ? join(folder, 'clone') : suite.root;
  const startMs = performance.now();
  try {
    if (planned.isFreshClone) {
      await command(suite.root, 'git', ['clone', '--quiet', suite.root, root]);
    }
    const stopLoad = startLoad(planned.condition);
    const ending = await execute([...prefix, 'npm', 'run', suite.script], {
      root,
      node,
      log,
      limitMs: suite.limitMs,
    }).finally(stopLoad);
    const output = readFileSync(log, 'utf8');
    const titles = redTitles(output);
    const isRed = ending !== undefined || titles.length > 0;
    const red = isRed && titles.length === 0 ? [`(no test: ${ending})`] : titles;
    const seconds = Math.round((performance.now() - startMs) / 1_000);
    if (!isRed) rmSync(folder, { recursive: true, force: true });
    return {
      ...planned,
      verdict: isRed ? 'red' : 'green',
      totals: totals(output),
      red,
      seconds,
      log: isRed ? log : undefined,
    };
  } finally {
    rmSync(join(folder, 'clone'), { recursive: true, force: true });
  }
}

interface Execution {
  readonly root: string;
  readonly node: string;
  readonly log: string;
  readonly limitMs: number;
}

/** Resolves with `undefined` after exit code 0, otherwise with how the command ended. */
async function execute(
  [file = '', ...args]: readonly string[],
  { root, node, log, limitMs }: Execution,
): Promise<string | undefined> {
  const output = openSync(log, 'w');
  const child = spawn(file, args, {
    cwd: root,
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', output, output],
    // A group of its own, so that a hung test's children end with it.
    detached: true,
  });
  closeSync(output);
  let isOverdue = false;
  const endGroup = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The group has ended.
    }
  };
  const timer = setTimeout(() => {
    isOverdue = true;
    endGroup();
  }, limitMs);
  process.once('exit', endGroup);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (isOverdue) return `killed after ${limitMs / 60_000} minutes`;
    return code === 0 ? undefined : `ended with ${String(code ?? signal)}`;
  } finally {
    clearTimeout(timer);
    process.off('exit', endGroup);
    endGroup();
  }
}
