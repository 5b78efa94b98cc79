import { startImmediate } from '../clock';
import { guardedListener, logDebug } from '../diagnostics';

const PLACE = 'the end of the process';
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** What delivers telemetry at the end of a process. Neither promise rejects. */
export interface Flushable {
  /** Delivers what is pending. */
  forceFlush(): Promise<void>;
  /** Delivers what is pending, open statements included; nothing is reported afterwards. */
  shutdown(): Promise<void>;
}

/**
 * Flushes when the process ends: before its event loop runs dry, and on SIGTERM and SIGINT.
 *
 * The application's own handlers of these signals and its exit code stay what they are. Where there are such handlers,
 * they decide about the end of the process: the flush starts beside them. Where there are none, the process flushes and
 * then dies of the signal, as it would have at once; a second signal ends it at once.
 *
 * @returns the function that takes the handlers off
 */
export function flushAtProcessEnd(flushable: Flushable): () => void {
  const onBeforeExit = guardedListener(PLACE, () => {
    run('beforeExit', flushable.shutdown());
  });
  process.once('beforeExit', onBeforeExit);

  const onSignal = guardedListener(PLACE, (signal: NodeJS.Signals) => {
    // Off while the others run: libraries look whether they are alone before they end the process themselves.
    process.removeListener(signal, onSignal);
    if (process.listenerCount(signal) > 0) {
      run(signal, flushable.forceFlush());
      startImmediate(PLACE, () => {
        process.prependListener(signal, onSignal);
      });
      return;
    }
    run(signal, dieOf(signal));
  });
  const dieOf = async (signal: NodeJS.Signals): Promise<void> => {
    await flushable.shutdown();
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);

  return () => {
    process.removeListener('beforeExit', onBeforeExit);
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  };
}

function run(reason: string, flush: Promise<void>): void {
  flush.catch((error: unknown) => logDebug(`the flush at ${reason} failed`, error));
}
