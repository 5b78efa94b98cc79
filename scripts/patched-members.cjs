// Prints, as JSON, which methods of the driver in the given folder the instrumentation replaces: `file#Class.method`.
'use strict';

const { readdirSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');

const folder = path.resolve(process.argv[2]);
const load = createRequire(path.join(folder, 'package.json'));
const dist = path.join(path.dirname(load.resolve('@databricks/sql/package.json')), 'dist');

/** The source text of every method of every class that a file exports as its default. */
function methods() {
  const found = new Map();
  for (const name of readdirSync(dist, { recursive: true })) {
    if (!name.endsWith('.js')) continue;
    const exported = loadFile(path.join(dist, name));
    if (typeof exported?.default !== 'function' || !exported.default.prototype) continue;
    const properties = Object.getOwnPropertyDescriptors(exported.default.prototype);
    for (const [method, { value }] of Object.entries(properties)) {
      if (typeof value !== 'function') continue;
      const file = name.split(path.sep).join('/');
      found.set(`${file}#${method}`, Function.prototype.toString.call(value));
    }
  }
  return found;
}

/** Some files load only where an optional dependency is; the instrumentation does not see those either. */
function loadFile(file) {
  try {
    return load(file);
  } catch {
    return undefined;
  }
}

const before = methods();
for (const file of Object.keys(require.cache)) {
  if (file.startsWith(dist + path.sep)) delete require.cache[file];
}
const {
  DatabricksSqlInstrumentation,
} = require('../packages/instrumentation-databricks-sql/build/src');
const instrumentation = new DatabricksSqlInstrumentation();
const after = methods();
instrumentation.disable();

const replaced = [...after].filter(([name, text]) => before.get(name) !== text);
process.stdout.write(JSON.stringify(replaced.map(([name]) => name)));
