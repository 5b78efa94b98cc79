import { ATTR_DATABRICKS_OPERATION } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { Accounting, type DroppedCounts } from '../accounting';
import type { ResolvedProcessorOptions } from '../config';
import type { Deadline } from '../deadline';
import { guarded, logInfo } from '../diagnostics';
import { ProcessorHealth } from './health';
import type { ReadableSpan, SpanExporter } from '../otel';
import { processorLine } from '../startup-message';
import { ExportLoop } from './export/export-loop';
import { ExportQueue } from './queue/export-queue';
import { roleOf } from './join/span-role';
import { StatementAggregator, SWEEPS_UNTIL_IDLE } from './join/statement-aggregator';

/** The name by which health metrics know the processor. */
const COMPONENT_TYPE = 'DatabricksTelemetrySpanProcessor';

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

/** Everything between an ended span and the exporter. Loaded with the first span there is something to do for. */
export class Aggregation {
  readonly #options: ResolvedProcessorOptions;
  readonly #accounting = new Accounting();
  readonly #queue: ExportQueue;
  readonly #loop: ExportLoop;
  readonly #aggregator: StatementAggregator;
  readonly #health: ProcessorHealth;
  #startLine: string | undefined;
  #lastEnded: ReadableSpan | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  /** What is left is reported as it stands. */
  #isClosing = false;

  constructor(options: ResolvedProcessorOptions, exporter: SpanExporter) {
    this.#options = options;
    this.#queue = new ExportQueue(options, this.#accounting);
    this.#loop = new ExportLoop(options, this.#queue, this.#accounting, exporter, () => {
      this.#passBegins();
    });
    this.#aggregator = new StatementAggregator(options, this.#accounting, this.#queue);
    this.#health = new ProcessorHealth(COMPONENT_TYPE, () => ({
      queued: this.#queue.pending - this.#queue.inFlight,
      capacity: options.maxQueueSize,
      delivered: this.#accounting.delivered,
      dropped: this.#accounting.dropped,
    }));
    this.#startLine = processorLine(options);
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

  /** Takes an ended span of the instrumentation. */
  ended(span: ReadableSpan): void {
    // One instance, listed twice with a provider, sees every span twice in a row.
    if (span === this.#lastEnded) return;
    this.#lastEnded = span;
    const role = roleOf(span.attributes[ATTR_DATABRICKS_OPERATION]);
    if (role === undefined) return;
    const urgent = this.#aggregator.end(role, span);
    this.#loop.queued(urgent);
    if (this.#sweepTimer === undefined && this.#aggregator.statements > 0) this.#startSweeping();
  }

  /** Passes over the queue until it is empty, nothing more is to be gained by waiting, or the time is up. */
  async deliver(deadline: Deadline): Promise<void> {
    while (!deadline.expired) {
      if (this.#isClosing) this.#completeWhatFits();
      const tryAgainInMs = await deadline.race(this.#loop.flushed());
      if (this.#isClosing && this.#aggregator.statements > 0 && this.#hasRoom()) continue;
      if (tryAgainInMs === undefined || tryAgainInMs >= deadline.remainingMs) return;
      await deadline.sleep(tryAgainInMs);
    }
  }

  /** Reports and delivers what there is of a connection that was closed. */
  async finishConnection(connectionId: string, deadline: Deadline): Promise<void> {
    this.#aggregator.completeConnection(connectionId);
    await this.deliver(deadline);
    this.#aggregator.forgetConnection(connectionId);
  }

  /** Reports and delivers what is left. No span may follow. */
  finish(deadline: Deadline): Promise<void> {
    this.#isClosing = true;
    this.#lastEnded = undefined;
    this.#stopSweeping();
    this.#aggregator.giveUpRunning();
    return this.deliver(deadline);
  }

  /** What was not delivered counts as dropped. */
  close(): void {
    this.#loop.close();
    this.#queue.close();
    this.#aggregator.close();
  }

  /** Not earlier: the application may set its logger and its meter provider after it made its SDK. */
  #passBegins(): void {
    this.#health.attach();
    if (this.#startLine !== undefined) logInfo(this.#startLine);
    this.#startLine = undefined;
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

  #hasRoom(): boolean {
    return this.#queue.pending <= this.#options.maxQueueSize / 2;
  }

  /** More statements may be in flight than the queue holds, so they follow as it empties. */
  #completeWhatFits(): void {
    while (this.#hasRoom() && this.#aggregator.completeOldest());
  }
}
