// Walks the path of a newcomer and of a release in a temporary clone of HEAD: first green test, a change with a test,
// what a reviewer sees, and a release with everything but its signature by the workflow and its upload to the registry.
// Each step has a time limit; `--keep` leaves the clone.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLoopbackRegistry } from './rehearsal/loopback-registry.mjs';

const STEP_LIMIT_MS = 10 * 60_000;
const INSTRUMENTATION = 'packages/instrumentation-databricks-sql';
const FIRST_TEST = `${INSTRUMENTATION}/build/test/patches/session.test.js`;
const OWN_TEST = `${INSTRUMENTATION}/build/test/rehearsal.test.js`;
const CHANGE = "export const REHEARSED = 'rehearsed';";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(path.join(os.tmpdir(), 'rehearsal-'));
const clone = path.join(folder, 'clone');
const began = Date.now();

/** Runs a command to its end; resolves with its status and output. npm is a batch file on Windows: only a shell starts it. */
function run(command, args, { cwd = clone, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      shell: command === 'npm',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: STEP_LIMIT_MS,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output }));
  });
}

/** Runs a command that must end with `expected`; returns its output. */
async function must(command, args, options = {}, expected = 0) {
  const { status, output } = await run(command, args, options);
  if (status !== expected) {
    throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${output}`);
  }
  return output;
}

const git = (...args) => must('git', args);
const npm = (...args) => must('npm', args);
const mocha = (file, expected) =>
  must(process.execPath, ['node_modules/mocha/bin/mocha.js', '--no-config', file], {}, expected);

function check(condition, message) {
  if (!condition) throw new Error(message);
}

async function step(title, action) {
  const start = Date.now();
  const seen = await action();
  console.log(`✔ ${title} (${Math.round((Date.now() - start) / 1000)} s)`);
  if (seen) console.log(`${seen.trim().replaceAll(/^/gm, '    ')}\n`);
}

async function cloneRepository() {
  await must('git', ['clone', '--quiet', root, clone], { cwd: folder });
  await git('checkout', '--quiet', '-B', 'main');
  const key = path.join(folder, 'key');
  await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key], { cwd: folder });
  for (const [name, value] of Object.entries({
    'user.name': 'Rehearsal',
    'user.email': 'rehearsal@example.org',
    'gpg.format': 'ssh',
    'user.signingkey': `${key}.pub`,
  })) {
    await git('config', name, value);
  }
  // The maintainer of the rehearsal, and the release before it, which its changelog counts from.
  const signer = `rehearsal@example.org namespaces="git" ${readFileSync(`${key}.pub`, 'utf8')}`;
  appendFileSync(path.join(clone, '.github/allowed_signers'), signer);
  await git('commit', '--quiet', '--all', '-m', 'chore: a maintainer for the rehearsal');
  const { version } = JSON.parse(readFileSync(path.join(clone, 'lerna.json'), 'utf8'));
  await git('tag', '--force', '-a', `v${version}`, '-m', `v${version}`);
}

async function makeChange() {
  const test = `import * as assert from 'node:assert/strict';
import * as api from '../src';

describe('rehearsal', () => {
  it('is exported', () => {
    assert.equal(Object.entries(api).find(([name]) => name === 'REHEARSED')?.[1], 'rehearsed');
  });
});
`;
  writeFileSync(path.join(clone, INSTRUMENTATION, 'test/rehearsal.test.ts'), test);
  await npm('run', '--silent', 'build');
  await mocha(OWN_TEST, 1);
  appendFileSync(path.join(clone, INSTRUMENTATION, 'src/index.ts'), `${CHANGE}\n`);
  await npm('run', '--silent', 'build');
  await mocha(OWN_TEST);
  await npm('run', '--silent', 'lint');
}

async function reportApi() {
  const patch = await must('npm', ['run', '--silent', 'api:check'], {}, 1);
  const lines = patch.split('\n').filter((line) => /^[+-][^+-].*REHEARSED/.test(line));
  check(lines.length > 0, `the report of the API does not show the change:\n${patch}`);
  await npm('run', '--silent', 'api');
  await npm('run', '--silent', 'api:check');
  await git('add', '--all');
  await git('commit', '--quiet', '-m', 'feat(instrumentation): an export of the rehearsal');
  return lines.join('\n');
}

async function commentBenchmarks() {
  // A machine that others share may miss a gate; what is rehearsed is the comment.
  await run('npm', ['run', 'bench', '--', 'encode', '--short', '--markdown=benchmarks.md']);
  const head = (await git('rev-parse', 'HEAD')).trim();
  const comment = await must(
    process.execPath,
    ['scripts/comment-benchmarks.mjs', 'benchmarks.md', '--dry-run'],
    { env: { HEAD_SHA: head } },
  );
  check(comment.includes('| --- |'), `the comment has no table:\n${comment}`);
  return comment.split('\n').slice(0, 9).join('\n');
}

async function makeVersion() {
  await npm('run', '--silent', 'release', '--', '--yes', '--no-push');
  const status = await git('status', '--porcelain');
  check(status === '', `the release leaves changes behind:\n${status}`);
  await npm('run', '--silent', 'release:check');
  const changelog = readFileSync(path.join(clone, INSTRUMENTATION, 'CHANGELOG.md'), 'utf8');
  const line = changelog.split('\n').find((text) => text.includes('an export of the rehearsal'));
  check(line !== undefined, 'the changelog does not have the change');
  return line;
}

async function packAndList() {
  await npm('run', '--silent', 'build');
  const output = await must(process.execPath, ['scripts/sbom.mjs']);
  for (const file of readdirSync(path.join(clone, 'release'))) {
    if (!file.endsWith('.cdx.json')) continue;
    const bom = JSON.parse(readFileSync(path.join(clone, 'release', file), 'utf8'));
    check(bom.bomFormat === 'CycloneDX' && bom.components.length > 0, `${file} lists nothing`);
  }
  return output;
}

/** What GitHub tells a workflow about itself, as npm reads it. */
function workflowEnvironment(url, commit) {
  const repository = 'dbsql-otel/dbsql-otel-js';
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REF: 'refs/tags/rehearsal',
    GITHUB_REPOSITORY: repository,
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: commit,
    GITHUB_WORKFLOW_REF: `${repository}/.github/workflows/release.yml@refs/tags/rehearsal`,
    RUNNER_ENVIRONMENT: 'github-hosted',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}identity?for=npm`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'rehearsal',
    NODE_OPTIONS: `--require ${JSON.stringify(path.join(clone, 'scripts/rehearsal/unsigned-provenance.cjs'))}`,
    npm_config_registry: url,
  };
}

