import { sep } from 'node:path';

export const DRIVER_MODULE = '@databricks/sql';
export const CLIENT_FILE = 'dist/DBSQLClient.js';

/** The driver's files whose default export is a class to patch; those of the kernel came with 1.16. */
export const PATCHED_FILES = [
  CLIENT_FILE,
  'dist/DBSQLSession.js',
  'dist/DBSQLOperation.js',
  'dist/hive/HiveDriver.js',
  'dist/result/CloudFetchResultHandler.js',
  'dist/result/RowSetProvider.js',
  'dist/result/ResultSlicer.js',
  'dist/connection/connections/HttpRetryPolicy.js',
  'dist/kernel/KernelOperationBackend.js',
  'dist/kernel/KernelResultsProvider.js',
] as const;

export type PatchedFile = (typeof PATCHED_FILES)[number];

const INSTALLED_CLIENT_FILE = `node_modules/${DRIVER_MODULE}/${CLIENT_FILE}`.replaceAll('/', sep);

/** Whether the driver is in the module cache already, where no hook saw it. A bundle has no cache to search. */
export function isDriverLoaded(): boolean {
  return (
    typeof require === 'function' &&
    Object.keys(require.cache ?? {}).some((path) => path.endsWith(INSTALLED_CLIENT_FILE))
  );
}
