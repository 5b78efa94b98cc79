// A Prometheus of a pinned version: built from the Go module proxy once, and kept in a cache folder of the user.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';

/** Release 3.13.5, as the module is numbered. */
const VERSION = 'v0.313.5';
const PACKAGE = 'github.com/prometheus/prometheus/cmd/prometheus';

/** The path of the binary, or `undefined` where it is neither cached nor can be built. */
export function prometheusBinary() {
  const cache = path.join(
    process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'),
    'dbsql-otel',
    `prometheus-${VERSION}`,
  );
  const binary = path.join(cache, 'prometheus');
  if (existsSync(binary)) return binary;
  if (spawnSync('go', ['version']).status !== 0) return undefined;
  console.log(`building Prometheus ${VERSION} into ${cache}; this takes some ten minutes once`);
  mkdirSync(cache, { recursive: true });
  writeFileSync(path.join(cache, 'go.mod'), 'module prometheus-for-tests\n\ngo 1.24\n');
  // Service discovery of clouds is most of the code, and none of what is needed.
  for (const args of [
    ['get', `${PACKAGE}@${VERSION}`],
    ['build', '-tags', 'remove_all_sd', '-o', binary, PACKAGE],
  ]) {
    const { status } = spawnSync('go', args, { cwd: cache, stdio: 'inherit' });
    if (status !== 0) throw new Error(`go ${args[0]} failed`);
  }
  return binary;
}

/** A running Prometheus that takes OTLP, with the rules of a file. */
export class Prometheus {
  #process;
  #folder;

  constructor(process, folder, url) {
    this.#process = process;
    this.#folder = folder;
    this.url = url;
  }

  static async start(binary, rulesFile) {
    const folder = mkdtempSync(path.join(tmpdir(), 'dashboards-'));
    const config = path.join(folder, 'prometheus.yml');
    writeFileSync(
      config,
      `global:\n  evaluation_interval: 1s\nrule_files: [${JSON.stringify(rulesFile)}]\n`,
    );
    const address = `127.0.0.1:${await freePort()}`;
    const process = spawn(
      binary,
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${path.join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--web.enable-otlp-receiver',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await new Promise((resolve, reject) => {
      let log = '';
      process.once('error', reject);
      process.once('exit', (code) => reject(new Error(`Prometheus ended with ${code}\n${log}`)));
      process.stderr.on('data', (chunk) => {
        log += chunk;
        if (log.includes('Server is ready to receive web requests')) resolve();
      });
    });
    process.removeAllListeners('exit');
    return new Prometheus(process, folder, `http://${address}`);
  }

  /** The result of a query at this moment. */
  async query(query) {
    const body = new URLSearchParams({ query });
    const response = await fetch(`${this.url}/api/v1/query`, { method: 'POST', body });
    const { status, data, error } = await response.json();
    if (status !== 'success') throw new Error(`${query}: ${error}`);
    return data.result;
  }

  /** The rules with their health and last error. */
  async rules() {
    const response = await fetch(`${this.url}/api/v1/rules`);
    const { data } = await response.json();
    return data.groups.flatMap(({ rules }) => rules);
  }

  async stop() {
    const ended = new Promise((resolve) => {
      this.#process.once('exit', resolve);
    });
    this.#process.kill();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
