/** Name of this package's tracer and meter, and so of every span and metric of it. */
export const SCOPE_NAME = '@dbsql-otel/instrumentation-databricks-sql';
/** Version of this package, as the tracer and the meter report it; a test holds it against package.json. */
export const PACKAGE_VERSION = '0.1.0';
/** Version of the semantic conventions that the names of both packages follow. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';
