import { appendFile } from 'node:fs';
import type { PayloadListener, ResolvedExporterOptions } from '../config';
import { logDebug } from '../diagnostics';

/** What is given the payloads in the place of the workspace; `undefined` when they are sent. */
export function dryRunSink({
  dryRun,
  dryRunPath,
}: Pick<ResolvedExporterOptions, 'dryRun' | 'dryRunPath'>): PayloadListener | undefined {
  switch (dryRun) {
    case 'diag':
      return ({ host, path, body }) => logDebug(`${host}${path} ${body}`);
    case 'file':
      return (payload) =>
        appendFile(dryRunPath, `${JSON.stringify(payload)}\n`, (error) => {
          if (error) logDebug('the dry run could not be written', error);
        });
    default:
      return dryRun;
  }
}
