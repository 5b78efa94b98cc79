/** Where a secret is: never in the configuration itself. */
export type SecretSource = { readonly file: string } | { readonly env: string };

export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: SecretSource;
}

export interface WorkspaceConfig {
  /** The bare name, in lower case. */
  readonly host: string;
  readonly port: number;
  readonly credentials:
    | { readonly kind: 'token'; readonly token: SecretSource }
    | { readonly kind: 'oauth'; readonly client: OAuthClient };
  /** File of certificate authorities to trust in addition. */
  readonly caFile: string | undefined;
}

export interface TlsConfig {
  readonly certFile: string;
  readonly keyFile: string;
  /** Clients must show a certificate of one of these authorities. */
  readonly clientCaFile: string | undefined;
}

/** Limits of the gateway, each for the whole process unless it says otherwise. */
export interface Limits {
  /** Bytes of a request's body as it is sent. */
  readonly maxBodyBytes: number;
  /** Bytes of a request's body after decompression. */
  readonly maxInflatedBytes: number;
  /** Requests that are read or stored at the same time. */
  readonly maxRequests: number;
  /** Resident memory in MiB beyond which requests are turned away. */
  readonly maxMemoryMiB: number;
  /** Connections whose facts are kept. */
  readonly maxConnections: number;
  /** Records of one workspace in memory; more wait in the journal. */
  readonly maxRecords: number;
  /** Spans of one workspace in the journal. */
  readonly maxJournalSpans: number;
}

export interface Timing {
  /**
   * Seconds that spans wait for others that may come after them: for the facts of their connection, and the close of a
   * session for the spans of its statements.
   */
  readonly reorderSeconds: number;
  /** Seconds until an ended, idle statement is reported without its close. */
  readonly statementIdleSeconds: number;
  /** Seconds without a span until a connection is forgotten. */
  readonly connectionIdleSeconds: number;
  /** Seconds from the first record of a batch until it is sent. */
  readonly batchDelaySeconds: number;
  /** Seconds that spans stay in the journal at most. */
  readonly retentionSeconds: number;
  /** Seconds that a stop may take. */
  readonly stopSeconds: number;
}

export interface GatewayConfig {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: TlsConfig | undefined;
  readonly bearerToken: SecretSource | undefined;
  readonly journal: { readonly directory: string; readonly sync: boolean };
  readonly workspaces: readonly WorkspaceConfig[];
  readonly allowPrivateHosts: boolean;
  readonly limits: Limits;
  readonly timing: Timing;
}

/** Defaults and bounds of the numbers: `[default, least, most]`. A test compares the README with these tables. */
export const LIMITS: Readonly<Record<keyof Limits, readonly [number, number, number]>> = {
  maxBodyBytes: [8_388_608, 1_024, 268_435_456],
  maxInflatedBytes: [33_554_432, 1_024, 536_870_912],
  maxRequests: [16, 1, 10_000],
  maxMemoryMiB: [1_024, 64, 1_048_576],
  maxConnections: [100_000, 1, 10_000_000],
  maxRecords: [20_000, 1, 80_000],
  maxJournalSpans: [1_000_000, 1, 1_000_000_000],
};

export const TIMING: Readonly<Record<keyof Timing, readonly [number, number, number]>> = {
  reorderSeconds: [10, 0, 600],
  statementIdleSeconds: [3_600, 1, 604_800],
  connectionIdleSeconds: [86_400, 60, 2_592_000],
  batchDelaySeconds: [5, 0.01, 600],
  retentionSeconds: [604_800, 60, 31_536_000],
  stopSeconds: [10, 0.1, 600],
};
