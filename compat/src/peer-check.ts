import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AXES, SDK_LINES } from './axes';
import { cachedFolder, contentHash } from './cached-folder';
import { check, type CheckResult } from './check';
import { npm } from './command';
import { CONCURRENCY, mapConcurrently } from './concurrent';
import { documentedInstalls } from './documented-installs';
import { manifest, sdkDependencies } from './installation';
import type { Tarball } from './tarball';

/** What is installed together, into an application that has the driver. */
interface Combination {
  readonly title: string;
  /** As `npm install` takes them. */
  readonly packages: readonly string[];
}

function specifiers(dependencies: Readonly<Record<string, string>>): string[] {
  return Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);
}

/** Every SDK line, with the instrumentation alone and with everything; and what the documents tell users to install. */
function combinations(root: string, tarballs: readonly Tarball[]): Combination[] {
  const everything = tarballs.map(({ file }) => file);
  return [
    ...Object.entries(SDK_LINES).flatMap(([name, line]) => [
      {
        title: `SDK ${name}, traces only`,
        packages: [
          ...specifiers({
            '@opentelemetry/api': line.api,
            '@opentelemetry/sdk-node': line.sdkNode,
          }),
          ...everything.slice(0, 1),
        ],
      },
      {
        title: `SDK ${name}, traces and telemetry, OTLP and HTTP`,
        packages: [...specifiers(sdkDependencies(line)), ...everything],
      },
    ]),
    ...documentedInstalls(root).map(({ document, packages }, index) => ({
      title: `command ${index + 1} of the documents, in ${document}`,
      packages: packages.map(
        (name) => tarballs.find((tarball) => tarball.name === name)?.file ?? name,
      ),
    })),
  ];
}

/**
 * Resolves each combination from nothing; strict peers refuse what the default would only warn of. What was resolved
 * once is not resolved again until a range of ours or the combination changes.
 */
export async function checkPeers(
  root: string,
  cache: string,
  tarballs: readonly Tarball[],
): Promise<CheckResult[]> {
  const application = manifest({ '@databricks/sql': AXES.driver.at(-1) ?? '' });
  return mapConcurrently(combinations(root, tarballs), CONCURRENCY, ({ title, packages }) =>
    check(`npm install --strict-peer-deps: ${title}`, async () => {
      const hash = contentHash(application, ...packages, ...tarballs.map(({ ranges }) => ranges));
      const folder = join(cache, 'peers', title.replaceAll('/', '-'));
      await cachedFolder(folder, hash, async (draft) => {
        writeFileSync(join(draft, 'package.json'), application);
        await npm(draft, 'install', '--package-lock-only', '--strict-peer-deps', ...packages);
      });
    }),
  );
}
