import { Accounting } from '../accounting';
import type { DroppedCounts } from '../accounting';
import type { ResolvedProcessorOptions } from '../config';
import { logInfo, logWarning } from '../diagnostics';
import type { SpanExporter } from '../otel';
import { processorLine } from '../startup-message';
import { ExportLoop } from './export/export-loop';
import { ProcessorHealth } from './health';
import { StatementAggregator } from './join/statement-aggregator';
import { watchProcessExit } from './process-exit';
import { ExportQueue } from './queue/export-queue';

/** What became of the records, at one moment. `offered = delivered + pending + Σ dropped`, always. */
export interface ProcessorStats {
  /** Records made: one per statement, session call and error. */
  readonly offered: number;
  /** Records that the exporter reported as delivered. */
  readonly delivered: number;
  /** Records that are queued, wait for another attempt, or are in flight to the exporter. */
  readonly pending: number;
  /** Of `pending`: given to the exporter, which has not answered. */
  readonly inFlight: number;
  /** Estimated bytes of `pending`. */
  readonly pendingBytes: number;
  /** Records dropped for good, by reason. */
  readonly dropped: DroppedCounts;
  /** Statements that have ended and are not closed: not yet offered as records. */
  readonly statements: number;
  /** Spans that ended after their statement's record was made, or that belong to no known statement. */
  readonly late: number;
  /** Spans of connections that the driver reports itself. */
  readonly skipped: number;
}

/**
 * What a processor needs once there are spans: it joins them into records, keeps the records, and exports them. Loaded
 * with the first span of the instrumentation.
 */
export class ProcessorParts {
  readonly queue: ExportQueue;
  readonly loop: ExportLoop;
  readonly aggregator: StatementAggregator;
  readonly #accounting = new Accounting();
  readonly #health: ProcessorHealth;
  readonly #unwatchExit: () => void;
  #startupMessage: string | undefined;

  constructor(options: ResolvedProcessorOptions, exporter: SpanExporter) {
    this.queue = new ExportQueue(options, this.#accounting);
    this.loop = new ExportLoop(options, this.queue, this.#accounting, exporter, () => {
      this.#exportBegins();
    });
    this.aggregator = new StatementAggregator(options, this.#accounting, this.queue);
    this.#health = new ProcessorHealth(() => ({
      queued: this.queue.pending - this.queue.inFlight,
      capacity: options.maxQueueSize,
      delivered: this.#accounting.delivered,
      dropped: this.#accounting.dropped,
    }));
    this.#health.attach();
    this.#startupMessage = processorLine(options);
    this.#unwatchExit = watchProcessExit(() => this.#processExits());
  }

  stats(): ProcessorStats {
    return {
      offered: this.#accounting.offered,
      delivered: this.#accounting.delivered,
      pending: this.queue.pending,
      inFlight: this.queue.inFlight,
      pendingBytes: this.queue.bytes,
      dropped: this.#accounting.dropped,
      statements: this.aggregator.statements,
      late: this.aggregator.late,
      skipped: this.aggregator.skipped,
    };
  }

  /** Counts everything that was not delivered as dropped, and gives its number. */
  close(): number {
    this.#unwatchExit();
    const before = this.#accounting.dropped.shutdown ?? 0;
    this.loop.close();
    this.queue.close();
    this.aggregator.close();
    return (this.#accounting.dropped.shutdown ?? 0) - before;
  }

  /** Nothing can be sent any more. */
  #processExits(): void {
    const records = this.queue.pending + this.aggregator.statements;
    if (records === 0) return;
    logWarning(
      `the process ended with ${records} telemetry record${records === 1 ? '' : 's'} not delivered, because shutdown() was not ` +
        'awaited: await shutdown() of the SDK or of the processor at beforeExit, at SIGTERM and before process.exit()',
    );
  }

  /** The application may set its logger and its meter provider after its first span. */
  #exportBegins(): void {
    this.#health.attach();
    if (this.#startupMessage !== undefined) logInfo(this.#startupMessage);
    this.#startupMessage = undefined;
  }
}
