import { join } from 'node:path';
import { command } from './command';

/** Loaded lazily by the driver where they are installed; native, so they stay outside. */
const EXTERNAL = ['lz4', 'lz4-napi', '@databricks/databricks-sql-kernel-*'];

/** Bundles and minifies `bundle.cjs` with everything it requires, to `bundled.cjs` beside it. */
export async function bundleApplication(lineFolder: string, folder: string): Promise<void> {
  await command(folder, process.execPath, [
    join(lineFolder, 'node_modules', 'esbuild', 'bin', 'esbuild'),
    'bundle.cjs',
    '--bundle',
    '--minify',
    '--platform=node',
    '--log-level=error',
    '--outfile=bundled.cjs',
    ...EXTERNAL.map((name) => `--external:${name}`),
  ]);
}
