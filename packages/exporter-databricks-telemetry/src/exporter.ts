import { type Attributes, SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_DRIVER_TELEMETRY_ENABLED,
  ATTR_DATABRICKS_OPERATION,
  OPERATION_CLOUDFETCH_DOWNLOAD,
  OPERATION_CONNECT,
  OPERATION_FETCH,
  SCOPE_NAME,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import {
  DEFAULT_SHUTDOWN_TIMEOUT_MS,
  type DatabricksTelemetryExporterOptions,
  telemetryDisabled,
} from './config';
import { OncePerCondition, guarded, logDebug, logInfo } from './diagnostics';
import type { Outcome } from './delivery/batch';
import type { Delivery, Group, HostStats } from './delivery/delivery';
import type { Item } from './delivery/pipeline';
import { ExporterHealth } from './exporter-health';
import type { ExportResult, ReadableSpan, SpanExporter } from './otel';
import { type DropReason, type TelemetryRecord, UndeliveredError } from './record';
import { startLine } from './start-line';

/** The name by which health metrics know this component. */
const COMPONENT_TYPE = 'DatabricksTelemetryExporter';
const MAX_CONNECTIONS = 1_000;
/** What `forceFlush` waits at most; each request has its own, shorter deadline. */
const FORCE_FLUSH_TIMEOUT_MS = 30_000;

/** Is told that a client was closed; what it returns is awaited before the credentials are let go. */
export type ConnectionClosedListener = (connectionId: string) => Promise<void> | void;

/** `offered = delivered + pending + Σ dropped`. Spans handed back to the caller are offered again when they return. */
export interface ExporterStats {
  readonly offered: number;
  readonly delivered: number;
  readonly pending: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Spans that telemetry has no use for: those of other scopes, and single fetches and downloads. */
  readonly ignored: number;
  /** Spans handed back as undelivered, each time they were. */
  readonly returned: number;
  /** By host, with its port when that is not 443. */
  readonly hosts: Readonly<Record<string, HostStats>>;
}

/**
 * Translates spans of the Databricks SQL instrumentation into the driver's telemetry and posts it to the workspace each
 * span came from, with the credentials of its own connection.
 *
 * Made for `DatabricksTelemetrySpanProcessor`; behind a plain BatchSpanProcessor it works as well, with less joined and
 * without a second chance for what could not be delivered. Reports an {@link UndeliveredError}; never throws.
 */
export class DatabricksTelemetryExporter implements SpanExporter {
  readonly #abort = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #connections = new Map<string, Attributes>();
  /** Connections whose own driver reports: theirs is not ours to repeat. */
  readonly #foreignConnections = new Set<string>();
  readonly #closedConnections = new Set<string>();
  readonly #closedListeners = new Set<ConnectionClosedListener>();
  readonly #unsubscribe: () => void;
  readonly #health = new ExporterHealth(COMPONENT_TYPE, () => this.stats());
  readonly #isDisabled = telemetryDisabled();
  readonly #dropped: Partial<Record<DropReason, number>> = {};
  #offered = 0;
  #delivered = 0;
  #pending = 0;
  #ignored = 0;
  #returned = 0;
  #delivery: Delivery | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(private readonly options: DatabricksTelemetryExporterOptions) {
    if (!options.access && options.host === undefined) {
      new OncePerCondition().warn('neither `access` nor `host` is set: no telemetry can be sent');
    }
    this.#unsubscribe =
      options.access?.onClosed((connectionId) =>
        guarded('onClosed', () => this.#onClosed(connectionId)),
      ) ?? (() => undefined);
  }

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    const running = this.#run(spans, resultCallback).finally(() => this.#inFlight.delete(running));
    this.#inFlight.add(running);
  }

  /** Waits for the exports under way. */
  async forceFlush(): Promise<void> {
    await this.#settled(FORCE_FLUSH_TIMEOUT_MS);
  }

  /** Waits for the exports under way until the deadline, then aborts what is left of them. Happens once. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    return this.#shutdown;
  }

  /**
   * Subscribes to the closing of clients, for a last flush while their credentials are there.
   * Returns the function that ends the subscription.
   */
  onConnectionClosed(listener: ConnectionClosedListener): () => void {
    this.#closedListeners.add(listener);
    return () => this.#closedListeners.delete(listener);
  }

  stats(): ExporterStats {
    return {
      offered: this.#offered,
      delivered: this.#delivered,
      pending: this.#pending,
      dropped: { ...this.#dropped },
      ignored: this.#ignored,
      returned: this.#returned,
      hosts: this.#delivery?.stats() ?? {},
    };
  }

  async #run(
    spans: readonly ReadableSpan[],
    resultCallback: (result: ExportResult) => void,
  ): Promise<void> {
    const startMs = performance.now();
    const result = await this.#export(spans).catch((error: unknown) => this.#failed(spans, error));
    this.#health.exported(performance.now() - startMs, reasonOf(result));
    guarded('the callback of an export', () => resultCallback(result));
  }

  /** A mistake of ours, or spans that cannot be read: they must not come back for ever. */
  #failed({ length }: readonly ReadableSpan[], error: unknown): ExportResult {
    logDebug('an export failed', error);
    this.#offered += length;
    this.#dropped.untranslatable = (this.#dropped.untranslatable ?? 0) + length;
    const dropped = { untranslatable: length };
    return { code: 1, error: new UndeliveredError([], 'untranslatable', undefined, dropped) };
  }

  /** Rejects only before it has counted anything. */
  async #export(spans: readonly ReadableSpan[]): Promise<ExportResult> {
    if (this.#shutdown) {
      this.#returned += spans.length;
      return { code: 1, error: new UndeliveredError(spans, 'shutdown') };
    }
    const groups = this.#group(spans);
    const offered = groups.reduce((sum, group) => sum + group.spans.length, 0);
    const delivery = offered > 0 && !this.#isDisabled ? this.#load() : undefined;
    this.#ignored += spans.length - offered;
    this.#offered += offered;
    this.#pending += offered;
    if (this.#isDisabled) {
      return this.#report(
        groups,
        groups.map((group) => group.spans.map(() => DISABLED)),
      );
    }
    const outcomes = await Promise.all(
      groups.map((group) => delivery?.export(group) ?? Promise.resolve<Outcome[]>([])),
    );
    for (const { connectionId } of groups) {
      if (this.#closedConnections.has(connectionId)) {
        delivery?.release(connectionId);
      }
    }
    return this.#report(groups, outcomes);
  }

  /** `node:https` and the rest of the delivery cost as much to load as the API: they wait for the first span. */
  #load(): Delivery {
    if (!this.#delivery) {
      const module = require('./delivery/delivery') as typeof import('./delivery/delivery');
      this.#delivery = new module.Delivery(this.options, this.#abort.signal);
      logInfo(startLine(this.options));
    }
    return this.#delivery;
  }

  #group(spans: readonly ReadableSpan[]): Group[] {
    const groups = new Map<
      string,
      { facts: Attributes | undefined; spans: Group['spans'][number][] }
    >();
    for (const span of spans) {
      const { connectionId, items, facts } = this.#describe(span);
      if (items.length > 0) {
        const group = groups.get(connectionId);
        if (group) {
          group.facts ??= facts;
          group.spans.push({ span, items });
        } else {
          groups.set(connectionId, { facts, spans: [{ span, items }] });
        }
      }
    }
    return [...groups].map(([connectionId, { facts, spans: own }]) => ({
      connectionId,
      facts: facts ?? this.#connections.get(connectionId) ?? own[0]?.span.attributes ?? {},
      spans: own,
    }));
  }

  /** What is to be said of a span: what its join says, else what the span itself tells. */
  #describe(span: ReadableSpan): { connectionId: string; items: Item[]; facts?: Attributes } {
    const { attributes } = span;
    const id = attributes[ATTR_DATABRICKS_CONNECTION_ID];
    const connectionId = typeof id === 'string' ? id : '';
    if (isRecord(span)) {
      const { kind, completion, staging, connection } = span.join;
      return { connectionId, items: [{ span, kind, completion, staging }], facts: connection };
    }
    if (span.instrumentationScope.name !== SCOPE_NAME || !this.#isOurs(connectionId, attributes)) {
      return { connectionId, items: [] };
    }
    const items: Item[] = [];
    switch (attributes[ATTR_DATABRICKS_OPERATION]) {
      case OPERATION_CONNECT:
        this.#remember(connectionId, attributes);
        break;
      // Their figures are in the totals of `close_statement`, their failures on the statement.
      case OPERATION_FETCH:
      case OPERATION_CLOUDFETCH_DOWNLOAD:
        return { connectionId, items };
      default:
        items.push({ span, kind: 'operation', completion: undefined });
    }
    if (span.status.code === SpanStatusCode.ERROR) {
      items.push({ span, kind: 'error', completion: undefined });
    }
    return { connectionId, items };
  }

  #isOurs(connectionId: string, attributes: Attributes): boolean {
    if (attributes[ATTR_DATABRICKS_DRIVER_TELEMETRY_ENABLED] === true) {
      bound(this.#foreignConnections, MAX_CONNECTIONS);
      this.#foreignConnections.add(connectionId);
    }
    return !this.#foreignConnections.has(connectionId);
  }

  #remember(connectionId: string, attributes: Attributes): void {
    bound(this.#connections, MAX_CONNECTIONS);
    this.#connections.set(connectionId, attributes);
  }

  #report(groups: readonly Group[], outcomes: readonly Outcome[][]): ExportResult {
    const undelivered: ReadableSpan[] = [];
    const dropped: Partial<Record<DropReason, number>> = {};
    let reason: UndeliveredError['reason'] | undefined;
    let retryAfterMs: number | undefined = Number.POSITIVE_INFINITY;
    let isAccounted = false;
    for (const [index, group] of groups.entries()) {
      for (const [position, { span }] of group.spans.entries()) {
        const outcome = outcomes[index]?.[position];
        isAccounted ||= isRecord(span);
        this.#pending -= 1;
        if (outcome?.kind === 'undelivered') {
          undelivered.push(span);
          reason ??= outcome.reason;
          retryAfterMs = minimum(retryAfterMs, outcome.retryAfterMs);
        } else if (outcome?.kind === 'delivered') {
          this.#delivered += 1;
        } else {
          const why = outcome?.kind === 'dropped' ? outcome.reason : 'refused';
          dropped[why] = (dropped[why] ?? 0) + 1;
          this.#dropped[why] = (this.#dropped[why] ?? 0) + 1;
        }
      }
    }
    this.#offered -= undelivered.length;
    this.#returned += undelivered.length;
    reason ??= (Object.keys(dropped) as DropReason[]).find(
      // A host that wants no telemetry is no failure; only our own processor needs to count it.
      (why) => isAccounted || why !== 'flag_off',
    );
    return reason === undefined
      ? { code: 0 }
      : {
          code: 1,
          error: new UndeliveredError(
            undelivered,
            reason,
            retryAfterMs === Number.POSITIVE_INFINITY ? undefined : retryAfterMs,
            dropped,
          ),
        };
  }

  #onClosed(connectionId: string): void {
    this.#finish(connectionId).catch((error: unknown) =>
      logDebug('the last flush of a connection failed', error),
    );
  }

  /** The last flush of a connection, then its credentials are let go. */
  async #finish(connectionId: string): Promise<void> {
    const listeners = [...this.#closedListeners];
    await Promise.allSettled(listeners.map(async (listener) => listener(connectionId)));
    await this.#drained();
    this.#delivery?.release(connectionId);
    // Spans may still come: those a plain BatchSpanProcessor holds, or records that came back.
    bound(this.#closedConnections, MAX_CONNECTIONS);
    this.#closedConnections.add(connectionId);
    if (listeners.length > 0) {
      this.#connections.delete(connectionId);
      this.#foreignConnections.delete(connectionId);
      this.options.access?.release(connectionId);
    }
  }

  async #close(): Promise<void> {
    await this.#settled(this.options.shutdownTimeoutMs ?? DEFAULT_SHUTDOWN_TIMEOUT_MS);
    this.#abort.abort();
    await Promise.allSettled(this.#inFlight);
    this.#unsubscribe();
    this.#closedListeners.clear();
    this.#connections.clear();
    this.#delivery?.close();
  }

  /** Waits until nothing is under way: a processor gives one batch after the other, from within the callback. */
  async #drained(): Promise<void> {
    while (this.#inFlight.size > 0 && !this.#abort.signal.aborted) {
      await Promise.allSettled(this.#inFlight);
    }
  }

  /** Waits for the exports under way. Its timer holds the process, since the sockets it waits for do not. */
  async #settled(timeoutMs: number): Promise<void> {
    if (this.#inFlight.size === 0) {
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.allSettled(this.#inFlight), deadline]);
    clearTimeout(timer);
  }
}

/** The environment says what the flag of a host may say, too. */
const DISABLED: Outcome = { kind: 'dropped', reason: 'flag_off' };

/** Why not everything of an export was delivered, for `error.type`. */
function reasonOf({ error }: ExportResult): string | undefined {
  return error instanceof UndeliveredError ? error.reason : error?.name;
}

function isRecord(span: ReadableSpan): span is TelemetryRecord {
  return 'join' in span;
}

/** Makes room for one more by forgetting the oldest. */
function bound(collection: Map<string, unknown> | Set<string>, size: number): void {
  if (collection.size >= size) {
    const [oldest] = collection.keys();
    collection.delete(oldest ?? '');
  }
}

function minimum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.min(a, b);
}
