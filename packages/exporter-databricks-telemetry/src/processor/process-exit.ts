import { guarded, guardedListener } from '../diagnostics';

const watched = new Set<() => void>();
const PLACE = 'the exit of the process';

const exited = guardedListener(PLACE, () => {
  for (const onExit of watched) guarded(PLACE, onExit);
});

/**
 * Calls `onExit` when the process exits. One listener of the process serves all callers: many would make Node.js print a
 * warning.
 *
 * @returns the function that takes `onExit` off
 */
export function watchProcessExit(onExit: () => void): () => void {
  if (watched.size === 0) process.on('exit', exited);
  watched.add(onExit);
  return () => {
    watched.delete(onExit);
    if (watched.size === 0) process.removeListener('exit', exited);
  };
}
