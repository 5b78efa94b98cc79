import { clock } from '../clock';
import type { DatabricksTelemetryExporterOptions, ResolvedExporterOptions } from '../config';
import { logDebug, logInfo } from '../diagnostics';
import type { Delivery } from '../delivery/delivery';
import type { HostStats } from '../delivery/host-books';
import { ExporterAccounting } from './accounting';
import { ExporterHealth } from './health';
import type { ExportResult, ReadableSpan } from '../otel';
import { UndeliveredError } from '../record';
import { RecentIds } from '../recent-ids';
import type { DropReason, Fate } from '../record';
import { SpanGroups } from './span-groups';
import { startLine } from '../startup-message';

/** Of as many closed connections, the credentials are released again after what still comes. */
const CLOSED_CONNECTIONS = 1_000;

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

/** Everything between a batch of spans and the answer about it. Loaded with the first batch. */
export class Exporting {
  readonly #options: ResolvedExporterOptions;
  readonly #isDisabled: boolean;
  readonly #signal: AbortSignal;
  readonly #startLine: string;
  readonly #accounting = new ExporterAccounting();
  readonly #groups = new SpanGroups();
  readonly #health = new ExporterHealth(() => this.stats());
  readonly #closedConnections = new RecentIds(CLOSED_CONNECTIONS);
  #delivery: Delivery | undefined;
  #isEnding = false;

  /**
   * @param given the options as the application wrote them, for the line at the start
   * @param signal aborted when nothing more may be sent
   */
  constructor(
    options: ResolvedExporterOptions,
    given: DatabricksTelemetryExporterOptions,
    isDisabled: boolean,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#startLine = startLine(given);
    this.#isDisabled = isDisabled;
    this.#signal = signal;
  }

  stats(): ExporterStats {
    const { offered, delivered, pending, dropped, ignored, returned } = this.#accounting;
    return {
      offered,
      delivered,
      pending,
      dropped,
      ignored,
      returned,
      hosts: this.#delivery?.stats() ?? {},
    };
  }

  attachMetrics(): void {
    this.#health.attach();
  }

  /** Never rejects. */
  async export(spans: readonly ReadableSpan[]): Promise<ExportResult> {
    this.#health.attach();
    return this.#measured(() =>
      this.#export(spans).catch((error: unknown) => {
        // A mistake of ours, or spans that cannot be read: they must not come back for ever.
        logDebug('an export failed', error);
        return this.#accounting.gaveUp(spans, 'untranslatable');
      }),
    );
  }

  /** After the shutdown: the spans come back as they came. */
  turnAway(spans: readonly ReadableSpan[]): Promise<ExportResult> {
    return this.#measured(() => this.#accounting.turnedAway(spans));
  }

  /** The last flush of a connection was done: its credentials are let go, and again after what still comes. */
  connectionClosed(connectionId: string): void {
    this.#delivery?.release(connectionId);
    this.#closedConnections.add(connectionId);
  }

  /** No span of a connection will come any more. */
  forget(connectionId: string): void {
    this.#groups.forget(connectionId);
  }

  /** The last exports follow. */
  shutdownBegins(): void {
    this.#isEnding = true;
    this.#delivery?.shutdownBegins();
  }

  close(): void {
    this.#groups.clear();
    this.#delivery?.close();
  }

  async #measured(run: () => ExportResult | Promise<ExportResult>): Promise<ExportResult> {
    const startMs = clock.monotonicMs();
    const result = await run();
    this.#health.exported(clock.monotonicMs() - startMs, reasonOf(result));
    return result;
  }

  /** Rejects only before it has counted anything. */
  async #export(spans: readonly ReadableSpan[]): Promise<ExportResult> {
    const groups = this.#groups.of(spans);
    const offered = groups.reduce((sum, { records }) => sum + records.length, 0);
    const delivery = offered > 0 && !this.#isDisabled ? this.#load() : undefined;
    this.#accounting.began(spans.length, offered);
    if (this.#isDisabled) {
      return this.#accounting.settled(
        groups,
        groups.map(({ records }) => records.map(() => DISABLED)),
      );
    }
    const fates = (await delivery?.export(groups)) ?? [];
    for (const { connectionId } of groups) {
      if (this.#closedConnections.has(connectionId)) delivery?.release(connectionId);
    }
    return this.#accounting.settled(groups, fates);
  }

  /** `node:https` and the rest of the delivery cost as much to load as the API: they wait for a span to be sent. */
  #load(): Delivery {
    if (!this.#delivery) {
      const module = require('../delivery/delivery') as typeof import('../delivery/delivery');
      this.#delivery = new module.Delivery(this.#options, this.#signal);
      if (this.#isEnding) this.#delivery.shutdownBegins();
      logInfo(this.#startLine);
    }
    return this.#delivery;
  }
}

/** The environment says what the flag of a host may say, too. */
const DISABLED: Fate = { kind: 'dropped', reason: 'flag_off' };

/** Why not everything of an export was delivered, for `error.type`. */
function reasonOf({ error }: ExportResult): string | undefined {
  return error instanceof UndeliveredError ? error.reason : error?.name;
}
