import * as assert from 'node:assert/strict';
import { posix, win32 } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { stackFrames } from '../../src/frontend-log/stack-frames';
import { programName, sanitizeProcessName } from '../../src/frontend-log/system-configuration';

/** Names of folders as users have them: with spaces, dots and letters beyond ASCII. */
const folder = fc
  .string({
    unit: fc.constantFrom('a', 'b', 'z', 'Ä', '7', ' ', '.', '-', '_'),
    minLength: 1,
    maxLength: 12,
  })
  .filter((name) => /[a-zÄ]/.test(name) && name.trim() === name && !name.startsWith('.'));
const folders = fc.array(folder, { minLength: 1, maxLength: 5 });
const systems = fc.constantFrom(
  { system: win32, root: 'C:\\' },
  { system: win32, root: '\\\\host\\share\\' },
  { system: posix, root: '/' },
);
const file = fc
  .tuple(systems, folders)
  .map(([{ system, root }, names]) => system.join(root, ...names, 'main.js'));

describe('paths of either system', () => {
  it('give the name of the program without a folder', () => {
    fc.assert(
      fc.property(file, (path) => {
        assert.equal(programName(path), 'main');
      }),
    );
  });

  it('give the program of a command line or nothing, never a part of a folder', () => {
    fc.assert(
      fc.property(file, fc.constantFrom('', ' --port=1', ' /srv/x.js'), (path, argument) => {
        const name = sanitizeProcessName(path + argument);
        assert.ok(name === 'main' || name === undefined, name);
      }),
    );
  });

  it('leave out a command line whose folder has a space, and read one without', () => {
    assert.equal(sanitizeProcessName('C:\\Users\\Ada Byron\\main.exe'), undefined);
    assert.equal(sanitizeProcessName('/home/Ada Byron/app/main.js --port=1'), undefined);
    assert.equal(sanitizeProcessName('C:\\apps\\main.exe C:\\data\\x'), 'main');
    assert.equal(sanitizeProcessName('/usr/bin/node ./dist/main.js'), undefined);
    assert.equal(sanitizeProcessName('node dist/main.js'), 'node');
  });

  it('become the path inside the package in frames, or the name of the file', () => {
    fc.assert(
      fc.property(file, fc.boolean(), (path, isInPackage) => {
        const place = isInPackage
          ? path.replace(
              'main.js',
              ['node_modules', 'pkg', 'main.js'].join(path[0] === '/' ? '/' : '\\'),
            )
          : path;
        const frame = stackFrames(`Error: x\n    at f (${place}:1:2)`);
        assert.equal(frame, `at f (${isInPackage ? 'pkg/' : ''}main.js:1:2)`);
      }),
    );
  });

  it('of modules, given as URLs, lose their folders too', () => {
    fc.assert(
      fc.property(folders, (names) => {
        const { href } = pathToFileURL(posix.join('/', ...names, 'main.js'));
        assert.equal(stackFrames(`Error: x\n    at ${href}:1:2`), 'at main.js:1:2');
      }),
    );
  });
});
