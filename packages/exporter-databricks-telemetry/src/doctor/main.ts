#!/usr/bin/env node
import { parseArguments, USAGE } from './arguments';
import type { DoctorOptions } from './arguments';
import { checkBundles } from './check-bundles';
import { checkEnvironment } from './check-environment';
import { checkTargets, targetOfEnvironment } from './check-otlp';
import { checkProject } from './check-project';
import { checkSession } from './check-session';
import { checkSetup } from './check-setup';
import { checkWorkspace } from './check-workspace';
import { findingLine, note, problem } from './finding';
import type { Finding } from './finding';
import { suggestedLoading } from './setup-loading';
import { PACKAGE_VERSION } from '../scope';

const EXIT_PROBLEM = 1;
const EXIT_USAGE = 2;
const HOLD_INTERVAL_MS = 60_000;

/** Runs the checks that the options allow, in the order one would make them by hand. */
async function* examine(options: DoctorOptions, folder: string): AsyncGenerator<Finding> {
  const { setup, host, port, httpPath, token, allowPrivateHosts, send } = options;
  yield* checkProject(folder, setup);
  yield* checkBundles(folder);
  yield* checkEnvironment(process.env);
  if (setup === undefined) {
    const target = targetOfEnvironment(process.env);
    if (target !== undefined) yield* await checkTargets([target]);
    yield note(
      'the setup was not checked',
      `--setup ${suggestedLoading(folder)[1] ?? ''}, the file the application is started with`,
    );
  } else {
    yield* await checkSetup(setup, folder);
  }
  if (host === undefined) {
    yield note('the workspace was not checked', 'set DATABRICKS_SERVER_HOSTNAME or give --host');
    return;
  }
  const workspace = await checkWorkspace({ host, port, token, allowPrivateHosts }, folder);
  yield* workspace;
  const reachable = !workspace.some(({ level }) => level === 'problem');
  if (reachable && httpPath !== undefined && token !== undefined) {
    yield* await checkSession({ host, port, httpPath, token, allowPrivateHosts, send }, folder);
  }
}

async function main(): Promise<void> {
  const parsed = parseArguments(process.argv.slice(2), process.env);
  if (parsed.kind === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  if (parsed.kind === 'version') {
    process.stdout.write(`${PACKAGE_VERSION}\n`);
    return;
  }
  if (parsed.kind === 'error') {
    process.stderr.write(`${parsed.message}; --help lists the options\n`);
    process.exitCode = EXIT_USAGE;
    return;
  }
  // The requests of the checks do not hold the process, so a timer does.
  const hold = setInterval(() => undefined, HOLD_INTERVAL_MS);
  try {
    for await (const finding of examine(parsed.options, process.cwd())) {
      process.stdout.write(`${findingLine(finding)}\n`);
      if (finding.level === 'problem') process.exitCode = EXIT_PROBLEM;
    }
  } catch (error) {
    const type = error instanceof Error ? error.constructor.name : 'error';
    const defect = problem(
      `the doctor failed (${type})`,
      'this is a bug in the doctor; please report it',
    );
    process.stdout.write(`${findingLine(defect)}\n`);
    process.exitCode = EXIT_PROBLEM;
  } finally {
    clearInterval(hold);
  }
}

void main();
