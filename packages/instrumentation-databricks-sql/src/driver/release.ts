import { NEWEST_TESTED_DRIVER } from '../supported-versions';

const NUMBERS = /^v?(\d+)\.(\d+)\.(\d+)/;

/** Whether `version` is `other` or newer; `undefined` when either is unknown or no version. A pre-release counts as its release. */
export function isAtLeast(version: string | undefined, other: string): boolean | undefined {
  const [, ...own] = NUMBERS.exec(version ?? '') ?? [];
  const [, ...bound] = NUMBERS.exec(other) ?? [];
  if (own.length === 0 || bound.length === 0) return undefined;
  for (const [index, number] of own.entries()) {
    const difference = Number(number) - Number(bound[index]);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Whether a release is newer than every release that the tests ran on. */
export function isNewerThanTested(version: string | undefined): boolean {
  return isAtLeast(NEWEST_TESTED_DRIVER, version ?? '') === false;
}
