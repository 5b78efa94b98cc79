/** The engine is an optional dependency. */
export function duckDbIsInstalled(): boolean {
  try {
    require.resolve('@duckdb/node-api');
    return true;
  } catch {
    return false;
  }
}
