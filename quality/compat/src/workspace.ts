import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AXES, NODE_RELEASES, SDK_LINES } from './axes';
import { CONCURRENCY, mapConcurrently } from './concurrent';
import { installDriver, installLine } from './installation';
import { nodeBinary } from './node-binary';
import type { Tarball } from './tarball';

/** Everything on disk that the applications need. */
export interface Workspace {
  /** Binary of each Node.js line; `undefined` where this platform has none. */
  readonly binaries: ReadonlyMap<string, string | undefined>;
  /** Folder that holds what is installed on an SDK line. */
  line(sdk: string): string;
  /** Folder to run an application in. */
  application(sdk: string, driver: string): string;
}

/** Downloads, installs and copies what is not there yet. */
export async function prepareWorkspace(
  root: string,
  cache: string,
  tarballs: readonly Tarball[],
): Promise<Workspace> {
  mkdirSync(cache, { recursive: true });
  const drivers = join(root, '.drivers');
  const apps = join(root, 'quality', 'compat', 'apps');
  const line = (sdk: string): string => join(cache, 'lines', sdk);
  const application = (sdk: string, driver: string): string => join(line(sdk), driver);

  const binaries = new Map<string, string | undefined>();
  const tasks: readonly (() => Promise<void>)[] = [
    ...Object.entries(SDK_LINES).map(
      ([sdk, packages]) =>
        () =>
          installLine(line(sdk), packages, tarballs, drivers),
    ),
    ...AXES.driver.map((version) => () => installDriver(drivers, version)),
    ...Object.entries(NODE_RELEASES).map(([name, release]) => async () => {
      binaries.set(name, await nodeBinary(cache, release));
    }),
  ];
  await mapConcurrently(tasks, CONCURRENCY, (task) => task());

  for (const [sdk, { traceSdk }] of Object.entries(SDK_LINES)) {
    const source = traceSdk[0].endsWith('-base') ? 'trace-sdk-2.cjs' : 'trace-sdk-3.cjs';
    for (const driver of AXES.driver) {
      cpSync(apps, application(sdk, driver), { recursive: true });
      cpSync(join(apps, source), join(application(sdk, driver), 'trace-sdk.cjs'));
    }
  }
  return { binaries, line, application };
}
