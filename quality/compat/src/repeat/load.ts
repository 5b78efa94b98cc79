import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Condition } from './options';

/** Words before the command under a condition, or `undefined` where this machine cannot make it. */
export function commandPrefix(condition: Condition): readonly string[] | undefined {
  if (condition !== 'pinned') return [];
  const prefix = ['taskset', '--cpu-list', '0'];
  const [file = '', ...args] = prefix;
  return spawnSync(file, [...args, process.execPath, '--version']).status === 0
    ? prefix
    : undefined;
}

/** Keeps every core busy when the condition asks for it; the returned function ends that. */
export function startLoad(condition: Condition): () => void {
  if (condition !== 'busy') return () => undefined;
  // Each ends by itself when this process is gone.
  const script =
    "process.on('disconnect', () => process.exit()); const spin = () => { const end = performance.now() + 50; while (performance.now() < end); setImmediate(spin); }; spin();";
  const children: ChildProcess[] = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['--eval', script], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }),
  );
  return () => {
    for (const child of children) child.kill('SIGKILL');
  };
}
