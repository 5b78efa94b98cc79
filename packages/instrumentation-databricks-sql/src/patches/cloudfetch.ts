import { SpanKind } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { DriverCall, metricFailureAttributes } from './driver-call';
import type {
  CloudFetchResultHandler,
  DownloadedFile,
  Operation,
  RowSetProvider,
} from '../driver/shapes';
import {
  ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX,
  ATTR_DATABRICKS_CLOUDFETCH_COMPRESSED,
  ATTR_DATABRICKS_CLOUDFETCH_ROW_COUNT,
  ATTR_DATABRICKS_CLOUDFETCH_SIZE,
  ATTR_DATABRICKS_OPERATION,
  OPERATION_CLOUDFETCH_DOWNLOAD,
} from '../semconv';
import type { Statement } from '../statement/statement';
import { observeMethod, traceMethod } from './method-patch';
import type { ClassPatch } from './method-patch';
import type { Tracing } from '../telemetry/tracing';

/** `TSparkRowSetType`. */
const CLOUDFETCH_FORMAT = 3;

/** `RowSetProvider`: the pages of a result, or the lists of links to its files. */
export function rowSetProviderPatch(tracing: Tracing): ClassPatch {
  return {
    fetchNext: observeMethod(tracing, 'RowSetProvider.fetchNext', (provider: RowSetProvider) => {
      const statement = statementOf(tracing, provider);
      return (
        statement && {
          resolved: (rowSet) => {
            if (rowSet != null) statement.totals.received(rowSet);
          },
        }
      );
    }),
  };
}

/**
 * `CloudFetchResultHandler`. A download runs in the context of the fetch that scheduled it and may outlive that fetch,
 * or even the close; its statement is found by the operation handle.
 */
export function cloudFetchPatch(tracing: Tracing): ClassPatch {
  return {
    downloadLink: traceMethod(tracing, 'downloadLink', (handler: CloudFetchResultHandler) => {
      const statement = statementOf(tracing, handler.source);
      return statement && new DownloadCall(tracing, handler, statement);
    }),
  };
}

function statementOf(
  tracing: Tracing,
  provider: RowSetProvider | undefined,
): Statement | undefined {
  const handle = provider?.operationHandle;
  return handle && tracing.statements.get(handle);
}

class DownloadCall extends DriverCall {
  private readonly index: number;

  constructor(
    tracing: Tracing,
    private readonly handler: CloudFetchResultHandler,
    override readonly statement: Statement,
  ) {
    const index = statement.totals.downloadStarted();
    super(
      tracing,
      tracing.config.cloudFetchSpans && tracing.isDetailSampled(statement)
        ? tracing.startSpan(
            'cloudfetch.download',
            SpanKind.INTERNAL,
            creation(handler, statement, index),
            statement,
          )
        : undefined,
      statement,
    );
    this.index = index;
  }

  /** Without a span the retries count for the fetch that scheduled the download, and so for the statement. */
  override get needsContext(): boolean {
    return this.span !== undefined;
  }

  override succeeded(file: DownloadedFile): void {
    const { statement, tracing, span } = this;
    const durationMs = performance.now() - this.startMs;
    let bytes = 0;
    for (const batch of file.batches ?? []) bytes += batch.byteLength ?? 0;
    statement.totals.downloadSucceeded(this.index, durationMs, bytes, file.rowCount ?? 0);
    if (tracing.metrics.live) {
      tracing.metrics.recordDownload(durationMs, bytes, statement.session.metric);
    }
    if (span === undefined) return;
    const attributes: Attributes = { [ATTR_DATABRICKS_CLOUDFETCH_SIZE]: bytes };
    if (file.rowCount !== undefined) {
      attributes[ATTR_DATABRICKS_CLOUDFETCH_ROW_COUNT] = file.rowCount;
    }
    span.setAttributes(attributes);
  }

  override failed(error: unknown): void {
    const { statement, tracing, handler } = this;
    // Telemetry completes the statement with a terminal error, and does not wait for the close.
    this.span?.setAttributes(statement.closeAttributes(operationOf(handler)));
    if (tracing.metrics.live) {
      tracing.metrics.recordDownload(performance.now() - this.startMs, undefined, {
        ...statement.session.metric,
        ...metricFailureAttributes(tracing.describeError(error, this)),
      });
    }
    super.failed(error);
  }
}

/** The operation as far as the handler of its files knows it. */
function operationOf({ source, isLZ4Compressed }: CloudFetchResultHandler): Operation {
  return {
    metadata: { resultFormat: CLOUDFETCH_FORMAT, lz4Compressed: isLZ4Compressed ?? null },
    ...(source === undefined ? {} : { _data: source }),
  };
}

function creation(
  handler: CloudFetchResultHandler,
  statement: Statement,
  index: number,
): Attributes {
  const { isLZ4Compressed } = handler;
  // What is spread comes last: a property that is added to a copy costs ten times the copy.
  return {
    [ATTR_DATABRICKS_OPERATION]: OPERATION_CLOUDFETCH_DOWNLOAD,
    [ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX]: index,
    ...(isLZ4Compressed === undefined
      ? {}
      : { [ATTR_DATABRICKS_CLOUDFETCH_COMPRESSED]: isLZ4Compressed }),
    ...statement.identity,
  };
}
