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
  ATTR_DATABRICKS_CLOUDFETCH_HOST,
  ATTR_DATABRICKS_CLOUDFETCH_ROW_COUNT,
  ATTR_DATABRICKS_CLOUDFETCH_SIZE,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_RESULT_COMPRESSED,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
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

const HOST = /^https?:\/\/(?:[^/?#@]*@)?(\[[\da-f:.]+\]|[\p{L}\p{N}._-]+)(?::\d+)?(?:[/?#]|$)/iu;

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
  /** `downloadLink` sends its request before it first waits. */
  let beginning: DownloadCall | undefined;
  return {
    downloadLink: traceMethod(
      shared,
      'downloadLink',
      (handler: CloudFetchResultHandler, [link]) => {
        const statement = statementOf(shared, handler.source);
        beginning =
          statement && beginDownload(shared.telemetry, handler, statement, link as ResultLink);
        return beginning;
      },
    ),
    fetch: observeMethod(shared, 'CloudFetchResultHandler.fetch', () => {
      const call = beginning;
      beginning = undefined;
      return call && { resolved: (result) => call.answered(result) };
    }),
  };
}

/** The host of a link. Nothing else of it is kept: links are presigned. */
function hostOf(link: unknown): string | undefined {
  const { fileLink } = (link ?? {}) as { readonly fileLink?: unknown };
  return typeof fileLink === 'string' ? HOST.exec(fileLink)?.[1]?.toLowerCase() : undefined;
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
  const host = hostOf(link);
  const operation =
    telemetry.config.cloudFetchSpans && telemetry.isDetailSampled(statement)
      ? begin(telemetry, handler, statement, index, host, { origin: statement })
      : undefined;
  return new DownloadCall(telemetry, operation, handler, statement, index, link, host);
}

function begin(
  telemetry: Telemetry,
  handler: CloudFetchResultHandler,
  statement: Statement,
  index: number,
  host: string | undefined,
  beginning: Beginning,
): StartedOperation {
  return telemetry.begin(
    statement.session.connection,
    'cloudfetch.download',
    SpanKind.INTERNAL,
    creation(handler, statement, index, host),
    beginning,
  );
}

class DownloadCall extends DriverCall {
  readonly isStorage = true;
  readonly #handler: CloudFetchResultHandler;
  readonly #index: number;
  readonly #link: ResultLink;
  readonly #host: string | undefined;
  #status: number | undefined = undefined;

  constructor(
    telemetry: Telemetry,
    operation: StartedOperation | undefined,
    handler: CloudFetchResultHandler,
    override readonly statement: Statement,
    index: number,
    link: ResultLink,
    host: string | undefined,
  ) {
    super(telemetry, operation, statement);
    this.#handler = handler;
    this.#index = index;
    this.#link = link;
    this.#host = host;
  }

  /** From 1.16 the driver puts the body beside the response. */
  answered(result: unknown): void {
    const { response = result } = (result ?? {}) as { readonly response?: unknown };
    const { status } = (response ?? {}) as { readonly status?: unknown };
    if (typeof status === 'number') this.#status = status;
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
    if (metrics.live) metrics.recordDownload(durationMs, bytes, this.#metric(session.metric));
    if (this.operation === undefined) return;
    this.result = { [ATTR_DATABRICKS_CLOUDFETCH_SIZE]: bytes };
    if (this.#status !== undefined) this.result[ATTR_HTTP_RESPONSE_STATUS_CODE] = this.#status;
    if (rowCount !== undefined) this.result[ATTR_DATABRICKS_CLOUDFETCH_ROW_COUNT] = rowCount;
  }

  #metric(metric: Attributes): Attributes {
    const attributes: Attributes = { ...metric };
    if (this.#host !== undefined) attributes[ATTR_DATABRICKS_CLOUDFETCH_HOST] = this.#host;
    if (this.#status !== undefined) attributes[ATTR_HTTP_RESPONSE_STATUS_CODE] = this.#status;
    return attributes;
  }

  override failed(failure: Failure): void {
    const { statement, startMs, telemetry } = this;
    const { metrics } = telemetry;
    super.failed(failure);
    this.#status ??= failure.httpStatus;
    statement.totals.downloadFailed();
    if (metrics.live) {
      metrics.recordFailedDownload(
        clock.monotonicMs() - startMs,
        this.#metric(statement.session.metric),
        failure,
      );
    }
    // A terminal error completes the record, which does not wait for the close.
    if (this.isRecording || telemetry.isPublishing) {
      this.published = statement.completion(cloudFetchFacts(this.#handler));
      this.result = { ...this.published };
      if (this.#status !== undefined) this.result[ATTR_HTTP_RESPONSE_STATUS_CODE] = this.#status;
    }
    if (this.operation !== undefined) return;
    const beginning = { origin: statement, startMs, hasSpan: false };
    const started = begin(telemetry, this.#handler, statement, this.#index, this.#host, beginning);
    telemetry.end(started, { failure, published: this.published });
  }
}

function creation(
  { isLZ4Compressed }: CloudFetchResultHandler,
  statement: Statement,
  index: number,
  host: string | undefined,
): Attributes {
  // Spread last: adding a property to a spread copy makes V8 create a new hidden class (10 × slower).
  return {
    [ATTR_DATABRICKS_OPERATION]: OPERATION_CLOUDFETCH_DOWNLOAD,
    [ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX]: index,
    ...(host === undefined ? {} : { [ATTR_DATABRICKS_CLOUDFETCH_HOST]: host }),
    ...(isLZ4Compressed === undefined
      ? {}
      : { [ATTR_DATABRICKS_RESULT_COMPRESSED]: isLZ4Compressed }),
    ...statement.identity,
  };
}
