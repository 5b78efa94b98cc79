// Run by lerna between the new version numbers and the commit: source files that state a version follow package.json.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const packages = path.join(__dirname, '..', 'packages');
for (const name of fs.readdirSync(packages)) {
  const source = path.join(packages, name, 'src', 'scope.ts');
  if (fs.existsSync(source)) {
    const { version } = JSON.parse(
      fs.readFileSync(path.join(packages, name, 'package.json'), 'utf8'),
    );
    const text = fs.readFileSync(source, 'utf8');
    fs.writeFileSync(source, text.replace(/VERSION = '[^']*'/, `VERSION = '${version}'`));
  }
}
