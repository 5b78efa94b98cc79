import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SDK_LINES } from './axes';
import { cachedFolder, contentHash } from './cached-folder';
import { check, type CheckResult } from './check';
import { command, npm } from './command';
import { manifest } from './installation';
import { mapConcurrently } from './concurrent';

/** Each compiler, and the module resolution it is tried with. */
const COMPILERS = [
  { version: '5.9.3', module: 'node16', moduleResolution: 'node16' },
  { version: '6.0.3', module: 'esnext', moduleResolution: 'bundler' },
  { version: '7.0.2', module: 'node16', moduleResolution: 'node16' },
] as const;
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
 * types fit the SDK's, and our declarations stand on their own.
 */
export async function checkTypes(
  cache: string,
  sources: string,
  concurrency: number,
): Promise<CheckResult[]> {
  const compilers = await mapConcurrently(COMPILERS, concurrency, async (compiler) => ({
    ...compiler,
    folder: await installCompiler(cache, compiler.version),
  }));
  const combinations = LINES.flatMap((line) => compilers.map((compiler) => ({ line, compiler })));
  return mapConcurrently(combinations, concurrency, ({ line, compiler }) =>
    check(`types: SDK ${line}, TypeScript ${compiler.version}`, async () => {
      const folder = join(cache, 'lines', line, `types-${compiler.version}`);
      mkdirSync(folder, { recursive: true });
      const traceSdk = SDK_LINES[line]?.traceSdk[0].endsWith('-base') ? '2' : '3';
      cpSync(join(sources, 'usage.ts'), join(folder, 'usage.ts'));
      cpSync(join(sources, `trace-sdk-${traceSdk}.ts`), join(folder, 'trace-sdk.ts'));
      const tsconfig = {
        compilerOptions: {
          target: 'es2022',
          module: compiler.module,
          moduleResolution: compiler.moduleResolution,
          strict: true,
          exactOptionalPropertyTypes: line !== LINE_WITH_INEXACT_TYPES,
          skipLibCheck: false,
          noEmit: true,
          types: ['node'],
          typeRoots: [join(compiler.folder, 'node_modules', '@types')],
        },
        files: ['usage.ts'],
      };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
      const tsc = join(compiler.folder, 'node_modules', 'typescript', 'bin', 'tsc');
      await command(folder, process.execPath, [tsc, '--project', folder]);
    }),
  );
}
