import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs a command to its end and returns what it wrote to stdout; rejects with all it wrote when it fails. */
export async function command(
  folder: string,
  file: string,
  args: readonly string[],
): Promise<string> {
  try {
    const { stdout } = await execute(file, args, { cwd: folder, maxBuffer: MAX_OUTPUT_BYTES });
    return stdout;
  } catch (failure) {
    const { stdout = '', stderr = '' } = failure as { stdout?: string; stderr?: string };
    throw new Error(`${file} ${args.join(' ')} failed:\n${stdout}${stderr}`.trim(), {
      cause: failure,
    });
  }
}

/** npm without anything that is not an answer. */
export function npm(folder: string, ...args: readonly string[]): Promise<string> {
  return command(folder, 'npm', [...args, '--no-audit', '--no-fund', '--loglevel=error']);
}
