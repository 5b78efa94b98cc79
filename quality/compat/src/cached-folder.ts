import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STAMP = '.content-hash';

export function contentHash(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(createHash('sha256').update(part).digest());
  }
  return hash.digest('hex');
}

/**
 * A folder that is filled once per content. It is built beside its place and moved there when it is whole, so that an
 * interrupted run leaves nothing half-made behind.
 */
export async function cachedFolder(
  folder: string,
  hash: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const stamp = join(folder, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  await fill(draft);
  writeFileSync(join(draft, STAMP), hash);
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
}
