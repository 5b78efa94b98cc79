import { sep } from 'node:path';

const CLIENT_FILE = ['node_modules', '@databricks', 'sql', 'dist', 'DBSQLClient.js'].join(sep);

/** Whether a driver that no hook has seen is in the module cache. In a bundle there is no cache to look at. */
export function isDriverLoaded(): boolean {
  return (
    typeof require === 'function' &&
    Object.keys(require.cache ?? {}).some((path) => path.endsWith(CLIENT_FILE))
  );
}
