import { SpanKind } from '@opentelemetry/api';
import type { Attributes, Span } from '@opentelemetry/api';
import type { Operation } from '../driver/shapes';
import type { Statement } from '../statement/statement';
import type { Failure } from '../telemetry/failure';
import type { StartedOperation } from '../telemetry/operation';
import type { Telemetry } from '../telemetry/telemetry';
import { DriverCall } from './driver-call';
import { resultFacts } from './result-facts';

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
  readonly #isFinishedThen: boolean;

  /** @param isFinishedThen the call resolves only when the statement has finished */
  constructor(
    telemetry: Telemetry,
    operation: Operation,
    statement: Statement,
    isFinishedThen: boolean,
  ) {
    super(telemetry, statement);
    this.#operation = operation;
    this.#isFinishedThen = isFinishedThen;
  }

  override succeeded(): void {
    if (this.#isFinishedThen || isKernel(this.statement)) this.statement.sawFinished();
    this.statement.callResolved();
  }

  override failed(failure: Failure): void {
    this.statement.callRejected(failure, resultFacts(this.#operation, isKernel(this.statement)));
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

  /** The record of the statement does not wait for a close that hangs. */
  override abandon(): void {
    this.#complete();
    super.abandon();
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

export function isKernel(statement: Statement): boolean {
  return statement.session.connection.isKernel;
}

/** The server closes a statement by itself when all of its results came with the submit. */
function sendsRequest(operation: Operation): boolean {
  if (operation.closed === true || operation.cancelled === true) return false;
  return (operation.backend?.closeOperation ?? operation.closeOperation) == null;
}
