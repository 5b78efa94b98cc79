/**
 * The shapes of `@databricks/sql` that this package reads, from 1.9 to 2.x. Fields that some release lacks are optional.
 */

export interface ConnectionOptions {
  readonly host?: string;
  readonly path?: string;
  readonly port?: number;
  readonly authType?: string;
  readonly oauthClientSecret?: string;
  readonly proxy?: unknown;
  readonly socketTimeout?: number;
  readonly userAgentEntry?: string;
  /** Name of `userAgentEntry` before 1.10. */
  readonly clientId?: string;
  readonly useKernel?: boolean;
  readonly customHeaders?: Readonly<Record<string, string>>;
  readonly telemetryEnabled?: boolean;
}

export interface ClientConfig {
  readonly useCloudFetch?: boolean;
  readonly useLZ4Compression?: boolean;
  readonly arrowEnabled?: boolean;
  readonly directResultsDefaultMaxRows?: number | null;
  readonly socketTimeout?: number;
  readonly enableMetricViewMetadata?: boolean;
  readonly customHeaders?: Readonly<Record<string, string>>;
  /** From 1.15, as the last `connect` left it. */
  telemetryEnabled?: boolean;
}

export interface AuthProvider {
  authenticate?(): Promise<unknown>;
}

/** `HttpConnection`. */
export interface ConnectionProvider {
  readonly options?: {
    readonly host?: string;
    readonly port?: number;
    readonly path?: string;
    readonly proxy?: unknown;
    readonly socketTimeout?: number;
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** What the auth provider gave for the last request; an empty object before the first one. */
  readonly headers?: unknown;
  getAgent?(): Promise<unknown>;
  getRetryPolicy?(): Promise<object>;
}

/** `DBSQLClient`. */
export interface Client {
  readonly driver?: object;
  readonly authProvider?: AuthProvider;
  readonly connectionProvider?: ConnectionProvider;
  /** From 1.16; the kernel's holds `nativeOptions`. */
  readonly backend?: { readonly nativeOptions?: { readonly telemetryEnabled?: boolean } };
  getConfig?(): ClientConfig;
  getAuthProvider?(): AuthProvider | undefined;
  getTelemetryEmitter?(): unknown;
}

export interface OpenSessionRequest {
  readonly initialCatalog?: string;
  readonly initialSchema?: string;
  readonly configuration?: Readonly<Record<string, string>>;
  readonly queryTags?: Readonly<Record<string, string | null | undefined>>;
}

/** `DBSQLSession`. */
export interface Session {
  readonly id?: string;
  /** In place of `id` before 1.8.4. */
  getId?(): string;
  readonly isOpen?: boolean;
  readonly context?: Client;
}

export interface ExecuteStatementOptions {
  readonly namedParameters?: Readonly<Record<string, unknown>>;
  readonly ordinalParameters?: readonly unknown[];
  readonly queryTags?: Readonly<Record<string, string | null | undefined>>;
}

/** The one object that client, operation, row set and download handler of a statement share. */
export interface OperationHandle {
  readonly operationId?: { readonly guid?: unknown } | null;
  readonly hasResultSet?: boolean;
}

/** `node-int64`. */
interface Int64 {
  toNumber(allowImprecise?: boolean): number;
}

/** The number, unless it is absent or negative, which stands for unknown. */
export function countOf(value: Int64 | null | undefined): number | undefined {
  const count = value?.toNumber(true);
  return count !== undefined && count >= 0 ? count : undefined;
}

/** `TGetResultSetMetadataResp`. */
export interface ResultSetMetadata {
  readonly resultFormat?: number | string | null;
  readonly lz4Compressed?: boolean | null;
  /** `TCacheLookupResult`. */
  readonly cacheLookupResult?: number | null;
  readonly uncompressedBytes?: Int64 | null;
}

/** `ResultSlicer`, and the sources below it, of which the innermost has the handle. */
export interface ResultSlicer {
  readonly source?: ResultSlicer;
  readonly operationHandle?: OperationHandle;
}

/** `DBSQLOperation`; from 1.16 most of it moved into `backend`. */
export interface Operation {
  readonly id?: string;
  /** In place of `id` before 1.8.4. */
  getId?(): string;
  readonly closed?: boolean;
  readonly cancelled?: boolean;
  readonly operationHandle?: OperationHandle;
  readonly metadata?: ResultSetMetadata;
  readonly closeOperation?: unknown;
  /** Row sets from the direct results that were not taken yet are in its `prefetchedResults`. */
  readonly _data?: RowSetProvider;
  readonly backend?: {
    readonly operationHandle?: OperationHandle;
    readonly metadata?: ResultSetMetadata;
    readonly closeOperation?: unknown;
    readonly asyncStatement?: unknown;
    readonly cancellableExecution?: unknown;
    getResultHandler?(): Promise<unknown>;
    /** The kernel's. */
    getResultSlicer?(): Promise<unknown>;
  };
  getResultHandler?(): Promise<unknown>;
}

interface ColumnVector {
  readonly values?: { readonly length: number };
}

/** `TRowSet`. */
export interface RowSet {
  readonly resultLinks?: readonly object[] | null;
  readonly arrowBatches?:
    | readonly {
        readonly batch?: { readonly length: number } | null;
        readonly rowCount?: { toNumber(allowImprecise?: boolean): number } | null;
      }[]
    | null;
  /** Each column has one of its fields set, by type. */
  readonly columns?: readonly Readonly<Record<string, ColumnVector | null>>[] | null;
}

/** `RowSetProvider`. */
export interface RowSetProvider {
  readonly operationHandle?: OperationHandle;
  readonly prefetchedResults?: readonly { readonly results?: RowSet | null }[];
}

/** `CloudFetchResultHandler`. */
export interface CloudFetchResultHandler {
  readonly isLZ4Compressed?: boolean;
  readonly source?: RowSetProvider;
}

/** `KernelOperationBackend`; the provider is there once the first rows were asked for. */
export interface KernelOperationBackend {
  readonly resultsProvider?: KernelResultsProvider;
}

/** `KernelResultsProvider`; the batch that was read and not yet taken. */
export interface KernelResultsProvider {
  readonly prefetched?: { readonly batches: readonly { readonly byteLength: number }[] };
}

/** `TSparkArrowResultLink`. */
export interface ResultLink {
  readonly rowCount?: { toNumber(allowImprecise?: boolean): number } | null;
}

/** What `downloadLink` resolves with: the file as it crossed the wire, not yet decompressed. */
export interface DownloadedFile {
  readonly batches?: readonly { readonly byteLength?: number }[];
  readonly rowCount?: number;
  /** Of the buffer that it resolves with before 1.8.4. */
  readonly byteLength?: number;
}

/** `TStatus`. */
export interface Status {
  readonly statusCode?: number | null;
  readonly sqlState?: string | null;
}

/** `TGetOperationStatusResp`. */
export interface OperationStatus {
  readonly status?: Status;
  readonly operationState?: number | null;
  readonly sqlState?: string | null;
  readonly errorMessage?: string | null;
  readonly displayMessage?: string | null;
  /** Of DML. */
  readonly numModifiedRows?: Int64 | null;
}

/** Any response of a call that opens an operation or a session. */
export interface Response {
  readonly status?: Status;
  readonly operationHandle?: OperationHandle | null;
  readonly directResults?: {
    readonly operationStatus?: OperationStatus | null;
  } | null;
}

/** `TExecuteStatementReq`, built by the driver for one call. */
export interface ExecuteStatementRequest {
  readonly statement?: string;
  confOverlay?: Readonly<Record<string, string>> | null;
}

/** `TOpenSessionReq`, built by the driver for one call. */
export interface SessionRequest {
  configuration?: Readonly<Record<string, string>> | null;
}

/** `TStatusCode`: the two values with which the driver rejects. */
const STATUS_CODE_ERROR = 3;
const STATUS_CODE_INVALID_HANDLE = 4;

export function isErrorStatus(status: Status | undefined): boolean {
  return (
    status?.statusCode === STATUS_CODE_ERROR || status?.statusCode === STATUS_CODE_INVALID_HANDLE
  );
}
