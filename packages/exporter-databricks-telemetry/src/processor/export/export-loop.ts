import type { Accounting } from '../../accounting';
import { logDebug } from '../../diagnostics';
import type { SpanExporter } from '../../otel';
import type { DropReason } from '../../record';
import { withTracingSuppressed } from '../../suppress-tracing';
import { failedOutcome, readOutcome, type ExportOutcome } from './export-outcome';
import type { ExportQueue } from '../queue/export-queue';
import type { SpanRecord } from '../join/span-record';

/** How soon an awaited flush tries again when the feature flag is not known yet. */
const FLAG_POLL_MS = 100;
/** The longest wait before a retry, whatever the server asks for. */
const MAX_RETRY_DELAY_MS = 3_600_000;

export interface ExportLoopOptions {
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMs: number;
  readonly exportTimeoutMs: number;
}

/**
 * Milliseconds after which asking again may help records that just came back; `undefined` when none came back, or when
 * only the timer should try them again.
 */
export type TryAgainInMs = number | undefined;

/** One walk over the queue: every record that is ready by `lastSequence` is given to the exporter once. */
interface Pass {
  lastSequence: number;
  /** The shortest wait after which what came back is due. */
  retryDelayMs: number;
  tryAgainInMs: TryAgainInMs;
  readonly waiters: readonly Waiter[];
}

type Waiter = (tryAgainInMs: TryAgainInMs) => void;

/**
 * Moves records from the queue to the exporter: when a batch is full, on the timer, soon after a terminal error, and
 * when asked. One batch is in flight; what is asked for meanwhile costs neither a promise nor a timer per record.
 */
export class ExportLoop {
  readonly #options: ExportLoopOptions;
  readonly #queue: ExportQueue;
  readonly #accounting: Accounting;
  readonly #exporter: SpanExporter;
  readonly #onPass: () => void;
  #pass: Pass | undefined;
  /** Callers that wait for the next pass: it retries everything, so they share it. */
  #nextWaiters: Waiter[] | undefined;
  #flight: readonly SpanRecord[] | undefined;
  #flightTimer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #retryAtMs = Infinity;
  #closed = false;

  constructor(
    options: ExportLoopOptions,
    queue: ExportQueue,
    accounting: Accounting,
    exporter: SpanExporter,
    onPass: () => void,
  ) {
    this.#options = options;
    this.#queue = queue;
    this.#accounting = accounting;
    this.#exporter = exporter;
    this.#onPass = onPass;
  }

  /** Timers and immediates that are armed; none after `close()`. */
  get armed(): number {
    return [this.#flightTimer, this.#immediate, this.#timer, this.#retryTimer].filter(Boolean)
      .length;
  }

  /** Records were queued. `urgent`: they should not wait for the timer, which keeps its time. */
  queued(urgent: boolean): void {
    if (this.#closed || this.#queue.ready === 0) return;
    if (urgent || this.#queue.ready >= this.#options.maxExportBatchSize) this.#flushSoon();
    // Checked here, for every span: V8 allocates the closure of a function before the function's own check runs.
    if (this.#timer === undefined) this.#armTimer();
  }

  /**
   * Tries everything that is pending, also what came back and is not due yet. Resolves when each of those records was
   * delivered, was dropped or has come back. Callers that ask while a pass runs share the next one.
   */
  flushed(): Promise<TryAgainInMs> {
    return new Promise((resolve) => {
      if (this.#closed) resolve(undefined);
      else if (this.#pass === undefined) this.#start(true, [resolve]);
      else (this.#nextWaiters ??= []).push(resolve);
    });
  }

  /** Ends every timer. A batch that is still in flight counts as dropped, whatever is answered later. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#flightTimer);
    this.#immediate = this.#timer = this.#retryTimer = this.#flightTimer = undefined;
    const waiters = [...(this.#pass?.waiters ?? []), ...(this.#nextWaiters ?? [])];
    const flight = this.#flight;
    this.#pass = this.#nextWaiters = this.#flight = undefined;
    if (flight !== undefined) {
      this.#queue.settle(flight, new Set());
      this.#accounting.drop('shutdown', flight.length);
    }
    for (const resolve of waiters) resolve(undefined);
  }

  /** Not in the call that ended the span, whose caller would pay for the export. */
  #flushSoon(): void {
    if (this.#pass !== undefined) {
      this.#pass.lastSequence = this.#queue.lastSequence;
      return;
    }
    if (this.#immediate === undefined) this.#armImmediate();
  }

  #armImmediate(): void {
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined;
      this.#flushReady();
    });
    this.#immediate.unref();
  }

  #flushReady(): void {
    if (this.#pass === undefined) this.#start(false, []);
    else this.#pass.lastSequence = this.#queue.lastSequence;
  }

  #armTimer(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flushReady();
    }, this.#options.scheduledDelayMs);
    this.#timer.unref();
  }

  #armRetryTimer(delayMs: number): void {
    const atMs = performance.now() + delayMs;
    if (this.#retryTimer !== undefined && this.#retryAtMs <= atMs) return;
    clearTimeout(this.#retryTimer);
    this.#retryAtMs = atMs;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#flushReturned();
    }, delayMs);
    this.#retryTimer.unref();
  }

  /** What came back is due. */
  #flushReturned(): void {
    if (this.#pass === undefined) this.#start(true, []);
    else this.#nextWaiters ??= [];
  }

  #start(recall: boolean, waiters: readonly Waiter[]): void {
    this.#begin(recall, waiters);
    this.#run();
  }

