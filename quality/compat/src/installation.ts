import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AXES } from './axes';
import type { SdkLine } from './axes';
import { cachedFolder, contentHash } from './cached-folder';
import { npm } from './command';
import type { Tarball } from './tarball';

const ESBUILD_VERSION = '0.28.2';
const IMPORT_IN_THE_MIDDLE_VERSION = '3.6.0';
const INSTRUMENTATION = '@dbsql-otel/instrumentation-databricks-sql';

export function manifest(dependencies: Readonly<Record<string, string>>): string {
  return `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`;
}

/** What an application on that line has in its `package.json`, without the driver and without our packages. */
export function sdkDependencies(line: SdkLine): Record<string, string> {
  const [traceSdk, traceSdkVersion] = line.traceSdk;
  return {
    '@opentelemetry/api': line.api,
    '@opentelemetry/sdk-node': line.sdkNode,
    [traceSdk]: traceSdkVersion,
    '@opentelemetry/exporter-trace-otlp-http': line.companions,
    '@opentelemetry/instrumentation-http': line.companions,
    '@opentelemetry/instrumentation-undici': line.undici,
  };
}

/**
 * Installs the driver alone, below the folder that `npm run test:drivers` uses too. It shares no package with
 * OpenTelemetry, so one copy serves every line. Without the optional packages: `lz4` of 1.x throws when it is not built.
 */
export async function installDriver(drivers: string, version: string): Promise<void> {
  const folder = join(drivers, version);
  const installed = join(folder, 'node_modules', '@databricks', 'sql', 'package.json');
  if (existsSync(installed)) {
    const found = JSON.parse(readFileSync(installed, 'utf8')) as { readonly version: string };
    if (found.version === version) return;
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), manifest({ '@databricks/sql': version }));
  await npm(folder, 'install', '--no-package-lock', '--ignore-scripts', '--omit=optional');
}

/**
 * Installs one SDK line with our tarballs as a user would, refusing every peer conflict, and lays a folder per driver
 * into it: `<line>/<driver>/node_modules` is the driver's, and all else is found one folder up.
 */
export async function installLine(
  folder: string,
  line: SdkLine,
  tarballs: readonly Tarball[],
  drivers: string,
): Promise<void> {
  const text = manifest({
    ...sdkDependencies(line),
    ...Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`])),
    esbuild: ESBUILD_VERSION,
    'import-in-the-middle': IMPORT_IN_THE_MIDDLE_VERSION,
  });
  const hash = contentHash(text, drivers, ...tarballs.map((tarball) => tarball.hash));
  await cachedFolder(folder, hash, async (draft) => {
    writeFileSync(join(draft, 'package.json'), text);
    await npm(draft, 'install', '--strict-peer-deps', '--ignore-scripts', '--prefer-offline');
    const installed = join(draft, 'node_modules', INSTRUMENTATION);
    cpSync(installed, join(draft, 'second-copy', 'node_modules', INSTRUMENTATION), {
      recursive: true,
    });
    for (const version of AXES.driver) {
      mkdirSync(join(draft, version));
      symlinkSync(join(drivers, version, 'node_modules'), join(draft, version, 'node_modules'));
    }
  });
}
