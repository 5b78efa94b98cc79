// Removes what the compiler left of sources that are gone: it never does, and the test runner would run old tests.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const OUTPUT = /(?:\.d\.ts|\.js)(?:\.map)?$/;

const { references } = JSON.parse(fs.readFileSync(path.join(root, 'tsconfig.json'), 'utf8'));

for (const reference of references) {
  const project = path.join(root, reference.path);
  const build = path.join(project, 'build');
  if (!fs.existsSync(build)) continue;
  for (const name of fs.readdirSync(build, { recursive: true })) {
    if (!OUTPUT.test(name)) continue;
    const source = name.replace(OUTPUT, '.ts');
    const isKnown = [project, path.join(project, 'src')].some((folder) =>
      fs.existsSync(path.join(folder, source)),
    );
    if (!isKnown) fs.rmSync(path.join(build, name));
  }
}
