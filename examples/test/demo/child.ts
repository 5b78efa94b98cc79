import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { promisify } from 'node:util';
import type { Report, Task } from './application';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** What a Node.js program of this package writes; rejects when it exits with another code than 0. */
export async function output(
  file: string,
  ...args: string[]
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return run(process.execPath, [path.resolve(__dirname, file), ...args], {
    maxBuffer: MAX_OUTPUT_BYTES,
  });
}

/** Runs the story in a process of its own. */
export async function runApplication(
  connection: Task['connection'],
  instrumented: boolean,
  shutdownTimeoutMs?: number,
): Promise<Report> {
  const task: Task = { connection, instrumented, shutdownTimeoutMs };
  const { stdout, stderr } = await output('application.js', JSON.stringify(task));
  if (stderr !== '') throw new Error(`the application wrote to standard error: ${stderr}`);
  return JSON.parse(stdout) as Report;
}
