import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AXES, SDK_LINES } from './axes';
import { cachedFolder, contentHash } from './cached-folder';
import type { Check } from './check';
import { npm } from './command';
import { documentedInstalls } from './documented-installs';
import { manifest } from './installation';
import type { Tarball } from './tarball';

/** What is installed together, into an application that has the driver. */
interface Combination {
  readonly title: string;
  /** As `npm install` takes them. */
  readonly packages: readonly string[];
}

/** The instrumentation alone on every SDK line, and what the documents tell users to install. */
function combinations(root: string, tarballs: readonly Tarball[]): Combination[] {
  return [
    ...Object.entries(SDK_LINES).map(([name, { api, sdkNode }]) => ({
      title: `SDK ${name}, traces only`,
      packages: [
        `@opentelemetry/api@${api}`,
        `@opentelemetry/sdk-node@${sdkNode}`,
        ...tarballs.slice(0, 1).map(({ file }) => file),
      ],
    })),
    ...documentedInstalls(root).map(({ document, packages }, index) => ({
      title: `command ${index + 1} of the documents, in ${document}`,
      packages: packages.map(
        (name) => tarballs.find((tarball) => tarball.name === name)?.file ?? name,
      ),
    })),
  ];
}

/**
 * Resolves each combination from nothing; strict peers refuse what the default would only warn of. Both packages beside
 * all else is what the lines of the matrix install. What was resolved once is not resolved again until a range of ours or
 * the combination changes.
 */
export function peerChecks(root: string, cache: string, tarballs: readonly Tarball[]): Check[] {
  const application = manifest({ '@databricks/sql': AXES.driver.at(-1) ?? '' });
  return combinations(root, tarballs).map(({ title, packages }) => ({
    title: `npm install --strict-peer-deps: ${title}`,
    run: async () => {
      const hash = contentHash(application, ...packages, ...tarballs.map(({ ranges }) => ranges));
      const folder = join(cache, 'peers', title.replaceAll('/', '-'));
      await cachedFolder(folder, hash, async (draft) => {
        writeFileSync(join(draft, 'package.json'), application);
        await npm(draft, 'install', '--package-lock-only', '--strict-peer-deps', ...packages);
      });
    },
  }));
}
