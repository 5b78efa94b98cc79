import { sep } from 'node:path';

export const DRIVER_MODULE = '@databricks/sql';
export const CLIENT_FILE = 'dist/DBSQLClient.js';
export const SESSION_FILE = 'dist/DBSQLSession.js';

/** The driver's files whose default export is a class to patch. The client's is last, because it loads most others. */
export const PATCHED_FILES = [
  SESSION_FILE,
  'dist/DBSQLOperation.js',
  'dist/hive/HiveDriver.js',
  'dist/result/CloudFetchResultHandler.js',
  'dist/result/RowSetProvider.js',
  'dist/result/ResultSlicer.js',
  'dist/connection/connections/HttpRetryPolicy.js',
  'dist/kernel/KernelOperationBackend.js',
  'dist/kernel/KernelResultsProvider.js',
  CLIENT_FILE,
] as const;

export type PatchedFile = (typeof PATCHED_FILES)[number];

/** Where a file was in an earlier release, by its present name. */
export const FORMER_NAMES: Readonly<Partial<Record<PatchedFile, string>>> = {
  'dist/DBSQLOperation.js': 'dist/DBSQLOperation/index.js',
};

/** How the path of a copy's client file ends. */
export const CLIENT_FILE_ENDING = sep + CLIENT_FILE.replaceAll('/', sep);

/** The paths of the client files in the module cache. A bundle has no cache to search. */
export function loadedClientFiles(): string[] {
  if (typeof require !== 'function') return [];
  return Object.keys(require.cache ?? {}).filter((path) => path.endsWith(CLIENT_FILE_ENDING));
}
