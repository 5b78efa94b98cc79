import { build } from 'esbuild';

await build({
  entryPoints: ['app.cjs'],
  outfile: 'dist/app.cjs',
  bundle: true,
  platform: 'node',
  minify: true,
  // `error.type` holds the names of error classes, which a minifier shortens.
  keepNames: true,
  // Native files and optional parts stay outside the bundle.
  external: ['*.node', 'lz4', 'lz4-napi', '@databricks/databricks-sql-kernel-*'],
  logLevel: 'error',
});
