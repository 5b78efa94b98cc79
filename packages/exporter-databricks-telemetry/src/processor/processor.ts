import type { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Aggregation, ProcessorStats } from './aggregation';
import {
  PROCESSOR_OPTIONS,
  telemetryDisabled,
  type ProcessorOptions,
  type ResolvedProcessorOptions,
} from '../config';
import { Deadline } from '../deadline';
import { guarded, logDebug, reportDefect } from '../diagnostics';
import { resolveOptions } from '../option-validation';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '../otel';

/** Copied, since all names together cost a tenth of what this package takes to load; its type holds it to them. */
const INSTRUMENTATION_SCOPE: typeof SCOPE_NAME = '@dbsql-otel/instrumentation-databricks-sql';

const NOTHING: ProcessorStats = {
  offered: 0,
  delivered: 0,
  pending: 0,
  inFlight: 0,
  pendingBytes: 0,
  dropped: {},
  statements: 0,
  late: 0,
  skipped: 0,
};

/** An exporter that knows more than the SDK's interface asks; every other exporter works too. */
export interface ConnectionAwareExporter extends SpanExporter {
  /** Tells of each closed connection. Its credentials are kept until what the listener returns has settled. */
  onConnectionClosed?(listener: (connectionId: string) => Promise<void>): unknown;
  /** `timeoutMs`: what is left of the time for the whole shutdown. */
  shutdown(timeoutMs?: number): Promise<void>;
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
  #aggregation: Aggregation | undefined;
  #open = !telemetryDisabled();
  #shutdown: Promise<void> | undefined;

  constructor(exporter: ConnectionAwareExporter, options?: ProcessorOptions) {
    this.#options = resolveOptions(PROCESSOR_OPTIONS, options);
    this.#exporter = exporter;
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
      if (span.instrumentationScope.name !== INSTRUMENTATION_SCOPE || !this.#open) return;
      (this.#aggregation ?? this.#load()).ended(span);
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
    await this.#aggregation?.deliver(deadline);
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
    return this.#aggregation?.stats() ?? NOTHING;
  }

  /** Half of this package: it waits for the first span there is something to do for. */
  #load(): Aggregation {
    const module = require('./aggregation') as typeof import('./aggregation');
    this.#aggregation = new module.Aggregation(this.#options, this.#exporter);
    return this.#aggregation;
  }

  /** The connection's last records leave while its credentials are there. Nobody waits, so nothing holds the process. */
  async #connectionClosed(connectionId: string): Promise<void> {
    if (!this.#open || this.#aggregation === undefined) return;
    const deadline = new Deadline(this.#options.shutdownTimeoutMs).unref();
    try {
      await this.#aggregation.finishConnection(connectionId, deadline);
    } catch (error) {
      reportDefect('onConnectionClosed', error);
    } finally {
      deadline.clear();
    }
  }

  async #close(): Promise<void> {
    this.#open = false;
    const deadline = new Deadline(this.#options.shutdownTimeoutMs);
    await this.#aggregation?.finish(deadline);
    await this.#awaitExporter('shutdown', deadline);
    deadline.clear();
    this.#aggregation?.close();
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
