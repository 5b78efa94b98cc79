#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { GatewayConfig } from './config/config';
import { parseConfig } from './config/parse-config';
import { Gateway } from './gateway';
import { errorWord, Log } from './log';

const USAGE = `databricks-telemetry-gateway --config FILE [--check]

  --config FILE   the configuration; default: DATABRICKS_TELEMETRY_GATEWAY_CONFIG
  --check         checks the configuration and ends
  --help          prints this text
`;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

interface Arguments {
  readonly file: string;
  readonly isCheck: boolean;
}

/** `undefined` when the process is to end with what was written. */
function readArguments(): Arguments | undefined {
  try {
    const { values } = parseArgs({
      options: {
        config: { type: 'string' },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return undefined;
    }
    const file = values.config ?? process.env['DATABRICKS_TELEMETRY_GATEWAY_CONFIG'] ?? '';
    if (file !== '') return { file, isCheck: values.check };
    process.stderr.write('a configuration is needed: --config FILE\n');
  } catch {
    process.stderr.write('an argument is not known; --help lists them\n');
  }
  process.exitCode = EXIT_USAGE;
  return undefined;
}

function readConfig(file: string): GatewayConfig | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    process.stderr.write(`${file} cannot be read (${errorWord(error)})\n`);
    return undefined;
  }
  const parsed = parseConfig(text, process.env);
  if ('config' in parsed) return parsed.config;
  for (const mistake of parsed.mistakes) process.stderr.write(`${file}: ${mistake}\n`);
  return undefined;
}

async function main(): Promise<void> {
  const given = readArguments();
  if (given === undefined) return;
  const config = readConfig(given.file);
  if (config === undefined) {
    process.exitCode = EXIT_FAILED;
    return;
  }
  if (given.isCheck) {
    process.stdout.write(`${given.file}: ok\n`);
    return;
  }
  const log = new Log();
  log.takeDiagnostics();
  const { gateway, port } = await Gateway.start(config, log);
  const scheme = config.tls === undefined ? 'http' : 'https';
  log.info(`receives spans at ${scheme}://${config.listen.host}:${port}/v1/traces`);
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) return;
    isStopping = true;
    log.info(`stops for ${signal}`);
    gateway.stop().then(
      () => process.exit(),
      (error: unknown) => {
        log.error(`the stop failed (${errorWord(error)})`);
        process.exit(EXIT_FAILED);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  // Messages of the start name files, variables and ports, never a secret.
  process.stderr.write(
    `the gateway cannot start: ${error instanceof Error ? error.message : ''}\n`,
  );
  process.exit(EXIT_FAILED);
});
