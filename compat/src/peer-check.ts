import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AXES, SDK_LINES } from './axes';
import { cachedFolder, contentHash } from './cached-folder';
import { check, type CheckResult } from './check';
import { npm } from './command';
import { CONCURRENCY, mapConcurrently } from './concurrent';
import { manifest, sdkDependencies } from './installation';
import type { Tarball } from './tarball';

interface Combination {
  readonly title: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** What the documentation tells users to install together, on each line. */
function combinations(tarballs: readonly Tarball[]): Combination[] {
  const ours = tarballs.map(({ name, file }) => [name, `file:${file}`] as const);
  const driver = { '@databricks/sql': AXES.driver.at(-1) ?? '' };
  return Object.entries(SDK_LINES).flatMap(([name, line]) => [
    {
      title: `SDK ${name}, traces only`,
      dependencies: {
        ...driver,
        '@opentelemetry/api': line.api,
        '@opentelemetry/sdk-node': line.sdkNode,
        ...Object.fromEntries(ours.slice(0, 1)),
      },
    },
    {
      title: `SDK ${name}, traces and telemetry, OTLP and HTTP`,
      dependencies: { ...driver, ...sdkDependencies(line), ...Object.fromEntries(ours) },
    },
  ]);
}

/**
 * Resolves each documented combination from nothing, as `npm install` does; strict peers refuse what the default
 * would only warn of. What was resolved once is not resolved again until a range of ours or of the combination changes.
 */
export async function checkPeers(
  cache: string,
  tarballs: readonly Tarball[],
): Promise<CheckResult[]> {
  return mapConcurrently(combinations(tarballs), CONCURRENCY, ({ title, dependencies }) =>
    check(`npm install --strict-peer-deps: ${title}`, async () => {
      const text = manifest(dependencies);
      const hash = contentHash(text, ...tarballs.map(({ ranges }) => ranges));
      await cachedFolder(join(cache, 'peers', title), hash, async (draft) => {
        writeFileSync(join(draft, 'package.json'), text);
        await npm(draft, 'install', '--package-lock-only', '--strict-peer-deps');
      });
    }),
  );
}
