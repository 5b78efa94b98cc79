import { randomInt } from 'node:crypto';
import * as tls from 'node:tls';
import type {
  KernelConnectionOptions,
  OAuthConnectionOptions,
  ProxiedConnectionOptions,
  ProxyOptions,
  WarehouseConnectionOptions,
} from './connection-options';
import { CannedEngine } from './engine/canned-engine';
import type { IncomingRequest } from './endpoint';
import type { Engine } from './engine/engine';
import { FaultRules } from './faults';
import type { Fault, FaultRule } from './faults';
import { ConnectProxy } from './network/connect-proxy';
import type { ProxyCredentials } from './network/connect-proxy';
import { serveExchange } from './network/exchange';
import { Listener, LOOPBACK_ADDRESS } from './network/listener';
import { RequestLog } from './request-log';
import type { LoggedRequest, RequestMatch } from './request-log';
import { FeatureFlagEndpoint } from './rest/feature-flags';
import type { FeatureFlag } from './rest/feature-flags';
import { OAuthEndpoint } from './rest/oauth';
import type { ServicePrincipal } from './rest/oauth';
import { StatementExecutionEndpoint } from './rest/statement-execution';
import { TelemetryEndpoint } from './rest/telemetry';
import type { TelemetryPost } from './rest/telemetry';
import type { Script, StatementMatch, StatementScript } from './script';
import type { StatementFacts } from './statement';
import { ResultStorage } from './storage/result-storage';
import { Volumes } from './storage/volumes';
import { ThriftEndpoint } from './thrift/thrift-endpoint';
import { ThriftService } from './thrift/thrift-service';
import { CertificateAuthority } from './tls/certificate-authority';
import { Tokens } from './tokens';
import { Warehouse } from './warehouse';

/** Host names that only the warehouse's proxy knows. */
export const WORKSPACE_HOST = 'local-warehouse.cloud.databricks.example';
export const STORAGE_HOST = 'results.local-warehouse.example';
/** The driver does OAuth only with hosts of Databricks' own domains; the name never leaves the warehouse's proxy. */
export const OAUTH_WORKSPACE_HOST = 'local-warehouse.cloud.databricks.com';

const PROTOCOL_V8 = 0xa508;
const DEFAULT_CLOUD_FETCH_MIN_ROWS = 100_000;
const DEFAULT_LOG_CAPACITY = 10_000;
const FLAG_TTL_SECONDS = 900;
const WAREHOUSE_ID_DIGITS = 16;
const MAX_WORKSPACE_ID = 2 ** 47;

export interface LocalWarehouseOptions {
  /** The port of 127.0.0.1 to listen on; one that the system chooses by default. */
  readonly port?: number;
  /** A made authority, to share one between processes or warehouses. */
  readonly authority?: CertificateAuthority;
  /** When the certificate of the loopback address runs out; 30 days from now by default. */
  readonly certificateValidUntil?: Date;
  /** Asked for by the proxy (407 without); none by default. */
  readonly proxyCredentials?: ProxyCredentials;
  /** Whether a client has to show a certificate of the authority. */
  readonly mutualTls?: boolean;
  /** Answers the SQL; the canned engine by default. It is closed with the warehouse. */
  readonly engine?: Engine;
  /** The newest Thrift protocol version to speak; `0xa508` (V8) by default. */
  readonly protocolVersion?: number;
  /** Results from this many rows on go to CloudFetch when the client can download; 100 000 by default. */
  readonly cloudFetchMinRows?: number;
  /** How many requests, statements and telemetry posts are remembered at least; 10 000 by default. */
  readonly logCapacity?: number;
}

/** A Databricks SQL warehouse on loopback, for the real driver. */
export class LocalWarehouse {
  /** The tenant that `connectionOptions()` connects as. */
  static readonly DEFAULT_TENANT = 'default';

  readonly flag: FeatureFlag = {
    enabled: true,
    ttlSeconds: FLAG_TTL_SECONDS,
    status: 200,
    delayMs: 0,
  };
  readonly authority: CertificateAuthority;
  readonly token: string;
  readonly warehouseId: string;
  /** The workspace's numeric id, as in `?o=` of the http path. */
  readonly workspaceId: string;
  readonly tokens = new Tokens();
  readonly oauth = new OAuthEndpoint(this.tokens);
  readonly #volumes = new Volumes();
  readonly #stopping = new AbortController();
  readonly #log: RequestLog;
  readonly #faults = new FaultRules();
  readonly #telemetry: TelemetryEndpoint;
  readonly #warehouse: Warehouse;
  readonly #listener: Listener;
  readonly #engine: Engine;
  readonly #proxyCredentials: ProxyCredentials | undefined;
  readonly #clientCertificate: { readonly clientCert?: string; readonly clientKey?: string };

