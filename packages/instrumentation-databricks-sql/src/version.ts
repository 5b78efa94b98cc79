/** Version of this package, as the tracer and the meter report it; a test holds it against package.json. */
export const PACKAGE_VERSION = '0.1.0';