/** Checks that a registry received a package with a statement of where it comes from. */
function describeUpload(upload, commit) {
  const attachments = Object.entries(upload._attachments);
  const tarball = attachments.find(([name]) => name.endsWith('.tgz'))?.[1];
  const bundle = attachments.find(([name]) => name.endsWith('.sigstore'))?.[1];
  check(tarball !== undefined && bundle !== undefined, `${upload.name} has no provenance`);
  const { payload } = JSON.parse(bundle.data).dsseEnvelope;
  const statement = JSON.parse(Buffer.from(payload, 'base64').toString());
  const digest = createHash('sha512').update(Buffer.from(tarball.data, 'base64')).digest('hex');
  const [subject] = statement.subject;
  const { resolvedDependencies } = statement.predicate.buildDefinition;
  check(subject.digest.sha512 === digest, `${upload.name}: the statement is about another file`);
  check(resolvedDependencies[0].digest.gitCommit === commit, 'the statement names another commit');
  return `${subject.name} sha512 ${digest.slice(0, 12)}… from commit ${commit.slice(0, 12)}`;
}

async function publish() {
  const registry = await startLoopbackRegistry();
  try {
    const commit = (await git('rev-parse', 'HEAD')).trim();
    const args = ['run', '--silent', 'release:publish', '--', '--no-verify-access'];
    const output = await must('npm', args, { env: workflowEnvironment(registry.url, commit) });
    check(registry.uploads.length === 2, `${registry.uploads.length} uploads:\n${output}`);
    return registry.uploads.map((upload) => describeUpload(upload, commit)).join('\n');
  } finally {
    registry.close();
  }
}

async function describeRelease() {
  const output = await npm('run', '--silent', 'release:github', '--', '--dry-run');
  check(output.includes('.cdx.json'), `the release has no bill of materials:\n${output}`);
  return output.split('\n').slice(0, 8).join('\n');
}

try {
  await step('Clone', cloneRepository);
  await step('Install and build', () => npm('run', '--silent', 'setup').then(() => ''));
  await step('First green test', async () => /\d+ passing.*/.exec(await mocha(FIRST_TEST))?.[0]);
  await step('A change with a test: red without, green with', makeChange);
  await step('What a reviewer sees: the public API', reportApi);
  await step('What a reviewer sees: the benchmarks', commentBenchmarks);
  await step('Versions, changelogs, signed commit and tag', makeVersion);
  await step('Packages and bills of materials', packAndList);
  await step('Upload with provenance, to a registry on loopback', publish);
  await step('Release on GitHub, dry run', describeRelease);
  console.log(`Rehearsed in ${Math.round((Date.now() - began) / 1000)} s.`);
} catch (failure) {
  console.error(`✘ ${failure.message}`);
  process.exitCode = 1;
} finally {
  if (process.argv.includes('--keep')) console.log(`The clone is in ${clone}`);
  else rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
