import type { Accounting } from '../../accounting';
import { clock, startBackgroundTimer, startImmediate, startTimeLimit } from '../../clock';
import type { Timer } from '../../clock';
import { logDebug, OncePerCondition, ownRejection } from '../../diagnostics';
import type { SpanExporter } from '../../otel';
import type { DropReason } from '../../record';
import { withTracingSuppressed } from '../../suppress-tracing';
import { failedOutcome, readOutcome } from './export-outcome';
import type { ExportOutcome } from './export-outcome';
import type { ExportQueue } from '../queue/export-queue';
import type { SpanRecord } from '../join/span-record';

/** How soon an awaited flush tries again when the feature flag is not known yet. */
const FLAG_POLL_MS = 100;
/** The longest wait before a retry, whatever the server asks for. */
const MAX_RETRY_DELAY_MS = 3_600_000;
/** A timer that fires this much later than due was held up: by a suspended process or a blocked event loop. */
const SUSPENDED_MS = 10_000;
/** Urgent records flush the queue at most this often. */
const EARLY_FLUSH_INTERVAL_MS = 1_000;

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
  /** Batches given to the exporter. */
  batches: number;
  /** The shortest wait that the exporter asked for; 0 when it asked for none. */
  heldMs: number;
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
  /** Whether the next pass also tries what came back. */
  #recallNext = false;
  #flight: readonly SpanRecord[] | undefined;
  #flightTimer: Timer | undefined;
  #immediate: Timer | undefined;
  #earlyTimer: Timer | undefined;
  #nextEarlyFlushMs = -Infinity;
  #timer: Timer | undefined;
  #retryTimer: Timer | undefined;
  #retryAtMs = Infinity;
  /** Until then the exporter does not accept what came back. */
  #heldUntilMs = -Infinity;
  #closed = false;
  readonly #suspended = new OncePerCondition();

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
    return [
      this.#flightTimer,
      this.#immediate,
      this.#earlyTimer,
      this.#timer,
      this.#retryTimer,
    ].filter(Boolean).length;
  }

  /** Records were queued. `urgent`: they should not wait for the timer, which keeps its time. */
  queued(urgent: boolean): void {
    if (this.#closed || this.#queue.ready === 0) return;
    if (this.#queue.ready >= this.#options.maxExportBatchSize) this.#flushSoon();
    else if (urgent) this.#flushEarly();
    // Checked here, for every span: V8 allocates the closure of a function before the function's own check runs.
    if (this.#timer === undefined) this.#armTimer();
  }

  /**
   * Tries everything that is pending, also what came back and is not due yet. Resolves when each of those records was
   * delivered, was dropped or has come back. Callers that ask while a pass runs share the next one.
   */
  flushed(): Promise<TryAgainInMs> {
    return this.#flushed(true);
  }

  /** As {@link flushed}, but leaves alone what came back with a wait that is not over. */
  flushedWhatIsDue(): Promise<TryAgainInMs> {
    const isHeld = this.#queue.returned > 0 && clock.monotonicMs() < this.#heldUntilMs;
    if (isHeld && this.#queue.ready === 0 && this.#pass === undefined) {
      return Promise.resolve(undefined);
    }
    return this.#flushed(!isHeld);
  }

  #flushed(recall: boolean): Promise<TryAgainInMs> {
    return new Promise((resolve) => {
      if (this.#closed) resolve(undefined);
      else if (this.#pass === undefined) this.#start(recall, [resolve]);
      else {
        (this.#nextWaiters ??= []).push(resolve);
        this.#recallNext ||= recall;
      }
    });
  }

  /** Ends every timer. A batch that is still in flight counts as dropped, whatever is answered later. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#immediate?.cancel();
    this.#earlyTimer?.cancel();
    this.#timer?.cancel();
    this.#retryTimer?.cancel();
    this.#flightTimer?.cancel();
    this.#immediate = this.#earlyTimer = this.#timer = undefined;
    this.#retryTimer = this.#flightTimer = undefined;
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

  /** Many failures in a row share a flush: those during its first batch leave with its second one. */
  #flushEarly(): void {
    if (this.#pass !== undefined && this.#pass.batches <= 1) {
      this.#pass.lastSequence = this.#queue.lastSequence;
      return;
    }
    if (this.#earlyTimer !== undefined || this.#immediate !== undefined) return;
    const waitMs = this.#nextEarlyFlushMs - clock.monotonicMs();
    if (waitMs <= 0) {
      this.#nextEarlyFlushMs = clock.monotonicMs() + EARLY_FLUSH_INTERVAL_MS;
      this.#flushSoon();
    } else this.#armEarlyTimer(waitMs);
  }

  #armEarlyTimer(delayMs: number): void {
    this.#earlyTimer = startBackgroundTimer('an early flush', delayMs, () => {
      this.#earlyTimer = undefined;
      this.#nextEarlyFlushMs = clock.monotonicMs() + EARLY_FLUSH_INTERVAL_MS;
      if (this.#queue.ready > 0) this.#flushReady();
    });
  }

  #armImmediate(): void {
    this.#immediate = startImmediate('a flush', () => {
      this.#immediate = undefined;
      this.#flushReady();
    });
  }

  #flushReady(): void {
    if (this.#pass === undefined) this.#start(false, []);
    else this.#pass.lastSequence = this.#queue.lastSequence;
  }

  #armTimer(): void {
    const dueMs = clock.monotonicMs() + this.#options.scheduledDelayMs;
    this.#timer = startBackgroundTimer('a flush', this.#options.scheduledDelayMs, () => {
      this.#timer = undefined;
      this.#reportSuspension(clock.monotonicMs() - dueMs);
      this.#flushReady();
    });
  }

  #reportSuspension(lateMs: number): void {
    if (lateMs < SUSPENDED_MS) return;
    const { pending } = this.#queue;
    this.#suspended.warn(
      `the process did not run for ${Math.round(lateMs / 1_000)} s while ${pending} telemetry record${pending === 1 ? '' : 's'} waited: ` +
        'where the platform freezes the process between invocations, await forceFlush() before each invocation ends',
    );
  }

  #armRetryTimer(delayMs: number): void {
    const atMs = clock.monotonicMs() + delayMs;
    if (this.#retryTimer !== undefined && this.#retryAtMs <= atMs) return;
    this.#retryTimer?.cancel();
    this.#retryAtMs = atMs;
    this.#retryTimer = startBackgroundTimer('a retry', delayMs, () => {
      this.#retryTimer = undefined;
      this.#flushReturned();
    });
  }

  /** What came back is due. */
  #flushReturned(): void {
    if (this.#pass === undefined) this.#start(true, []);
    else {
      this.#nextWaiters ??= [];
      this.#recallNext = true;
    }
  }

  #start(recall: boolean, waiters: readonly Waiter[]): void {
    this.#begin(recall, waiters);
    this.#run();
  }

  #begin(recall: boolean, waiters: readonly Waiter[]): void {
    if (recall) {
      this.#queue.recall();
      this.#retryTimer?.cancel();
      this.#retryTimer = undefined;
    }
    this.#pass = {
      lastSequence: this.#queue.lastSequence,
      retryDelayMs: Infinity,
      tryAgainInMs: undefined,
      batches: 0,
      heldMs: Infinity,
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
    pass.batches += 1;
    const fail = (error: unknown): void => {
      logDebug('the exporter threw', error);
      answer(failedOutcome(batch));
    };
    try {
      const returned: unknown = withTracingSuppressed(() =>
        this.#exporter.export([...batch], (result) => answer(readOutcome(batch, result))),
      );
      ownRejection(returned, fail);
    } catch (error) {
      fail(error);
    }
    withinCall = false;
    // Neither answered nor closed within the call.
    if (this.#flight === batch) {
      const { exportTimeoutMs } = this.#options;
      this.#flightTimer = startTimeLimit('the time limit of an export', exportTimeoutMs, () => {
        logDebug(`the exporter did not answer within ${exportTimeoutMs} ms`);
        answer(failedOutcome(batch));
      });
    }
    return answered;
  }

  #settle(batch: readonly SpanRecord[], outcome: ExportOutcome, pass: Pass): void {
    this.#flight = undefined;
    this.#flightTimer?.cancel();
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
    pass.heldMs = Math.min(pass.heldMs, retryAfterMs ?? 0);
    const soonMs = retryAfterMs ?? (reason === 'flag_unknown' ? FLAG_POLL_MS : Infinity);
    if (soonMs < (pass.tryAgainInMs ?? Infinity)) pass.tryAgainInMs = soonMs;
  }

  #finish(pass: Pass): void {
    this.#pass = undefined;
    const next = this.#nextWaiters;
    this.#nextWaiters = undefined;
    if (this.#queue.returned > 0 && pass.retryDelayMs < Infinity) {
      this.#armRetryTimer(pass.retryDelayMs);
      this.#heldUntilMs = clock.monotonicMs() + pass.heldMs;
    }
    for (const resolve of pass.waiters) resolve(pass.tryAgainInMs);
    // The loop that finished this pass runs the next one, too: a second loop would put two batches in flight.
    if (next !== undefined) {
      const recall = this.#recallNext;
      this.#recallNext = false;
      this.#begin(recall, next);
    }
  }
}
