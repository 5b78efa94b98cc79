import type { Statement } from '../statement';
import type { ResultStorage } from '../storage/result-storage';
import type { ResultPlan, RowRange } from './result-plan';

const DEFAULT_LINK_LIFETIME_MS = 15 * 60 * 1000;
const REFUSED_STATUS = 403;

/** Where the links of a CloudFetch result point to. */
export interface LinkTarget {
  readonly storage: ResultStorage;
  /** `https://host[:port]`. */
  readonly origin: string;
}

/** Puts one chunk into the storage as a file of its own. */
export function storeChunk(
  statement: Statement,
  plan: ResultPlan,
  chunk: RowRange,
  { storage, origin }: LinkTarget,
): { url: string; expiresAt: number; bytes: number } {
  const { script } = statement;
  const index = plan.chunks.indexOf(chunk);
  const bytes = statement.encoder(plan).file(chunk);
  const { error } = script;
  const failure =
    error?.at === 'download' && (error.index ?? 0) === index
      ? (error.download ?? REFUSED_STATUS)
      : undefined;
  const lifetimeMs =
    failure === 'expired' ? 0 : (script.linkLifetimeMs ?? DEFAULT_LINK_LIFETIME_MS);
  const link = storage.put(
    origin,
    `chunk-${String(index).padStart(5, '0')}.arrow${plan.compressed ? '.lz4' : ''}`,
    {
      bytes,
      statementId: statement.id,
      delayMs: script.downloadDelayMs ?? 0,
      failureStatus: typeof failure === 'number' ? failure : undefined,
      onServed: () => {
        statement.chunksServed += 1;
        statement.bytesServed += bytes.length;
        statement.rowsServed += chunk.to - chunk.from;
      },
    },
    lifetimeMs,
  );
  return { ...link, bytes: bytes.length };
}
