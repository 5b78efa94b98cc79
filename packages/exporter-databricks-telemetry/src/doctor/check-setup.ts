import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { problem } from './finding';
import type { Finding } from './finding';
import { loadingArguments } from './project';

const PROBE_TIMEOUT_MS = 30_000;

/** Starts a process with the application's setup file and collects its findings. */
export function checkSetup(setup: string, folder: string): Promise<Finding[]> {
  const file = path.resolve(folder, setup);
  if (!existsSync(file)) {
    return Promise.resolve([
      problem(`there is no file ${setup}`, 'give --setup the file you start with'),
    ]);
  }
  const [flag] = loadingArguments(file, folder);
  return new Promise((resolve) => {
    const child = fork(path.join(__dirname, 'setup-probe.js'), {
      cwd: folder,
      execArgv: [flag, flag === '--import' ? pathToFileURL(file).href : file],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    let findings: Finding[] | undefined;
    const settle = (otherwise: Finding): void => {
      clearTimeout(timer);
      resolve(findings ?? [otherwise]);
    };
    const timer = setTimeout(() => {
      settle(
        problem(`${setup} did not finish loading in 30 s`, 'does the application start with it?'),
      );
      child.kill('SIGKILL');
    }, PROBE_TIMEOUT_MS);
    child.once('message', (message) => {
      findings = message as Finding[];
    });
    child.once('error', () => settle(problem('node could not be started', 'try again')));
    child.once('exit', (code) =>
      settle(
        problem(
          `${setup} ended the process with code ${code}`,
          `run node ${flag} ${setup} to see why`,
        ),
      ),
    );
  });
}
