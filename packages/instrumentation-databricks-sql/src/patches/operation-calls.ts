import { context, SpanKind, trace } from '@opentelemetry/api';
import type { Attributes, Span } from '@opentelemetry/api';
import { clock } from '../clock';
import type { Operation } from '../driver/shapes';
import {
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
import { DriverCall } from './driver-call';
import { resultFacts, resultFormat } from './result-facts';

const FETCH_NAME = 'fetchChunk';

/**
 * A question about the state of the statement. It has no span: while the statement runs, HTTP requests nest below the
 * statement's own.
 */
export class StatusCall extends DriverCall {
  constructor(
    telemetry: Telemetry,
    override readonly statement: Statement,
  ) {
    super(telemetry, undefined, statement);
  }

  protected override get activeSpan(): Span | undefined {
    return this.statement.span;
  }

  override succeeded(): void {
    this.statement.callResolved();
  }

  /** The question failed, which does not mean that the statement did. */
  override failed(_failure: Failure): void {
    this.statement.callResolved();
  }
}

/** Waits for the statement to finish, and fails with it. */
export class WaitCall extends StatusCall {
  readonly #operation: Operation;

  constructor(telemetry: Telemetry, operation: Operation, statement: Statement) {
    super(telemetry, statement);
    this.#operation = operation;
  }

  override succeeded(): void {
    if (isKernel(this.statement)) this.statement.sawFinished();
    this.statement.callResolved();
  }

  override failed(failure: Failure): void {
    this.statement.callRejected(failure, resultFacts(this.#operation, isKernel(this.statement)));
  }
}

/** `fetchChunk`. */
export function beginFetch(
  telemetry: Telemetry,
  operation: Operation,
  statement: Statement,
): FetchCall {
  const started =
    telemetry.config.fetchSpans && telemetry.isDetailSampled(statement)
      ? telemetry.begin(
          statement.session.connection,
          FETCH_NAME,
          SpanKind.INTERNAL,
          { [ATTR_DATABRICKS_OPERATION]: OPERATION_FETCH, ...statement.identity },
          { origin: statement },
        )
      : undefined;
  return new FetchCall(telemetry, started, operation, statement);
}

class FetchCall extends DriverCall {
  readonly #operation: Operation;

  constructor(
    telemetry: Telemetry,
    started: StartedOperation | undefined,
    operation: Operation,
    override readonly statement: Statement,
  ) {
    super(telemetry, started, statement);
    this.#operation = operation;
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
    if (isKernel(statement)) statement.sawFinished();
    statement.callResolved();
    if (!this.isRecording) return;
    this.result = { [ATTR_DATABRICKS_FETCH_ROW_COUNT]: rowCount };
    const format = resultFormat(this.#operation, isKernel(statement));
    if (format !== undefined) this.result[ATTR_DATABRICKS_RESULT_FORMAT] = format;
  }

  override failed(failure: Failure): void {
    const { statement, operation } = this;
    const hadEnded = statement.hasEnded;
    const facts = resultFacts(this.#operation, isKernel(statement));
    statement.callRejected(failure, facts);
    if (operation !== undefined) {
      // A terminal error completes the record, which does not wait for the close.
      if (hadEnded) this.result = this.published = statement.completion(facts);
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

/** `close` or `cancel`, which end the statement: their span carries its totals. */
export function beginClose(
  telemetry: Telemetry,
  operation: Operation,
  statement: Statement,
  state: 'CLOSED' | 'CANCELED',
): CloseCall {
  const started = telemetry.begin(
    statement.session.connection,
    state === 'CANCELED' ? 'cancel' : 'close',
    sendsRequest(operation) ? SpanKind.CLIENT : SpanKind.INTERNAL,
    statement.session.closing[state],
    { origin: statement },
  );
  return new CloseCall(telemetry, started, operation, statement, state);
}

class CloseCall extends DriverCall {
  readonly #operation: Operation;
  readonly #state: 'CLOSED' | 'CANCELED';

  constructor(
    telemetry: Telemetry,
    started: StartedOperation,
    operation: Operation,
    override readonly statement: Statement,
    state: 'CLOSED' | 'CANCELED',
  ) {
    super(telemetry, started, statement);
    this.#operation = operation;
    this.#state = state;
  }

  override succeeded(): void {
    this.statement.closed(this.#state);
    this.#complete();
  }

  override failed(failure: Failure): void {
    this.statement.closeFailed(this.#state);
    this.#complete();
    super.failed(failure);
  }

  #complete(): void {
    if (!this.isRecording) return;
    const { statement } = this;
    this.identity = statement.session.identity;
    this.result = statement.completion(resultFacts(this.#operation, isKernel(statement)));
  }

  /** The retries of this call are among the statement's. */
  protected override withRetries(result: Attributes | undefined): Attributes | undefined {
    return result;
  }
}

function isKernel(statement: Statement): boolean {
  return statement.session.connection.isKernel;
}

/** The server closes a statement by itself when all of its results came with the submit. */
function sendsRequest(operation: Operation): boolean {
  if (operation.closed === true || operation.cancelled === true) return false;
  return (operation.backend?.closeOperation ?? operation.closeOperation) == null;
}
