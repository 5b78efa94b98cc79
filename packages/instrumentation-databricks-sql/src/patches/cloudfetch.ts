import { SpanKind } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { clock } from '../clock';
import type {
  CloudFetchResultHandler,
  DownloadedFile,
  ResultLink,
  RowSetProvider,
} from '../driver/shapes';
import {
  ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX,
  ATTR_DATABRICKS_CLOUDFETCH_ROW_COUNT,
  ATTR_DATABRICKS_CLOUDFETCH_SIZE,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_RESULT_COMPRESSED,
  OPERATION_CLOUDFETCH_DOWNLOAD,
} from '../semconv';
import type { Statement } from '../statement/statement';
import type { Failure } from '../telemetry/failure';
import type { Beginning, StartedOperation } from '../telemetry/operation';
import type { Telemetry } from '../telemetry/telemetry';
import { DriverCall } from './driver-call';
import { observeMethod, traceMethod } from './method-patch';
import type { ClassPatch } from './method-patch';
import { cloudFetchFacts } from './result-facts';
import type { SharedState } from './shared-state';

/** `RowSetProvider`: the pages of a result, or the lists of links to its files. */
export function rowSetProviderPatch(shared: SharedState): ClassPatch {
  return {
    fetchNext: observeMethod(shared, 'RowSetProvider.fetchNext', (provider: RowSetProvider) => {
      const statement = statementOf(shared, provider);
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
 * or even the close, so its statement is found by the operation handle.
 */
export function cloudFetchPatch(shared: SharedState): ClassPatch {
  return {
    downloadLink: traceMethod(
      shared,
      'downloadLink',
      (handler: CloudFetchResultHandler, [link]) => {
        const statement = statementOf(shared, handler.source);
        return statement && beginDownload(shared.telemetry, handler, statement, link as ResultLink);
      },
    ),
  };
}

function statementOf(
  shared: SharedState,
  provider: RowSetProvider | undefined,
): Statement | undefined {
  const handle = provider?.operationHandle;
  return handle && shared.statements.get(handle);
}

function beginDownload(
  telemetry: Telemetry,
  handler: CloudFetchResultHandler,
  statement: Statement,
  link: ResultLink,
): DownloadCall {
  const index = statement.totals.downloadStarted();
  const operation =
    telemetry.config.cloudFetchSpans && telemetry.isDetailSampled(statement)
      ? begin(telemetry, handler, statement, index, { origin: statement })
      : undefined;
  return new DownloadCall(telemetry, operation, handler, statement, index, link);
}

function begin(
  telemetry: Telemetry,
  handler: CloudFetchResultHandler,
  statement: Statement,
  index: number,
  beginning: Beginning,
): StartedOperation {
  return telemetry.begin(
    statement.session.connection,
    'cloudfetch.download',
    SpanKind.INTERNAL,
    creation(handler, statement, index),
    beginning,
  );
}

class DownloadCall extends DriverCall {
  readonly isStorage = true;
  readonly #handler: CloudFetchResultHandler;
  readonly #index: number;
  readonly #link: ResultLink;

  constructor(
    telemetry: Telemetry,
    operation: StartedOperation | undefined,
    handler: CloudFetchResultHandler,
    override readonly statement: Statement,
    index: number,
    link: ResultLink,
  ) {
    super(telemetry, operation, statement);
    this.#handler = handler;
    this.#index = index;
    this.#link = link;
  }

  /** Without a span, retries count for the fetch that scheduled the download, and so for the statement. */
  override get needsContext(): boolean {
    return this.operation !== undefined;
  }

  override succeeded(file: DownloadedFile): void {
    const { totals, session } = this.statement;
    const { metrics } = this.telemetry;
    const durationMs = clock.monotonicMs() - this.startMs;
    let bytes = 0;
    for (const batch of file.batches ?? [file]) bytes += batch.byteLength ?? 0;
    const rowCount = file.rowCount ?? this.#link.rowCount?.toNumber(true);
    totals.downloadSucceeded(this.#index, durationMs, bytes, rowCount ?? 0);
    if (metrics.live) metrics.recordDownload(durationMs, bytes, session.metric);
    if (this.operation === undefined) return;
    this.result = { [ATTR_DATABRICKS_CLOUDFETCH_SIZE]: bytes };
    if (rowCount !== undefined) this.result[ATTR_DATABRICKS_CLOUDFETCH_ROW_COUNT] = rowCount;
  }

  override failed(failure: Failure): void {
    const { statement, startMs, telemetry } = this;
    const { metrics } = telemetry;
    super.failed(failure);
    if (metrics.live) {
      metrics.recordFailedDownload(
        clock.monotonicMs() - startMs,
        statement.session.metric,
        failure,
      );
    }
    // A terminal error completes the record, which does not wait for the close.
    if (this.isRecording || telemetry.isPublishing) {
      this.result = this.published = statement.completion(cloudFetchFacts(this.#handler));
    }
    if (this.operation !== undefined) return;
    const beginning = { origin: statement, startMs, hasSpan: false };
    const started = begin(telemetry, this.#handler, statement, this.#index, beginning);
    telemetry.end(started, { failure, published: this.published });
  }
}

function creation(
  { isLZ4Compressed }: CloudFetchResultHandler,
  statement: Statement,
  index: number,
): Attributes {
  // Spread last: adding a property to a spread copy makes V8 create a new hidden class (10 × slower).
  return {
    [ATTR_DATABRICKS_OPERATION]: OPERATION_CLOUDFETCH_DOWNLOAD,
    [ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX]: index,
    ...(isLZ4Compressed === undefined
      ? {}
      : { [ATTR_DATABRICKS_RESULT_COMPRESSED]: isLZ4Compressed }),
    ...statement.identity,
  };
}