  private constructor(options: LocalWarehouseOptions) {
    const { signal } = this.#stopping;
    const logCapacity = options.logCapacity ?? DEFAULT_LOG_CAPACITY;
    this.authority = options.authority ?? new CertificateAuthority();
    this.#proxyCredentials = options.proxyCredentials;
    this.#clientCertificate = options.mutualTls === true ? clientCertificate(this.authority) : {};
    this.token = this.tokens.issue(LocalWarehouse.DEFAULT_TENANT);
    this.warehouseId = hexDigits(WAREHOUSE_ID_DIGITS);
    this.workspaceId = String(randomInt(1, MAX_WORKSPACE_ID));
    this.#engine = options.engine ?? new CannedEngine();
    this.#log = new RequestLog(logCapacity);
    this.#telemetry = new TelemetryEndpoint(logCapacity);
    const storage = new ResultStorage(signal);
    this.#warehouse = new Warehouse(
      this.#engine,
      storage,
      this.#volumes,
      {
        protocolVersion: options.protocolVersion ?? PROTOCOL_V8,
        cloudFetchMinRows: options.cloudFetchMinRows ?? DEFAULT_CLOUD_FETCH_MIN_ROWS,
        logCapacity,
      },
      signal,
    );
    const endpoints = [
      new ThriftEndpoint(new ThriftService(this.#warehouse), storage, linkOrigin),
      new StatementExecutionEndpoint(this.#warehouse, linkOrigin),
      storage,
      this.#volumes,
      this.oauth,
      this.#telemetry,
      new FeatureFlagEndpoint(this.flag, signal),
    ];
    const proxy = new ConnectProxy(this.#log, this.#faults, options.proxyCredentials);
    const context = {
      endpoints,
      log: this.#log,
      faults: this.#faults,
      tokens: this.tokens,
      workspaceId: this.workspaceId,
      resetConnection: (clientPort: number | undefined) => {
        this.#listener.resetConnection(clientPort);
      },
      signal,
    };
    this.#listener = new Listener({
      port: options.port ?? 0,
      identity: this.authority.issueServer(
        [LOOPBACK_ADDRESS, 'localhost'],
        options.certificateValidUntil,
      ),
      secureContext: secureContexts(this.authority),
      clientAuthority: options.mutualTls === true ? this.authority.certificate : undefined,
      fate: () => this.#faults.forConnection() ?? 'serve',
      onRequest: (incoming, response) => {
        serveExchange(incoming, response, context).catch(() => response.destroy());
      },
      onConnect: (request, socket) => proxy.accept(request, socket),
    });
  }

  /** Starts a warehouse on a loopback port. Rejects with `EADDRINUSE` when the port is taken. */
  static async start(options: LocalWarehouseOptions = {}): Promise<LocalWarehouse> {
    const warehouse = new LocalWarehouse(options);
    await warehouse.#listener.listen();
    return warehouse;
  }

  /** Ends everything at once; afterwards nothing of it keeps the process alive. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#faults.clear();
    await this.#listener.close();
    this.#warehouse.sessions.closeAll();
    await this.#engine.close();
  }

  get port(): number {
    return this.#listener.port;
  }

  /** The http path of the warehouse, with the workspace's id. */
  get httpPath(): string {
    return `/sql/1.0/warehouses/${this.warehouseId}?o=${this.workspaceId}`;
  }

  /**
   * For `DBSQLClient.connect`, straight to the loopback address. The driver does not verify the certificate unless
   * asked to: with a CA of its own it parses all root certificates anew for each connection, some 30 ms.
   */
  connectionOptions({ verifyCertificate = false } = {}): WarehouseConnectionOptions {
    return {
      host: LOOPBACK_ADDRESS,
      port: this.port,
      path: this.httpPath,
      token: this.token,
      ...(verifyCertificate
        ? { customCaCert: this.authority.certificate }
        : { checkServerCertificate: false }),
      ...this.#clientCertificate,
    };
  }

  /** For `DBSQLClient.connect` with the native kernel, which takes the port only as a part of the host. */
  kernelConnectionOptions(): KernelConnectionOptions {
    return {
      host: `${LOOPBACK_ADDRESS}:${this.port}`,
      path: this.httpPath,
      token: this.token,
      useKernel: true,
      checkServerCertificate: false,
      ...this.#clientCertificate,
    };
  }

  /**
   * For `DBSQLClient.connect` with a public-looking host name, through the warehouse's own CONNECT proxy: the
   * telemetry built into the driver refuses loopback hosts. Behind a proxy the driver trusts the authority only by
   * `NODE_EXTRA_CA_CERTS`, which has to be set before the process starts.
   */
  proxiedConnectionOptions(): ProxiedConnectionOptions {
    return {
      host: WORKSPACE_HOST,
      path: this.httpPath,
      token: this.token,
      proxy: this.#proxyOptions(),
    };
  }

  /** As `proxiedConnectionOptions`, for a service principal that `oauth.register` made. */
  oauthConnectionOptions({ clientId, clientSecret }: ServicePrincipal): OAuthConnectionOptions {
    return {
      host: OAUTH_WORKSPACE_HOST,
      path: this.httpPath,
      authType: 'databricks-oauth',
      oauthClientId: clientId,
      oauthClientSecret: clientSecret,
      proxy: this.#proxyOptions(),
    };
  }

  /** Files in volumes by their path, moved by PUT, GET and REMOVE. */
  get volumeFiles(): Map<string, Buffer> {
    return this.#volumes.files;
  }

  /** Every request, oldest first. */
  get requests(): readonly LoggedRequest[] {
    return this.#log.requests;
  }

  requestsTo(match: RequestMatch): LoggedRequest[] {
    return this.#log.matching(match);
  }

  /** Resolves with the `count`-th matching request of the log, past or to come, when it has been read. */
  received(match: RequestMatch, count = 1): Promise<LoggedRequest> {
    return this.#log.whenReceived(match, count);
  }

  /** Resolves with the `count`-th matching request of the log whose exchange ended, well or not. */
  answered(match: RequestMatch, count = 1): Promise<LoggedRequest> {
    return this.#log.whenAnswered(match, count);
  }

  /** What the warehouse knows of each statement, oldest first. */
  get statements(): readonly StatementFacts[] {
    return this.#warehouse.statements;
  }

  /** Every POST of client telemetry, oldest first. */
  get telemetry(): readonly TelemetryPost[] {
    return this.#telemetry.posts;
  }

  /** The next POST of client telemetry that no earlier call returned, once its exchange ended. */
  nextTelemetry(): Promise<TelemetryPost> {
    return this.#telemetry.next();
  }

  /** Forgets the logs; scripts, faults and sessions stay. */
  clearLogs(): void {
    this.#log.clear();
    this.#telemetry.clear();
    this.#warehouse.clearLog();
  }

  /** Scripts the matching statements, at most `times` of them. The latest script that matches wins. */
  script(match: StatementMatch, script: StatementScript, times = Infinity): Script {
    return this.#warehouse.scripts.add(match, script, times);
  }

  /** Makes something go wrong until the rule is used up or removed. The oldest rule that matches wins. */
  fault(rule: FaultRule): Fault {
    return this.#faults.add(rule);
  }

  /** Whether sessions and statements with query tags fail, as in a workspace without that feature. */
  set refusesQueryTags(refuses: boolean) {
    this.#warehouse.refusesQueryTags = refuses;
  }

  /** Removes all scripts and faults, and accepts query tags. */
  reset(): void {
    this.refusesQueryTags = false;
    this.#faults.clear();
    this.#warehouse.scripts.clear();
  }

  /** Invalidates every open session, as time does. */
  expireSessions(): void {
    this.#warehouse.sessions.closeAll();
  }

  get openSessions(): number {
    return this.#warehouse.sessions.size;
  }

  /** Breaks every connection there is. */
  dropConnections(): void {
    this.#listener.dropConnections();
  }

  /** Closes the port, so that connections are refused, until `acceptConnections`. */
  async refuseConnections(): Promise<void> {
    await this.#listener.close();
  }

  /** Listens again, on the same port. */
  async acceptConnections(): Promise<void> {
    await this.#listener.listen();
  }

  #proxyOptions(): ProxyOptions {
    return {
      protocol: 'http',
      host: LOOPBACK_ADDRESS,
      port: this.port,
      ...(this.#proxyCredentials ? { auth: this.#proxyCredentials } : {}),
    };
  }
}

function hexDigits(count: number): string {
  return Array.from({ length: count }, () => randomInt(16).toString(16)).join('');
}

function clientCertificate(authority: CertificateAuthority) {
  const { certificate, privateKey } = authority.issueClient('local-client');
  return { clientCert: certificate, clientKey: privateKey };
}

/** Result files lie on another host, except for a client that talks to the loopback address. */
function linkOrigin({ host, origin }: IncomingRequest): string {
  const isVirtual = host === WORKSPACE_HOST || host === OAUTH_WORKSPACE_HOST;
  return isVirtual ? `https://${STORAGE_HOST}` : origin;
}

/** One certificate for each server name, made when it is first asked for. */
function secureContexts(authority: CertificateAuthority): (name: string) => tls.SecureContext {
  const contexts = new Map<string, tls.SecureContext>();
  return (name) => {
    const known = contexts.get(name);
    if (known) return known;
    const { certificate, privateKey } = authority.issueServer([name]);
    const context = tls.createSecureContext({
      cert: certificate,
      key: privateKey,
      ca: authority.certificate,
    });
    contexts.set(name, context);
    return context;
  };
}
