import { context, SpanKind, trace } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { clock } from '../clock';
import type { Operation } from '../driver/shapes';
import {
  ATTR_DATABRICKS_DRIVER_VERSION,
  ATTR_DATABRICKS_FETCH_ROW_COUNT,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_RESULT_FORMAT,
  OPERATION_FETCH,
} from '../semconv';
import type { Statement } from '../statement/statement';
import type { ResultFacts } from '../statement/totals';
import { failureAttributes } from '../telemetry/failure';
import type { Failure } from '../telemetry/failure';
import type { StartedOperation } from '../telemetry/operation';
import type { Telemetry } from '../telemetry/telemetry';
import { currentCall, DriverCall } from './driver-call';
import { isKernel } from './operation-calls';
import { resultFacts, resultFormat } from './result-facts';
import type { SharedState } from './shared-state';

const FETCH_NAME = 'fetchChunk';

/** Whether the current call already counts the rows of a chunk of this statement. */
export function isWithinFetch(statement: Statement): boolean {
  const call = currentCall();
  return call instanceof FetchCall && call.statement === statement;
}

/** Whether the current call is within a `fetchAll` of this statement, such as that of a base class. */
export function isWithinFetchAll(statement: Statement): boolean {
  const call = currentCall();
  return call instanceof FetchAllCall && call.statement === statement;
}

/** `fetchChunk`. */
export function beginFetch(
  telemetry: Telemetry,
  operation: Operation,
  statement: Statement,
  startMs?: number,
): FetchCall {
  const started =
    telemetry.config.fetchSpans && telemetry.isDetailSampled(statement)
      ? telemetry.begin(
          statement.session.connection,
          FETCH_NAME,
          SpanKind.INTERNAL,
          { [ATTR_DATABRICKS_OPERATION]: OPERATION_FETCH, ...statement.identity },
          { origin: statement, startMs },
        )
      : undefined;
  return new FetchCall(telemetry, started, operation, statement);
}

class FetchCall extends DriverCall {
  readonly #operation: Operation;
  /** The `fetchAll` that this chunk is part of. */
  readonly #whole: FetchAllCall | undefined;

  constructor(
    telemetry: Telemetry,
    started: StartedOperation | undefined,
    operation: Operation,
    override readonly statement: Statement,
  ) {
    super(telemetry, started, statement);
    this.#operation = operation;
    const caller = currentCall();
    if (caller instanceof FetchAllCall && caller.statement === statement) this.#whole = caller;
  }

  protected override get activeSpan(): Span | undefined {
    const { span, statement } = this;
    if (span !== undefined) return span;
    const isBelowStatement = !statement.hasEnded || trace.getSpan(context.active()) === undefined;
    return isBelowStatement ? statement.span : undefined;
  }

  override succeeded(rows: unknown): void {
    const { statement } = this;
    const rowCount = Array.isArray(rows) ? rows.length : 0;
    statement.totals.fetched(rowCount);
    this.#whole?.fetched(rowCount);
    if (this.telemetry.isPublishing) {
      statement.totals.factsRead = resultFacts(this.#operation, isKernel(statement));
    }
    // Rows come of finished statements only; an empty page may come before the end.
    if (rowCount > 0 || isKernel(statement)) statement.sawFinished();
    statement.callResolved();
    if (!this.isRecording) return;
    this.result = { [ATTR_DATABRICKS_FETCH_ROW_COUNT]: rowCount };
    const format = resultFormat(this.#operation, isKernel(statement));
    if (format !== undefined) this.result[ATTR_DATABRICKS_RESULT_FORMAT] = format;
  }

  override failed(failure: Failure): void {
    const { statement, operation } = this;
    this.#whole?.sawFailure(failure);
    const hadEnded = statement.hasEnded;
    const facts = resultFacts(this.#operation, isKernel(statement));
    statement.callRejected(failure, facts);
    if (operation !== undefined) {
      // A terminal error completes the record, which does not wait for the close.
      if (hadEnded && statement.hasFinished) {
        this.result = this.published = statement.completion(facts);
      }
      super.failed(failure);
    } else if (hadEnded) this.#reportFailure(failure, facts);
  }

  /**
   * A failed fetch without a span gets one when the statement's has ended, because no other span can show the failure.
   * The sampler sees the error among the attributes at creation and decides.
   */
  #reportFailure(failure: Failure, facts: ResultFacts): void {
    const { statement, telemetry, startMs } = this;
    const published = statement.completion(facts);
    const attributes = {
      ...statement.identity,
      [ATTR_DATABRICKS_OPERATION]: OPERATION_FETCH,
      ...published,
      ...failureAttributes(failure),
    };
    const started = telemetry.begin(
      statement.session.connection,
      FETCH_NAME,
      SpanKind.INTERNAL,
      attributes,
      { origin: statement, startMs, hasSpan: telemetry.config.fetchSpans },
    );
    telemetry.end(started, { published, failure, endMs: clock.monotonicMs() });
  }
}

/** `fetchAll`: a chunk that no inner call has shown is counted, and shown, here. */
export class FetchAllCall extends DriverCall {
  readonly #shared: SharedState;
  readonly #operation: Operation;
  #hasChunks = false;
  #rows = 0;
  #failed: unknown;

  constructor(
    shared: SharedState,
    operation: Operation,
    override readonly statement: Statement,
  ) {
    super(shared.telemetry, undefined, statement);
    this.#shared = shared;
    this.#operation = operation;
  }

  /** A chunk of it arrived. */
  fetched(rows: number): void {
    this.#hasChunks = true;
    this.#rows += rows;
  }

  /** The call that fetched a chunk has reported its failure. */
  sawFailure({ error }: Failure): void {
    this.#hasChunks = true;
    this.#failed = error;
  }

  override succeeded(rows: unknown): void {
    const uncounted = Array.isArray(rows) ? rows.slice(this.#rows) : [];
    if (uncounted.length > 0) {
      const { attributes } = this.statement.session.connection;
      this.#shared.warnOfUncountedRows(attributes[ATTR_DATABRICKS_DRIVER_VERSION]);
    }
    if (uncounted.length > 0 || !this.#hasChunks) {
      const chunk = this.#chunk();
      chunk.succeeded(uncounted);
      chunk.end();
    }
  }

  override failed(failure: Failure): void {
    if (this.#hasChunks && this.#failed === failure.error) return;
    const chunk = this.#chunk();
    chunk.failed(failure);
    chunk.end();
  }

  #chunk(): DriverCall {
    return beginFetch(this.telemetry, this.#operation, this.statement, this.startMs);
  }
}
