import path from 'node:path';
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
} from '@microsoft/api-extractor';
import { ROOT } from './entries.mjs';

const HANDLED = new Set([ExtractorLogLevel.Info, ExtractorLogLevel.Verbose]);
/** The report is about signatures; release tags and docstrings are not part of it. */
const OFF = { default: { logLevel: ExtractorLogLevel.None } };

/** Writes the signatures of one entry, and of the types they mention, to `<folder>/<entry>.api.md`. */
export function writeReport(pkg, entry, folder) {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(pkg.folder, 'package.json'),
    configObject: {
      projectFolder: pkg.folder,
      mainEntryPointFilePath: entry.declaration,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: tsconfigOf(entry) },
      apiReport: {
        enabled: true,
        reportFileName: `${entry.name}.api.md`,
        reportFolder: folder,
        reportTempFolder: path.join(folder, 'temp'),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: OFF,
        tsdocMessageReporting: OFF,
      },
    },
  });
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    compilerState: CompilerState.create(config),
    messageCallback(message) {
      message.handled =
        HANDLED.has(message.logLevel) || message.messageId === 'console-api-report-created';
    },
  });
  if (!succeeded) throw new Error(`API Extractor could not read ${entry.name}`);
}

function tsconfigOf(entry) {
  return {
    compilerOptions: {
      target: 'es2022',
      lib: ['es2023', 'es2024.string'],
      module: 'node16',
      moduleResolution: 'node16',
      types: ['node'],
      typeRoots: [path.join(ROOT, 'node_modules/@types')],
      strict: true,
      skipLibCheck: true,
    },
    files: [entry.declaration],
  };
}
