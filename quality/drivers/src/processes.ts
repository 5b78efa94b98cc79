import { spawn } from 'node:child_process';
import type { Command } from './driver';

export interface Finished {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command to its end, or to its time limit. */
export function run(
  { file, args }: Command,
  options: {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly timeoutMs?: number;
  } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      timeout: options.timeoutMs,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (part: Buffer) => (output += part.toString('utf8')));
    child.stderr.on('data', (part: Buffer) => (errors += part.toString('utf8')));
    child.once('error', ({ message }) => resolve({ status: null, output, errors: message }));
    child.once('close', (status) => resolve({ status, output, errors }));
  });
}

/** Runs a command that has to succeed. */
export async function mustRun(command: Command, cwd: string): Promise<void> {
  const { status, output, errors } = await run(command, { cwd });
  if (status !== 0) {
    throw new Error(`${command.file} ${command.args.join(' ')}: ${errors || output}`);
  }
}

/** Whether the tool is on this machine. */
export async function isPresent(tool: string): Promise<boolean> {
  const argument = tool === 'go' ? 'version' : '--version';
  return (await run({ file: tool, args: [argument] })).status === 0;
}
