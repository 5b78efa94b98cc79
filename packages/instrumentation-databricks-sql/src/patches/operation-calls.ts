import { context, SpanKind, trace } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { DriverCall, failureAttributes, recordException, setFailure } from './driver-call';
import type { Operation } from '../driver/shapes';
import {
  ATTR_DATABRICKS_FETCH_ROW_COUNT,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_RESULT_FORMAT,
  OPERATION_FETCH,
} from '../semconv';
import type { Statement } from '../statement/statement';
import { resultFormat } from '../statement/totals';
import type { Tracing } from '../telemetry/tracing';

const FETCH_NAME = 'fetchChunk';

/** Asks how far the statement is. No span: while the statement runs, its own is active for the requests to nest under. */
export class StatusCall extends DriverCall {
  constructor(
    tracing: Tracing,
    override readonly statement: Statement,
  ) {
    super(tracing, undefined, statement);
  }

  protected override get activeSpan(): Span | undefined {
    return this.statement.span;
  }

  override succeeded(): void {
    this.statement.callResolved();
  }

  /** That the question failed says nothing of the statement. */
  override failed(_error: unknown): void {
    this.statement.callResolved();
  }
}

/** Waits for the statement to finish, and fails with it. */
export class WaitCall extends StatusCall {
  constructor(
    tracing: Tracing,
    private readonly operation: Operation,
    statement: Statement,
  ) {
    super(tracing, statement);
  }

  override succeeded(): void {
    if (this.statement.session.connection.isKernel) this.statement.sawFinished();
    this.statement.callResolved();
  }

  override failed(error: unknown): void {
    this.statement.callRejected(error, this, this.operation);
  }
}

/** `fetchChunk`. */
export class FetchCall extends DriverCall {
  constructor(
    tracing: Tracing,
    private readonly operation: Operation,
    override readonly statement: Statement,
  ) {
    super(
      tracing,
      tracing.config.fetchSpans && tracing.isDetailSampled(statement)
        ? tracing.startSpan(
            FETCH_NAME,
            SpanKind.INTERNAL,
            { [ATTR_DATABRICKS_OPERATION]: OPERATION_FETCH, ...statement.identity },
            statement,
          )
        : undefined,
      statement,
    );
  }

  protected override get activeSpan(): Span | undefined {
    if (this.span !== undefined) return this.span;
    const { statement } = this;
    const isOurs = !statement.ended || trace.getSpan(context.active()) === undefined;
    return isOurs ? statement.span : undefined;
  }

  override succeeded(rows: unknown): void {
    const { statement, operation, span } = this;
    const { isKernel } = statement.session.connection;
    const rowCount = Array.isArray(rows) ? rows.length : 0;
    statement.totals.fetched(rowCount);
    if (isKernel) statement.sawFinished();
    statement.callResolved();
    if (span?.isRecording() !== true) return;
    span.setAttribute(ATTR_DATABRICKS_FETCH_ROW_COUNT, rowCount);
    const format = resultFormat(operation.backend?.metadata ?? operation.metadata, isKernel);
    if (format !== undefined) span.setAttribute(ATTR_DATABRICKS_RESULT_FORMAT, format);
  }

  override failed(error: unknown): void {
    const { statement } = this;
    const outlivedStatement = statement.ended;
    statement.callRejected(error, this, this.operation);
    if (this.span !== undefined) {
      // Telemetry completes the statement with a terminal error, and does not wait for the close.
      if (outlivedStatement) this.span.setAttributes(statement.closeAttributes(this.operation));
      super.failed(error);
    } else if (outlivedStatement && this.tracing.config.fetchSpans) this.tellFailure(error);
  }

  /**
   * The failure of a fetch without a span, when the statement's has ended: nothing else would tell of it. The sampler
   * sees the error among the attributes at creation and decides.
   */
  private tellFailure(error: unknown): void {
    const info = this.tracing.describeError(error, this);
    const span = this.tracing.startSpan(
      FETCH_NAME,
      SpanKind.INTERNAL,
      {
        ...this.statement.identity,
        [ATTR_DATABRICKS_OPERATION]: OPERATION_FETCH,
        ...this.statement.closeAttributes(this.operation),
        ...failureAttributes(info),
      },
      this.statement,
      this.startMs,
    );
    if (span === undefined) return;
    try {
      setFailure(span, info);
      if (this.tracing.firstSighting(error)) recordException(span, info);
    } finally {
      span.end(performance.now());
    }
  }
}

/** `close` or `cancel`: the end of the statement, with what it came to. */
export class CloseCall extends DriverCall {
  constructor(
    tracing: Tracing,
    private readonly operation: Operation,
    override readonly statement: Statement,
    private readonly state: 'CLOSED' | 'CANCELED',
  ) {
    super(
      tracing,
      tracing.startSpan(
        state === 'CANCELED' ? 'cancel' : 'close',
        sendsRequest(operation) ? SpanKind.CLIENT : SpanKind.INTERNAL,
        statement.session.closing[state],
        statement,
      ),
      statement,
    );
  }

  override succeeded(): void {
    this.statement.closed(this.state);
    this.describe();
  }

  override failed(error: unknown): void {
    this.statement.closeFailed(this.state);
    this.describe();
    super.failed(error);
  }

  /** Writes its own retries too, which are among the statement's. */
  override end(): void {
    this.span?.end();
  }

  private describe(): void {
    if (this.span?.isRecording() !== true) return;
    this.span.setAttributes(this.statement.session.identity);
    this.span.setAttributes(this.statement.closeAttributes(this.operation));
  }
}

/** The server closes a statement by itself when all of its results came with the submit. */
function sendsRequest(operation: Operation): boolean {
  if (operation.closed === true || operation.cancelled === true) return false;
  return (operation.backend?.closeOperation ?? operation.closeOperation) == null;
}
