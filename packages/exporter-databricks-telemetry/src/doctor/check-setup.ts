import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { checkTargets } from './check-otlp';
import { problem } from './finding';
import type { Finding } from './finding';
import { REPORT_FD } from './probe/report';
import type { Report } from './probe/report';
import { loadingOf } from './setup-loading';
import type { SetupLoading } from './setup-loading';

const PROBE_TIMEOUT_MS = 30_000;
const OBSERVER = path.join(__dirname, 'probe/observer.js');
const PROBE = path.join(__dirname, 'probe/main.js');

/** What the process of the setup came to. */
interface Outcome {
  readonly report: Report | undefined;
  readonly exitCode: number | null;
  readonly isTimeout: boolean;
}

function run(
  execArgv: readonly string[],
  files: readonly string[],
  folder: string,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--require', OBSERVER, ...execArgv, PROBE, ...files], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    let text = '';
    let isTimeout = false;
    const timer = setTimeout(() => {
      isTimeout = true;
      child.kill('SIGKILL');
    }, PROBE_TIMEOUT_MS);
    child.stdio[REPORT_FD]?.on('data', (part: Buffer) => (text += part.toString()));
    child.once('error', () => undefined);
    child.once('close', (exitCode) => {
      clearTimeout(timer);
      const [line = ''] = text.split('\n', 1);
      resolve({
        report: line === '' ? undefined : (JSON.parse(line) as Report),
        exitCode,
        isTimeout,
      });
    });
  });
}

function failure(setup: string, { shown }: SetupLoading, outcome: Outcome): Finding {
  const { report, exitCode, isTimeout } = outcome;
  if (isTimeout) {
    return problem(
      `${setup} did not finish loading in 30 s`,
      'does the application start with it?',
    );
  }
  const command = `run node ${shown.join(' ')} to see why`;
  return report?.kind === 'failed'
    ? problem(`${setup} ended the process with code ${exitCode}, ${report.cause}`, command)
    : problem(`${setup} ended the process with code ${exitCode}`, command);
}

/** Starts a process with the application's setup and collects its findings. */
export async function checkSetup(setup: string, folder: string): Promise<Finding[]> {
  const loading = loadingOf(setup, folder);
  if ('level' in loading) return [loading];
  const file = path.resolve(folder, setup);
  const outcome = await run(loading.execArgv, existsSync(file) ? [file] : [], folder);
  if (outcome.report?.kind !== 'checked') return [failure(setup, loading, outcome)];
  return [...outcome.report.findings, ...(await checkTargets(outcome.report.targets))];
}
