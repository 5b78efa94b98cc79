import type { PatchedFile } from './files';
import { isAtLeast } from './release';

/** The first release with a file; the others are in every supported one. */
const FIRST_RELEASES: Readonly<Partial<Record<PatchedFile, string>>> = {
  'dist/connection/connections/HttpRetryPolicy.js': '1.8.1',
};

/** Methods that some supported release lacks: which private method calls which differs between releases. */
const OPTIONAL_METHODS: ReadonlySet<string> = new Set([
  'DBSQLOperation.fetchChunkInternal',
  'DBSQLOperation.hasMoreRowsInternal',
  'DBSQLOperation.waitUntilReady',
  'DBSQLOperation.waitUntilReadyThroughBackend',
  'DBSQLOperation.getResultMetadata',
]);

/** Counts the polls of a statement. */
export const POLL_METHOD = 'HiveDriver.getOperationStatus';

/** Whether the absence of a method, such as `DBSQLSession.getInfo`, leaves something untraced. */
export function isNeeded(member: string): boolean {
  return !OPTIONAL_METHODS.has(member);
}

/** Whether a release loads a file together with its client. The kernel's are loaded by the first connection that uses it. */
export function isLoadedWithClient(file: PatchedFile, driverVersion: string | undefined): boolean {
  if (file.startsWith('dist/kernel/')) return false;
  const first = FIRST_RELEASES[file];
  return first === undefined || isAtLeast(driverVersion, first) === true;
}

/** Name of the class of a file, such as `DBSQLSession`. */
export function classNameOf(file: PatchedFile): string {
  return file.slice(file.lastIndexOf('/') + 1, -'.js'.length);
}
