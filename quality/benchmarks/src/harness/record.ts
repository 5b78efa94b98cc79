import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { meets } from './benchmark';
import { barChart } from './chart';
import { markdownTable } from './report';
import type { Result } from './report';

const ROOT = resolve(__dirname, '../../../..');
const LATEST = join(ROOT, 'quality/benchmarks/results/latest.json');
const PAGE = join(ROOT, 'docs/performance.md');
const CHARTS = join(ROOT, 'docs/performance');

interface Recorded {
  readonly machine: string;
  readonly results: Readonly<Record<string, Result & { readonly measuredAt: string }>>;
}

function machine(): string {
  return `Node.js ${process.versions.node}, ${platform()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`;
}

async function readOr<T>(file: string, fallback: T, parse: (text: string) => T): Promise<T> {
  try {
    return parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return fallback;
    throw error;
  }
}

/** Replaces what stands between `<!-- bench:name -->` and `<!-- /bench -->`. */
function intoPage(page: string, result: Result): string {
  const start = `<!-- bench:${result.name} -->`;
  const from = page.indexOf(start);
  const to = page.indexOf('<!-- /bench -->', from);
  if (from < 0 || to < 0) return page;
  const chart = `![${result.title}](performance/${result.name}.svg)`;
  return `${page.slice(0, from + start.length)}\n\n${chart}\n\n${markdownTable(result.figures)}\n\n${page.slice(to)}`;
}

/** Keeps the figures: `results/latest.json`, a chart per benchmark, the tables of docs/performance.md. */
export async function record(result: Result): Promise<void> {
  const measuredAt = new Date().toISOString();
  const known = await readOr<Recorded>(
    LATEST,
    { machine: '', results: {} },
    (text) => JSON.parse(text) as Recorded,
  );
  const merged: Recorded = {
    machine: machine(),
    results: {
      ...known.results,
      [result.name]: { ...result, measuredAt },
    },
  };
  await mkdir(CHARTS, { recursive: true });
  await mkdir(join(LATEST, '..'), { recursive: true });
  await writeFile(LATEST, JSON.stringify(merged, null, 2));
  const chart = barChart(result.title, result.figures, (figure) => ({
    met: meets(figure, figure.target),
    beyond: !meets(figure, figure.gate),
  }));
  await writeFile(join(CHARTS, `${result.name}.svg`), chart);
  const page = await readOr(PAGE, '', (text) => text);
  if (page !== '') await writeFile(PAGE, intoPage(page, result));
  await promisify(execFile)(
    process.execPath,
    [
      join(ROOT, 'node_modules/prettier/bin/prettier.cjs'),
      '--write',
      LATEST,
      ...(page === '' ? [] : [PAGE]),
    ],
    { cwd: ROOT },
  );
}
