import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import * as path from 'node:path';

const BUILDER = 'go.opentelemetry.io/collector/cmd/builder@v0.161.0';
const RECIPE = path.resolve(__dirname, '../../builder.yaml');
const NAME = 'otelcol-fleet';

/** Whether the Collector can be had: it is in the cache, or Go is there to build it. */
export function canHaveCollector(): boolean {
  return existsSync(cached()) || spawnSync('go', ['version']).status === 0;
}

/**
 * The Collector's binary. The first time it is built from the Go module proxy, which takes minutes, and kept in the user's
 * cache folder by what it is built of.
 */
export function collector(report: (line: string) => void): string {
  const binary = cached();
  if (existsSync(binary)) return binary;
  report(`builds the Collector with ${BUILDER}; this takes minutes the first time`);
  const folder = mkdtempSync(path.join(tmpdir(), 'otelcol-'));
  try {
    copyFileSync(RECIPE, path.join(folder, 'builder.yaml'));
    const words = ['run', BUILDER, '--config=builder.yaml'];
    const { status } = spawnSync('go', words, {
      cwd: folder,
      stdio: 'inherit',
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' },
    });
    if (status !== 0) throw new Error('the Collector could not be built');
    mkdirSync(path.dirname(binary), { recursive: true });
    copyFileSync(path.join(folder, 'dist', NAME), `${binary}.new`);
    renameSync(`${binary}.new`, binary);
    return binary;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cached(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  const recipe = createHash('sha256').update(BUILDER).update(readFileSync(RECIPE)).digest('hex');
  return path.join(cache, 'dbsql-otel', `${NAME}-${recipe.slice(0, 16)}`);
}
