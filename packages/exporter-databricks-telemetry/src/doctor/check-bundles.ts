import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { note, problem } from './finding';
import type { Finding } from './finding';
import { containsDriver } from './probe/driver-state';
import { startedFiles } from './started-files';

/** Finds a bundle with the driver in it among the files that the project starts. */
export function checkBundles(folder: string): Finding[] {
  const bundles = [...new Set(startedFiles(folder))].filter(containsDriver);
  return bundles.map((file) => {
    const name = path.relative(folder, file);
    const advice =
      'leave @databricks/sql out of the bundle, or pass the driver to patch() of the instrumentation';
    const text = `${name} is a bundle that contains the driver, where no hook sees it`;
    return /\.patch\(/.test(readFileSync(file, 'utf8'))
      ? note(`${name} is a bundle that contains the driver and calls patch()`)
      : problem(text, advice);
  });
}
