import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LocalWarehouse, STORAGE_HOST, WORKSPACE_HOST } from '@dbsql-otel/local-warehouse';
import { command } from '../command';
import { Findings } from '../findings';
import { OtlpReceiver } from '../otlp-receiver';
import type { Tarball } from '../tarball';
import { sectionOf, stepsOf } from './section';
import type { Step } from './section';
import type { Sight, Walk } from './walks';

const RUN_TIMEOUT_MS = 60_000;
const MINUTE_MS = 60_000;
/** From the first command of the document to what it promises, installation included. */
const LIMITS_MS: Readonly<Record<Sight, number>> = {
  screen: 2 * MINUTE_MS,
  backend: 5 * MINUTE_MS,
  telemetry: 5 * MINUTE_MS,
};
/** Saved where a document takes the application for granted. */
const APPLICATION = join('examples', 'src', 'quick-start', 'app.mjs');
/** Sends connections for the fictitious workspace to the local warehouse. */
const REDIRECT = join('examples', 'build', 'src', 'runner', 'redirect.js');

/** Where a walk takes place, and what stands for the registry. */
export interface Surroundings {
  readonly root: string;
  readonly tarballs: readonly Tarball[];
  /** Binary of the walk's Node.js. */
  readonly node: string;
  /** Script of pnpm. */
  readonly pnpm: string;
}

/** What came of a run. */
interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

/** The steps of a walk. */
export function stepsOfWalk(document: string, walk: Walk): Step[] {
  const files = walk.files
    .flatMap((heading) => stepsOf(sectionOf(document, heading)))
    .filter(({ kind }) => kind === 'save');
  return [...files, ...walk.headings.flatMap((heading) => stepsOf(sectionOf(document, heading)))];
}

/** Follows a document to the letter in an empty folder; rejects with what a reader would not see, or not in time. */
export async function follow(walk: Walk, surroundings: Surroundings): Promise<void> {
  const { root } = surroundings;
  const steps = stepsOfWalk(readFileSync(join(root, walk.document), 'utf8'), walk);
  // Outside the repository: in a folder without a package.json, package managers look for one above.
  const folder = mkdtempSync(join(tmpdir(), 'readme-'));
  try {
    await followIn(folder, steps, walk, surroundings);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function followIn(
  folder: string,
  steps: readonly Step[],
  walk: Walk,
  surroundings: Surroundings,
): Promise<void> {
  const { root } = surroundings;
  const started = performance.now();
  writeFileSync(join(folder, 'app.mjs'), readFileSync(join(root, APPLICATION)));
  for (const step of steps) {
    if (step.kind === 'save') writeFileSync(join(folder, step.file), step.content);
    else if (step.kind === 'install') await install(folder, walk, surroundings, step.packages);
  }
  const findings = new Findings();
  const runs = steps.filter((step) => step.kind === 'run');
  findings.equal('commands that run the application', runs.length > 0, true);
  for (const { command: parameters } of runs) {
    await look(folder, walk, surroundings, parameters, started, findings);
  }
  findings.raise();
}

/** The packages as the document names them, with a file in the place of each one that is not published yet. */
async function install(
  folder: string,
  { packageManager }: Walk,
  { tarballs, node, pnpm }: Surroundings,
  packages: readonly string[],
): Promise<void> {
  const names = packages.map(
    (name) => tarballs.find((tarball) => tarball.name === name)?.file ?? name,
  );
  const path = [dirname(node), process.env['PATH'] ?? ''].join(delimiter);
  const variables = [`PATH=${path}`, 'npm_config_prefer_offline=true'];
  if (packageManager === 'pnpm') {
    const overrides = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`]));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ pnpm: { overrides } }));
  }
  // pnpm asks about install scripts; the packages need none.
  const parameters =
    packageManager === 'npm'
      ? [
          'npm',
          'install',
          '--strict-peer-deps',
          '--no-audit',
          '--no-fund',
          '--loglevel=error',
          ...names,
        ]
      : [
          node,
          pnpm,
          'add',
          '--strict-peer-dependencies',
          '--ignore-scripts',
          '--reporter=silent',
          ...names,
        ];
  await command(folder, 'env', [...variables, ...parameters]);
}

async function look(
  folder: string,
  { sights }: Walk,
  { root, node }: Surroundings,
  parameters: readonly string[],
  started: number,
  findings: Findings,
): Promise<void> {
  const warehouse = await LocalWarehouse.start();
  const receiver = await OtlpReceiver.start();
  try {
    const { stdout, stderr, exitCode } = await run(
      root,
      folder,
      node,
      parameters,
      warehouse,
      receiver,
    );
    const tookMs = performance.now() - started;
    findings.equal(`exit code with ${stderr}`, exitCode, 0);
    findings.equal('standard error', stderr, '');
    const seen: Readonly<Record<Sight, boolean>> = {
      screen: /^SELECT orders +▕/m.test(stdout),
      backend: receiver.spans.some(({ name }) => name === 'SELECT orders'),
      telemetry: warehouse.telemetry.some(({ accepted }) => accepted.length > 0),
    };
    for (const sight of sights) {
      findings.equal(`seen: ${sight}`, seen[sight], true);
      findings.equal(
        `within ${LIMITS_MS[sight] / MINUTE_MS} min`,
        tookMs <= LIMITS_MS[sight],
        true,
      );
    }
  } finally {
    await Promise.all([warehouse.stop(), receiver.stop()]);
  }
}

async function run(
  root: string,
  folder: string,
  node: string,
  parameters: readonly string[],
  warehouse: LocalWarehouse,
  receiver: OtlpReceiver,
): Promise<Outcome> {
  const authority = join(folder, 'authority.pem');
  writeFileSync(authority, warehouse.authority.certificate);
  const child = spawn(node, ['--require', join(root, REDIRECT), ...parameters], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABRICKS_SERVER_HOSTNAME: WORKSPACE_HOST,
      DATABRICKS_HTTP_PATH: warehouse.httpPath,
      DATABRICKS_TOKEN: warehouse.token,
      OTEL_EXPORTER_OTLP_ENDPOINT: new URL('/', receiver.url).href,
      LOCAL_WAREHOUSE_HOSTS: [WORKSPACE_HOST, STORAGE_HOST].join(','),
      LOCAL_WAREHOUSE_PORT: String(warehouse.port),
      NODE_EXTRA_CA_CERTS: authority,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_TIMEOUT_MS,
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  const [stdout, stderr] = await output;
  return { stdout, stderr, exitCode };
}
