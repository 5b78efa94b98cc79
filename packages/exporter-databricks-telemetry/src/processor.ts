import {
  ATTR_DATABRICKS_OPERATION,
  SCOPE_NAME,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { Accounting, type DroppedCounts } from './accounting';
import { ExportLoop } from './aggregation/export-loop';
import { ExportQueue } from './aggregation/export-queue';
import { roleOf } from './aggregation/roles';
import { StatementAggregator, SWEEPS_UNTIL_IDLE } from './aggregation/statement-aggregator';
import {
  PROCESSOR_OPTIONS,
  telemetryDisabled,
  type ProcessorOptions,
  type ResolvedProcessorOptions,
} from './config';
import { Deadline } from './deadline';
import { guarded, logDebug, logInfo, reportDefect } from './diagnostics';
import { ProcessorHealth } from './health';
import { resolveOptions } from './option-table';
import type { ReadableSpan, SpanExporter, SpanProcessor } from './otel';
import { processorLine } from './start-line';

/** The name by which health metrics know this component. */
const COMPONENT_TYPE = 'DatabricksTelemetrySpanProcessor';

/** An exporter that knows more than the SDK's interface asks; every other exporter works too. */
export interface ConnectionAwareExporter extends SpanExporter {
  /** Tells of each closed connection. Its credentials are kept until what the listener returns has settled. */
  onConnectionClosed?(listener: (connectionId: string) => Promise<void>): unknown;
  /** `timeoutMs`: what is left of the time for the whole shutdown. */
  shutdown(timeoutMs?: number): Promise<void>;
}

/**
 * What became of the records, at one moment. `offered = delivered + pending + Σ dropped`, always.
 */
export interface ProcessorStats {
  /** Records made: one per statement, session call and error. */
  readonly offered: number;
  /** Records the exporter said it delivered. */
  readonly delivered: number;
  /** Records queued, waiting to be tried again, or in flight to the exporter. */
  readonly pending: number;
  /** Of `pending`: given to the exporter, which has not answered. */
  readonly inFlight: number;
  /** Estimated bytes of `pending`. */
  readonly pendingBytes: number;
  /** Records dropped for good, by reason. */
  readonly dropped: DroppedCounts;
  /** Statements that have ended and were not closed: no record was offered for them yet. */
  readonly statements: number;
  /** Spans that came after their statement's record, or belong to no statement that was seen. */
  readonly late: number;
  /** Spans of connections whose driver reports by itself. */
  readonly skipped: number;
}

/**
 * Joins the spans of the Databricks SQL instrumentation into records, one per statement, session call and error, and
 * hands them to `exporter` in batches. Works as one of several processors; spans of other scopes are none of its.
 *
 * Nothing it does throws into the application, waits in a call of it, or holds the process, but for `forceFlush()` and
 * `shutdown()` while they are awaited, `shutdownTimeoutMs` at most.
 */
export class DatabricksTelemetrySpanProcessor implements SpanProcessor {
  readonly #options: ResolvedProcessorOptions;
  readonly #exporter: ConnectionAwareExporter;
  readonly #accounting = new Accounting();
  readonly #queue: ExportQueue;
  readonly #loop: ExportLoop;
  readonly #aggregator: StatementAggregator;
  #open = !telemetryDisabled();
  #lastEnded: ReadableSpan | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(exporter: ConnectionAwareExporter, options?: ProcessorOptions) {
    this.#options = resolveOptions(PROCESSOR_OPTIONS, options);
    this.#exporter = exporter;
    this.#queue = new ExportQueue(this.#options, this.#accounting);
    const health = new ProcessorHealth(COMPONENT_TYPE, () => ({
      queued: this.#queue.ready + this.#queue.returned,
      capacity: this.#options.maxQueueSize,
      delivered: this.#accounting.delivered,
      dropped: this.#accounting.dropped,
    }));
    let line = processorLine(this.#options);
    this.#loop = new ExportLoop(this.#options, this.#queue, this.#accounting, exporter, () => {
      health.attach();
      // Not in here: the application may set its logger after it made its SDK.
      if (line !== undefined) logInfo(line);
      line = undefined;
    });
    this.#aggregator = new StatementAggregator(this.#options, this.#accounting, this.#queue);
    if (this.#open) {
      guarded('onConnectionClosed', () => {
        exporter.onConnectionClosed?.((connectionId) => this.#connectionClosed(connectionId));
      });
    }
  }

  /** Everything is known when a span ends. */
  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    try {
      if (span.instrumentationScope.name !== SCOPE_NAME || !this.#open) return;
      this.#ended(span);
    } catch (error) {
      reportDefect('onEnd', error);
    }
  }

  /**
   * Resolves when what is pending now was delivered or given up, and the exporter's own `forceFlush` is done, or after
   * `shutdownTimeoutMs`. Waits that an exporter asked for before are not kept; those it asks for now are, as far as
   * they fit. Never rejects.
   */
  async forceFlush(): Promise<void> {
    if (!this.#open) return this.#shutdown;
    const deadline = new Deadline(this.#options.shutdownTimeoutMs);
    await this.#deliver(deadline);
    await this.#awaitExporter('forceFlush', deadline);
    deadline.clear();
  }

  /**
   * Reports the statements that are left, delivers what is pending and shuts the exporter down, all within
   * `shutdownTimeoutMs`; what is left then counts as dropped. Later spans are ignored. Never rejects.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    return this.#shutdown;
  }

  stats(): ProcessorStats {
    return {
      offered: this.#accounting.offered,
      delivered: this.#accounting.delivered,
      pending: this.#queue.pending,
      inFlight: this.#queue.inFlight,
      pendingBytes: this.#queue.bytes,
      dropped: this.#accounting.dropped,
      statements: this.#aggregator.statements,
      late: this.#aggregator.late,
      skipped: this.#aggregator.skipped,
    };
  }

  #ended(span: ReadableSpan): void {
    // One instance, listed twice with a provider, sees every span twice in a row.
    if (span === this.#lastEnded) return;
    this.#lastEnded = span;
    const role = roleOf(span.attributes[ATTR_DATABRICKS_OPERATION]);
    if (role === undefined) return;
    const urgent = this.#aggregator.end(role, span);
    this.#loop.queued(urgent);
    if (this.#sweepTimer === undefined && this.#aggregator.statements > 0) this.#startSweeping();
  }

  /** The connection's last records leave while its credentials are there. Nobody waits, so nothing holds the process. */
  async #connectionClosed(connectionId: string): Promise<void> {
    if (!this.#open) return;
    const deadline = new Deadline(this.#options.shutdownTimeoutMs).unref();
    try {
      this.#aggregator.completeConnection(connectionId);
      await this.#deliver(deadline);
      this.#aggregator.forgetConnection(connectionId);
    } catch (error) {
      reportDefect('onConnectionClosed', error);
    } finally {
      deadline.clear();
    }
  }

  #startSweeping(): void {
    const periodMs = Math.max(1, this.#options.statementIdleTimeoutMs / SWEEPS_UNTIL_IDLE);
    this.#sweepTimer = setInterval(() => {
      guarded('sweep', () => this.#sweep());
    }, periodMs);
    this.#sweepTimer.unref();
  }

  #sweep(): void {
    this.#aggregator.sweepIdle();
    this.#loop.queued(false);
    if (this.#aggregator.statements === 0) this.#stopSweeping();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = undefined;
  }

  async #close(): Promise<void> {
    this.#open = false;
    this.#lastEnded = undefined;
    this.#stopSweeping();
    const deadline = new Deadline(this.#options.shutdownTimeoutMs);
    this.#aggregator.giveUpRunning();
    await this.#deliver(deadline);
    await this.#awaitExporter('shutdown', deadline);
    deadline.clear();
    this.#loop.close();
    this.#queue.close();
    this.#aggregator.close();
  }

  /** Passes over the queue until it is empty, nothing more is to be gained by waiting, or the time is up. */
  async #deliver(deadline: Deadline): Promise<void> {
    while (!deadline.expired) {
      if (!this.#open) this.#completeWhatFits();
      const tryAgainInMs = await deadline.race(this.#loop.flushed());
      if (!this.#open && this.#aggregator.statements > 0 && this.#hasRoom()) {
        continue;
      }
      if (tryAgainInMs === undefined || tryAgainInMs >= deadline.remainingMs) return;
      await deadline.sleep(tryAgainInMs);
    }
  }

  #hasRoom(): boolean {
    return this.#queue.pending <= this.#options.maxQueueSize / 2;
  }

  /** More statements may be in flight than the queue holds, so they follow as it empties. */
  #completeWhatFits(): void {
    while (this.#hasRoom() && this.#aggregator.completeOldest());
  }

  async #awaitExporter(step: 'forceFlush' | 'shutdown', deadline: Deadline): Promise<void> {
    try {
      const done =
        step === 'shutdown'
          ? this.#exporter.shutdown(deadline.remainingMs)
          : this.#exporter.forceFlush?.();
      if (done !== undefined) await deadline.race(done);
    } catch (error) {
      logDebug(`${step} of the exporter failed`, error);
    }
  }
}
