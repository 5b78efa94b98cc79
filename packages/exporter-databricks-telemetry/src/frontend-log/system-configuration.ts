import { arch, release } from 'node:os';
import { redact } from './redact';
import type { SystemConfiguration } from './schema';

/** `driver_name` by which the service knows the Node.js driver. */
const DRIVER_NAME = 'nodejs-sql-driver';
const MAX_NAME_LENGTH = 128;
const LOCALE = /^([a-z]{2,3}_[A-Z]{2})(?:[.@]|$)/;

/** The facts of this process; the driver's version and the application's name come from the connection. */
export function systemConfiguration(): SystemConfiguration {
  const processName = sanitizeProcessName(
    process.title && process.title !== 'node' ? process.title : process.argv[1],
  );
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

/**
 * Base name of the program without its extension: no directories, which name users and tenants, and no arguments,
 * which carry secrets.
 */
export function sanitizeProcessName(name: string | undefined): string | undefined {
  const program = name?.trim().split(/\s/, 1)[0] ?? '';
  const base = program.slice(Math.max(program.lastIndexOf('/'), program.lastIndexOf('\\')) + 1);
  const stem = base.replace(/(?!^)\.[^.]*$/, '');
  // Such a "name" is an argument list without spaces, not a program.
  return stem.includes('=') ? undefined : redact(stem, MAX_NAME_LENGTH) || undefined;
}
