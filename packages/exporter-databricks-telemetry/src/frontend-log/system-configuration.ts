import { arch, release } from 'node:os';
import type { Attributes } from '@opentelemetry/api';
import { text } from '../attribute-values';
import { redact } from './redact';
import type { SystemConfiguration } from './schema';

/** `driver_name` by which the service knows the Node.js driver. */
const DRIVER_NAME = 'nodejs-sql-driver';
const MAX_NAME_LENGTH = 128;
const SEPARATOR = /[/\\]/;
/** A word with a separator that does not begin as an absolute path does. */
const CONTINUED_PATH = /^(?![/\\]|[A-Za-z]:[/\\]).*[/\\]/;
const LOCALE = /^([a-z]{2,3}_[A-Z]{2})(?:[.@]|$)/;

/** The values of `os.type` and `host.arch` that are not the words of Node.js. */
const PLATFORMS: ReadonlyMap<string, string> = new Map([
  ['windows', 'win32'],
  ['solaris', 'sunos'],
]);
const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['amd64', 'x64'],
  ['arm32', 'arm'],
  ['ppc32', 'ppc'],
]);

/**
 * The facts of the process that holds a connection; the driver's version and the application's name come from the
 * connection.
 *
 * @param resource resource attributes of that process, when it is not this one
 */
export function systemConfiguration(resource?: Attributes): SystemConfiguration {
  return resource === undefined ? ownConfiguration() : configurationOf(resource);
}

function ownConfiguration(): SystemConfiguration {
  const processName = processNameOf(process.title, process.argv[1]);
  const locale = LOCALE.exec(
    process.env['LC_ALL'] || process.env['LC_MESSAGES'] || process.env['LANG'] || '',
  )?.[1];
  return {
    driver_name: DRIVER_NAME,
    runtime_name: 'Node.js',
    runtime_version: process.version,
    runtime_vendor: 'Node.js Foundation',
    os_name: process.platform,
    os_version: release(),
    os_arch: arch(),
    char_set_encoding: 'UTF-8',
    ...(locale === undefined ? {} : { locale_name: locale }),
    ...(processName === undefined ? {} : { process_name: processName }),
  };
}

/** What the resource does not say is left out. It never has the locale. */
function configurationOf(resource: Attributes): SystemConfiguration {
  const read = (name: string): string | undefined => {
    const value = text(resource[name]);
    return value === undefined ? undefined : redact(value, MAX_NAME_LENGTH) || undefined;
  };
  const version = read('process.runtime.version');
  const platform = read('os.type');
  const architecture = read('host.arch');
  return {
    driver_name: DRIVER_NAME,
    runtime_name: 'Node.js',
    runtime_version: version === undefined ? undefined : `v${version}`,
    runtime_vendor: 'Node.js Foundation',
    os_name: platform && (PLATFORMS.get(platform) ?? platform),
    os_version: read('os.version'),
    os_arch: architecture && (ARCHITECTURES.get(architecture) ?? architecture),
    char_set_encoding: 'UTF-8',
    process_name: processNameOf(
      text(resource['process.executable.name']),
      text(resource['process.command']),
    ),
  };
}

/** @param script the path of the program that Node.js runs */
function processNameOf(title: string | undefined, script: string | undefined): string | undefined {
  // Node.js itself is the title, with its path when it was started by that, unless the application sets another.
  const name = title ? sanitizeProcessName(title) : 'node';
  return name === 'node' ? programName(script ?? '') : name;
}

/**
 * The program of a command line, without its directories, which name users and tenants, and without its arguments, which
 * carry secrets. `undefined` where a space may be part of a directory: what is before it may be the name of a user.
 */
export function sanitizeProcessName(commandLine: string | undefined): string | undefined {
  const [program = '', ...words] = commandLine?.trim().split(/\s+/) ?? [];
  const isCut = SEPARATOR.test(program) && words.some((word) => CONTINUED_PATH.test(word));
  return isCut ? undefined : programName(program);
}

/** Base name without extension of a program, whose path may have spaces and the separators of either system. */
export function programName(path: string): string | undefined {
  const base = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const stem = base.replace(/(?!^)\.[^.]*$/, '');
  // Such a "name" is an argument list without spaces, not a program.
  return stem.includes('=') ? undefined : redact(stem, MAX_NAME_LENGTH) || undefined;
}
