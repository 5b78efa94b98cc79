import { chunksIn } from '../driver/row-set';
import type { CloudFetchResultHandler, Operation, RowSetProvider } from '../driver/shapes';
import { countOf } from '../driver/shapes';
import type { CacheLookup, ResultFormat } from '../semconv';
import type { ResultFacts } from '../statement/totals';

/** `TSparkRowSetType`. */
const FORMATS: ReadonlyMap<unknown, ResultFormat> = new Map([
  [0, 'inline_arrow'],
  [1, 'inline_columnar'],
  [3, 'cloudfetch'],
]);

/** `TCacheLookupResult`. */
const CACHE_LOOKUPS: readonly CacheLookup[] = ['ineligible', 'local_hit', 'remote_hit', 'miss'];

/** What an operation of the driver knows of its results. */
export function resultFacts(operation: Operation, isKernel: boolean): ResultFacts {
  const handle = operation.backend?.operationHandle ?? operation.operationHandle;
  const format = resultFormat(operation, isKernel);
  const metadata = metadataOf(operation);
  const isCompressed = metadata?.lz4Compressed;
  return {
    hasResultSet: handle === undefined || handle.hasResultSet === true,
    format,
    isCompressed:
      isKernel || format === 'inline_columnar' ? undefined : (isCompressed ?? undefined),
    unreadChunks: unreadChunksOf(operation._data),
    cacheLookup: CACHE_LOOKUPS[metadata?.cacheLookupResult ?? -1],
    uncompressedBytes: countOf(metadata?.uncompressedBytes),
  };
}

/** What the download handler of a CloudFetch result knows of it. */
export function cloudFetchFacts(handler: CloudFetchResultHandler): ResultFacts {
  return {
    hasResultSet: true,
    format: 'cloudfetch',
    isCompressed: handler.isLZ4Compressed,
    unreadChunks: unreadChunksOf(handler.source),
    cacheLookup: undefined,
    uncompressedBytes: undefined,
  };
}

/** `undefined` until the driver has the metadata. On the kernel every result is Arrow, files included. */
export function resultFormat(operation: Operation, isKernel: boolean): ResultFormat | undefined {
  return isKernel ? undefined : FORMATS.get(metadataOf(operation)?.resultFormat);
}

function metadataOf({ backend, metadata }: Operation): Operation['metadata'] {
  return backend?.metadata ?? metadata;
}

/** Row sets that came with the submit count as offered although the application did not ask for them. */
function unreadChunksOf(provider: RowSetProvider | undefined): number {
  let chunks = 0;
  for (const { results } of provider?.prefetchedResults ?? []) {
    if (results != null) chunks += chunksIn(results).chunks;
  }
  return chunks;
}