  #begin(recall: boolean, waiters: readonly Waiter[]): void {
    if (recall) {
      this.#queue.recall();
      clearTimeout(this.#retryTimer);
      this.#retryTimer = undefined;
    }
    this.#pass = {
      lastSequence: this.#queue.lastSequence,
      retryDelayMs: Infinity,
      tryAgainInMs: undefined,
      waiters,
    };
    this.#onPass();
  }

  /** A loop rather than a recursion, because an exporter may answer within the call. */
  #run(): void {
    for (let pass = this.#pass; pass !== undefined; pass = this.#pass) {
      const batch = this.#queue.take(this.#options.maxExportBatchSize, pass.lastSequence);
      if (batch.length === 0) this.#finish(pass);
      else if (!this.#export(batch, pass)) return;
    }
  }

  /** True when the exporter has answered within the call. */
  #export(batch: readonly SpanRecord[], pass: Pass): boolean {
    let withinCall = true;
    let answered = false;
    const answer = (outcome: ExportOutcome): void => {
      if (answered || this.#flight !== batch) return;
      answered = true;
      this.#settle(batch, outcome, pass);
      if (!withinCall) this.#run();
    };
    this.#flight = batch;
    try {
      withTracingSuppressed(() =>
        this.#exporter.export([...batch], (result) => answer(readOutcome(batch, result))),
      );
    } catch (error) {
      logDebug('the exporter threw', error);
      answer(failedOutcome(batch));
    }
    withinCall = false;
    // Neither answered nor closed within the call.
    if (this.#flight === batch) {
      this.#flightTimer = setTimeout(() => {
        logDebug(`the exporter did not answer within ${this.#options.exportTimeoutMs} ms`);
        answer(failedOutcome(batch));
      }, this.#options.exportTimeoutMs);
      this.#flightTimer.unref();
    }
    return answered;
  }

  #settle(batch: readonly SpanRecord[], outcome: ExportOutcome, pass: Pass): void {
    this.#flight = undefined;
    clearTimeout(this.#flightTimer);
    this.#flightTimer = undefined;
    this.#queue.settle(batch, outcome.undelivered);
    this.#accounting.delivered += outcome.delivered;
    for (const [reason, count] of Object.entries(outcome.dropped)) {
      this.#accounting.drop(reason as DropReason, count);
    }
    if (outcome.undelivered.size === 0) return;
    const { retryAfterMs, reason } = outcome;
    const delayMs = Math.min(retryAfterMs ?? this.#options.scheduledDelayMs, MAX_RETRY_DELAY_MS);
    pass.retryDelayMs = Math.min(pass.retryDelayMs, delayMs);
    const soonMs = retryAfterMs ?? (reason === 'flag_unknown' ? FLAG_POLL_MS : Infinity);
    if (soonMs < (pass.tryAgainInMs ?? Infinity)) pass.tryAgainInMs = soonMs;
  }

  #finish(pass: Pass): void {
    this.#pass = undefined;
    const next = this.#nextWaiters;
    this.#nextWaiters = undefined;
    if (this.#queue.returned > 0 && pass.retryDelayMs < Infinity) {
      this.#armRetryTimer(pass.retryDelayMs);
    }
    for (const resolve of pass.waiters) resolve(pass.tryAgainInMs);
    // The loop that finished this pass runs the next one, too: a second loop would put two batches in flight.
    if (next !== undefined) this.#begin(true, next);
  }
}
