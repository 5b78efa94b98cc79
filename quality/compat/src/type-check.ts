import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachedFolder, contentHash } from './cached-folder';
import type { Check } from './check';
import { command, npm } from './command';
import { manifest } from './installation';
import type { Tarball } from './tarball';

/** Each compiler, and the module resolution it is tried with. */
const COMPILERS = [
  { version: '5.9.3', module: 'node16', moduleResolution: 'node16' },
  { version: '6.0.3', module: 'esnext', moduleResolution: 'bundler' },
  { version: '7.0.2', module: 'node16', moduleResolution: 'node16' },
] as const;
type Compiler = (typeof COMPILERS)[number];

const NODE_TYPES_VERSION = '20.19.43';
const LINES = ['2.0', '2.12', '3.1'];
/** The type declarations of this line's own log SDK do not stand `exactOptionalPropertyTypes`. */
const LINE_WITH_INEXACT_TYPES = '2.0';

async function installCompiler(cache: string, version: string): Promise<string> {
  const text = manifest({ typescript: version, '@types/node': NODE_TYPES_VERSION });
  const folder = join(cache, 'typescript', version);
  await cachedFolder(folder, contentHash(text), async (draft) => {
    writeFileSync(join(draft, 'package.json'), text);
    await npm(draft, 'install', '--ignore-scripts');
  });
  return folder;
}

/**
 * Compiles what users write against each SDK line with each compiler, library declarations included: our structural
 * types fit the SDK's, and our declarations stand on their own. What compiled once is compiled again when it changes.
 */
export function typeChecks(cache: string, sources: string, tarballs: readonly Tarball[]): Check[] {
  return COMPILERS.flatMap((compiler) => {
    let installed: Promise<string> | undefined;
    return LINES.map((line) => ({
      title: `types: SDK ${line}, TypeScript ${compiler.version}`,
      run: async () => {
        installed ??= installCompiler(cache, compiler.version);
        await compile(cache, sources, tarballs, line, compiler, await installed);
      },
    }));
  });
}

async function compile(
  cache: string,
  sources: string,
  tarballs: readonly Tarball[],
  line: string,
  compiler: Compiler,
  compilerFolder: string,
): Promise<void> {
  const [major] = line.split('.');
  const files = {
    'usage.ts': readFileSync(join(sources, 'usage.ts')),
    'trace-sdk.ts': readFileSync(join(sources, `trace-sdk-${major}.ts`)),
    'tsconfig.json': tsconfig(line, compiler, compilerFolder),
  };
  const folder = join(cache, 'lines', line, `types-${compiler.version}`);
  const hash = contentHash(...Object.values(files), ...tarballs.map((packed) => packed.hash));
  await cachedFolder(folder, hash, async (draft) => {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(draft, name), content);
    }
    const tsc = join(compilerFolder, 'node_modules', 'typescript', 'bin', 'tsc');
    await command(draft, process.execPath, [tsc, '--project', draft]);
  });
}

function tsconfig(line: string, compiler: Compiler, compilerFolder: string): string {
  return JSON.stringify({
    compilerOptions: {
      target: 'es2022',
      module: compiler.module,
      moduleResolution: compiler.moduleResolution,
      strict: true,
      exactOptionalPropertyTypes: line !== LINE_WITH_INEXACT_TYPES,
      skipLibCheck: false,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(compilerFolder, 'node_modules', '@types')],
    },
    files: ['usage.ts'],
  });
}
