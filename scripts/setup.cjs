// Brings up what the other scripts need: a new enough Node.js, the dependencies of the lock file, the build.
// Written in the language of old Node.js versions, so that those get the message rather than a syntax error.
'use strict';

var MINIMUM = [20, 19, 0];
var current = process.versions.node.split('.').map(Number);

function isTooOld() {
  for (var i = 0; i < MINIMUM.length; i++) {
    if (current[i] !== MINIMUM[i]) {
      return current[i] < MINIMUM[i];
    }
  }
  return false;
}

if (isTooOld()) {
  process.stderr.write(
    'Node.js ' +
      MINIMUM.join('.') +
      ' or newer is needed, this is ' +
      process.versions.node +
      '.\n',
  );
  process.exit(1);
}

var childProcess = require('child_process');
var crypto = require('crypto');
var fs = require('fs');
var path = require('path');

var root = path.resolve(__dirname, '..');
var installed = path.join(root, 'node_modules', '.installed-lock-hash');

function run(command) {
  var result = childProcess.spawnSync(command, { cwd: root, stdio: 'inherit', shell: true });
  if (result.status !== 0) {
    process.exit(result.status || 1);
  }
}

function lockHash() {
  var lock = fs.readFileSync(path.join(root, 'package-lock.json'));
  return crypto.createHash('sha256').update(lock).digest('hex');
}

function installedHash() {
  try {
    return fs.readFileSync(installed, 'utf8');
  } catch (missing) {
    return missing.code === 'ENOENT' ? '' : fail(missing.message);
  }
}

var wanted = lockHash();
if (installedHash() !== wanted) {
  run('npm ci --no-audit --no-fund --loglevel=error');
  fs.writeFileSync(installed, wanted);
}
run('npm run --silent build');
