// The loader of import-in-the-middle: in the application's thread where Node.js deprecates the other way.
import * as module from 'node:module';

const DEPRECATES_REGISTER = 26;

if (Number(process.versions.node.split('.')[0]) >= DEPRECATES_REGISTER) {
  const { register } = await import('import-in-the-middle/register-hooks.mjs');
  register();
} else {
  module.register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
}
