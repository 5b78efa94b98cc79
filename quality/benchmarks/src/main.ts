/**
 * `npm run bench` runs all, `npm run bench -- <name> …` some, `--short` the short form of continuous integration,
 * `--markdown=<file>` writes the figures there as well, for a comment on a change.
 * The full form records what it measured in `results/latest.json` and in docs/performance.md.
 * Ends with status 1 when a figure lies beyond its gate, or its limit where it has one; in the short form, three times.
 */
import { fork } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BENCHMARKS } from './benchmarks';
import { isAcceptable } from './harness/benchmark';
import type { Benchmark } from './harness/benchmark';
import { record } from './harness/record';
import { heading, markdownTable, terminalTable } from './harness/report';
import type { Result } from './harness/report';

const TIME_LIMIT_MS = 20 * 60_000;

async function load(name: string): Promise<Benchmark> {
  const found = BENCHMARKS[name];
  if (found === undefined) {
    throw new RangeError(`no benchmark ${name}; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
  }
  return (await found()).benchmark;
}

async function runInChild(name: string, isShort: boolean): Promise<Result> {
  const benchmark = await load(name);
  return new Promise((resolve, reject) => {
    const child = fork(join(__dirname, 'run-one.js'), isShort ? [name, '--short'] : [name], {
      execArgv: ['--expose-gc', ...(benchmark.nodeFlags ?? [])],
      timeout: TIME_LIMIT_MS,
    });
    child.once('message', (result) => {
      resolve(result as Result);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`${name} ended with ${String(code)} and no result`));
    });
  });
}

/** A machine that others share is slow for a while: what is beyond a bound is measured again before it counts. */
const SHORT_ATTEMPTS = 3;
const MARKDOWN = '--markdown=';

function isBeyond(result: Result): boolean {
  return !result.figures.every(isAcceptable);
}

async function main(argv: readonly string[]): Promise<number> {
  const isShort = argv.includes('--short');
  const chosen = argv.filter((argument) => !argument.startsWith('--'));
  const names = chosen.length > 0 ? chosen : Object.keys(BENCHMARKS);
  const attempts = isShort ? SHORT_ATTEMPTS : 1;
  const failed: string[] = [];
  const markdown = argv.find((argument) => argument.startsWith(MARKDOWN))?.slice(MARKDOWN.length);
  if (markdown !== undefined) writeFileSync(markdown, '');

  for (const name of names) {
    if (isShort && chosen.length === 0 && (await load(name)).fullOnly === true) continue;
    let result = await runInChild(name, isShort);
    for (let attempt = 1; attempt < attempts && isBeyond(result); attempt++) {
      result = await runInChild(name, isShort);
    }
    console.log(heading(result));
    console.log(terminalTable(result.figures));
    if (markdown !== undefined) {
      appendFileSync(
        markdown,
        `\n#### ${heading(result).trim()}\n\n${markdownTable(result.figures)}\n`,
      );
    }
    if (!isShort) await record(result);
    if (isBeyond(result)) failed.push(name);
  }
  if (failed.length > 0) console.error(`\nBeyond the gate or limit: ${failed.join(', ')}`);
  return failed.length > 0 ? 1 : 0;
}

async function start(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2));
}

void start();
