import { appendFile } from 'node:fs';
import { clock } from '../clock';
import type { PayloadListener, ResolvedExporterOptions } from '../config';
import { guardedListener, logDebug, runCallback } from '../diagnostics';
import { encodeBody } from '../frontend-log/request-body';
import type { BatchInFlight } from './batch-in-flight';
import { RecordEncoder } from './record-encoder';
import { AUTHENTICATED_PATH } from './workspace-client';

/** Receives the payloads instead of the workspace. `undefined` when this is no dry run. */
export function payloadSink({
  dryRun,
  dryRunPath,
}: Pick<ResolvedExporterOptions, 'dryRun' | 'dryRunPath'>): PayloadListener | undefined {
  switch (dryRun) {
    case 'diag':
      return ({ host, path, body }) => logDebug(`${host}${path} ${body}`);
    case 'file':
      return (payload) =>
        appendFile(
          dryRunPath,
          `${JSON.stringify(payload)}\n`,
          guardedListener('dryRun', (error) => {
            if (error) logDebug('the dry run could not be written', error);
          }),
        );
    default:
      return dryRun;
  }
}

/** Gives the payload of each batch to a sink and sends nothing. Asks for no credentials. */
export class DryRun {
  readonly #sink: PayloadListener;
  readonly #encoder = new RecordEncoder();

  constructor(sink: PayloadListener) {
    this.#sink = sink;
  }

  send(batches: readonly BatchInFlight[]): Promise<void> {
    for (const batch of batches) this.#write(batch);
    return Promise.resolve();
  }

  shutdownBegins(): void {}

  release(): void {}

  #write(batch: BatchInFlight): void {
    const logs: string[] = [];
    for (const record of batch.pending()) {
      const log = this.#encoder.encode(record);
      if (log !== undefined) logs.push(log);
      record.settle(
        log === undefined ? { kind: 'dropped', reason: 'untranslatable' } : { kind: 'delivered' },
      );
    }
    if (logs.length === 0) return;
    const body = Buffer.concat(encodeBody(logs, clock.epochMs())).toString();
    const payload = { host: batch.destination.host.key, path: AUTHENTICATED_PATH, body };
    runCallback('dryRun', () => this.#sink(payload));
  }
}
