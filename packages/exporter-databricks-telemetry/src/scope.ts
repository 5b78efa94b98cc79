/** Name of this package's meter. */
export const SCOPE_NAME = '@dbsql-otel/exporter-databricks-telemetry';
/** Version of this package, as its meter reports it; a test compares it with package.json. */
export const PACKAGE_VERSION = '0.1.0';
