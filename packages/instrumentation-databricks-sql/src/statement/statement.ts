import { SpanStatusCode } from '@opentelemetry/api';
import type { Attributes, Link, Span } from '@opentelemetry/api';
import {
  failureAttributes,
  metricFailureAttributes,
  recordException,
} from '../patches/driver-call';
import type { SessionFacts } from '../connection/connection';
import { knownId } from '../connection/connection';
import type { Operation as DriverOperation, OperationStatus, Response } from '../driver/shapes';
import type { ErrorInfo, FailureContext } from '../telemetry/failure';
import { GUID_BYTES, guidText } from './guid';
import {
  ATTR_DATABRICKS_HTTP_RETRY_COUNT,
  ATTR_DATABRICKS_STATEMENT_DIRECT_RESULTS,
  ATTR_DATABRICKS_STATEMENT_ID,
  ATTR_DATABRICKS_STATEMENT_POLL_COUNT,
  ATTR_DATABRICKS_STATEMENT_POLL_DURATION,
  ATTR_DATABRICKS_STATEMENT_STATE,
} from '../semconv';
import type { StatementState } from '../semconv';
import { Totals } from './totals';
import type { Tracing } from '../telemetry/tracing';

/** `TOperationState`: the terminal ones. */
const TERMINAL_STATES = new Map<number, StatementState>([
  [2, 'FINISHED'],
  [3, 'CANCELED'],
  [4, 'CLOSED'],
  [5, 'ERROR'],
  [6, 'UNKNOWN'],
  [8, 'TIMEDOUT'],
]);
/** `OperationStateError.errorCode`, when the state itself was not seen. */
const STATE_OF_ERROR_CODE = new Map<unknown, StatementState>([
  ['CANCELED', 'CANCELED'],
  ['CLOSED', 'CLOSED'],
  ['ERROR', 'ERROR'],
  ['TIMEOUT', 'TIMEDOUT'],
  ['UNKNOWN', 'UNKNOWN'],
]);

/**
 * One statement's life, from submit to close. Its span ends once: at the first terminal state that was seen, when the
 * call that opened it has settled too; or when that call fails; or when it is cancelled, closed or given up before.
 * Times are of `performance.now()`.
 */
export class Statement {
  readonly totals = new Totals();
  /** As the server sent it, until somebody asks for the text. */
  private knownAs: Buffer | string | undefined = undefined;
  retryCount = 0;
  private state: StatementState | undefined = undefined;
  private stateResponse: OperationStatus | undefined = undefined;
  /** When the terminal state was seen. */
  private terminalMs: number | undefined = undefined;
  /** Retries until then; later ones are those of fetches and downloads. */
  private terminalRetryCount: number | undefined = undefined;
  private lastResponseMs: number;
  private submitted = false;
  private directResults: boolean | undefined = undefined;
  private pollCount = 0;
  private pollMs = 0;
  /** The generation of metrics in which it counts as active. */
  private activeGeneration: number | undefined = undefined;
  private closeInFlight = false;
  private cancelInFlight = false;
  private completed = false;
  private spanLinks: Link[] | undefined = undefined;
  private spanEnded = false;
  private childIdentity: Attributes | undefined = undefined;

  constructor(
    private readonly tracing: Tracing,
    readonly session: SessionFacts,
    readonly span: Span | undefined,
    readonly startMs: number,
    /** For `db.client.operation.duration`. */
    private readonly metricAttributes: Attributes,
  ) {
    this.lastResponseMs = startMs;
  }

  /** The span has ended; what comes now is recorded elsewhere. */
  get ended(): boolean {
    return this.spanEnded;
  }

  /** Made when it is first asked for: a statement that nobody records needs none. */
  get id(): string | undefined {
    // The driver writes it only once the call has resolved.
    if (typeof this.knownAs === 'object') this.knownAs = knownId(guidText(this.knownAs));
    return this.knownAs;
  }

  get isSampled(): boolean {
    return this.span !== undefined && this.tracing.isSampled(this.span);
  }

  /** On every span of this statement. */
  get identity(): Attributes {
    this.childIdentity ??=
      this.id === undefined
        ? this.session.identity
        : { [ATTR_DATABRICKS_STATEMENT_ID]: this.id, ...this.session.identity };
    return this.childIdentity;
  }

  /** For every later span of this statement, whoever its parent is. */
  get links(): Link[] {
    this.spanLinks ??= this.span === undefined ? [] : [{ context: this.span.spanContext() }];
    return this.spanLinks;
  }

  /** The server took the statement and may have finished it in the same answer. */
  answered({ operationHandle, directResults }: Response): void {
    this.lastResponseMs = performance.now();
    const guid = operationHandle?.operationId?.guid;
    if (Buffer.isBuffer(guid) && guid.length === GUID_BYTES) this.knownAs = guid;
    this.directResults = directResults != null;
    if (directResults?.operationStatus != null) this.sawStatus(directResults.operationStatus);
  }

  polled(durationMs: number, response: OperationStatus | undefined): void {
    this.pollCount += 1;
    this.pollMs += durationMs;
    if (response === undefined) return;
    this.lastResponseMs = performance.now();
    this.sawStatus(response);
  }

  /** A call that only succeeds on a finished statement has succeeded. */
  sawFinished(): void {
    if (this.state === undefined) this.sawState('FINISHED', performance.now());
  }

  /** The call that opened the statement resolved. */
  opened(operation: DriverOperation): void {
    this.submitted = true;
    if (this.knownAs === undefined) {
      this.knownAs = knownId(operation.id);
      this.childIdentity = undefined;
    }
    this.countActive();
    this.endIfTerminal();
    if (!this.spanEnded) this.tracing.openStatements.add(this);
  }

  /** The call that opened the statement rejected: there is nothing to close. */
  submitFailed(error: unknown, seen: FailureContext): void {
    this.endFailed(this.tracing.describeError(error, seen), error);
  }

  /** A call on the operation settled; the driver may have seen the terminal state in it. */
  callResolved(): void {
    this.endIfTerminal();
  }

  /** A call that waits for the statement, or reads from it, rejected. The first one ends a statement that still ran. */
  callRejected(error: unknown, seen: FailureContext, operation: DriverOperation): void {
    if (this.spanEnded || !this.submitted) return;
    // It did finish; what failed is reading its results, of which there may be some.
    if (this.state === 'FINISHED') this.span?.setAttributes(this.closeAttributes(operation));
    const code: unknown = (error as { errorCode?: unknown } | null | undefined)?.errorCode;
    const state = this.state ?? STATE_OF_ERROR_CODE.get(code);
    if (state !== undefined && this.state === undefined) this.sawState(state, performance.now());
    if (this.isUserCancel()) this.end(this.terminalMs);
    else this.endFailed(this.tracing.describeError(error, seen), error);
  }

  /** Whether a close or cancel that starts now is one to tell of: there is none in flight, and none has succeeded. */
  beginClose(state: 'CLOSED' | 'CANCELED'): boolean {
    const isInFlight = state === 'CLOSED' ? this.closeInFlight : this.cancelInFlight;
    if (this.completed || isInFlight) return false;
    this.setInFlight(state, true);
    return true;
  }

  /** The close or cancel failed; another may follow. */
  closeFailed(state: 'CLOSED' | 'CANCELED'): void {
    this.setInFlight(state, false);
  }

  /** Closed or cancelled. A statement that still ran ends with the last that the server said of it. */
  closed(state: 'CLOSED' | 'CANCELED'): void {
    this.completed = true;
    if (this.state === undefined) this.sawState(state, this.lastResponseMs);
    this.endIfTerminal();
    this.release();
    if (this.totals.wasFetched) {
      this.tracing.metrics.recordReturnedRows(this.totals.rowCount, this.metricAttributes);
    }
  }

  /** Nobody will end it any more: too long, disabled, or the client was collected. */
  abandon(): void {
    if (!this.spanEnded) this.end(this.lastResponseMs);
  }

  /** It no longer counts as active. */
  release(): void {
    if (this.activeGeneration === this.tracing.generation) {
      this.tracing.countActive(this.session, -1);
    }
    this.activeGeneration = undefined;
  }

  /** What a close tells beyond the session's identity. */
  closeAttributes(operation: DriverOperation): Attributes {
    const attributes = this.totals.attributes(
      operation,
      this.startMs,
      this.session.connection.isKernel,
    );
    if (this.id !== undefined) attributes[ATTR_DATABRICKS_STATEMENT_ID] = this.id;
    if (this.retryCount > 0) attributes[ATTR_DATABRICKS_HTTP_RETRY_COUNT] = this.retryCount;
    return attributes;
  }

  private setInFlight(state: 'CLOSED' | 'CANCELED', isInFlight: boolean): void {
    if (state === 'CLOSED') this.closeInFlight = isInFlight;
    else this.cancelInFlight = isInFlight;
  }

  private countActive(): void {
    this.activeGeneration = this.tracing.generation;
    this.tracing.countActive(this.session, 1);
  }

  private sawStatus(response: OperationStatus): void {
    const state = TERMINAL_STATES.get(response.operationState ?? -1);
    if (state === undefined || this.state !== undefined) return;
    this.stateResponse = response;
    this.sawState(state, this.lastResponseMs);
  }

  private sawState(state: StatementState, atMs: number): void {
    this.state = state;
    this.terminalMs = atMs;
    this.terminalRetryCount = this.retryCount;
  }

  /** A cancel the application asked for is an outcome, not a failure. */
  private isUserCancel(): boolean {
    return this.state === 'CANCELED' && (this.completed || this.cancelInFlight);
  }

  private endIfTerminal(): void {
    if (this.spanEnded || !this.submitted || this.state === undefined) return;
    const response = this.stateResponse;
    if (response === undefined || this.state === 'FINISHED' || this.isUserCancel()) {
      this.end(this.terminalMs);
      return;
    }
    // The state was seen where the driver throws nothing: the failure is told by the response alone.
    const error = { errorCode: errorCodeOf(this.state), response };
    this.endFailed(
      { ...this.tracing.describeError(error), className: 'OperationStateError' },
      error,
    );
  }

  private endFailed(info: ErrorInfo, error: unknown): void {
    const { span } = this;
    if (span?.isRecording() === true) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: info.message });
      if (this.tracing.firstSighting(error)) recordException(span, info);
    }
    this.end(this.terminalMs, info);
  }

  private end(endMs: number | undefined, failure?: ErrorInfo): void {
    this.spanEnded = true;
    this.tracing.openStatements.delete(this);
    const { span } = this;
    try {
      if (span?.isRecording() === true) {
        span.setAttributes(this.session.identity);
        span.setAttributes(this.outcome(failure));
      }
      if (this.tracing.metrics.live) {
        this.tracing.metrics.recordOperation(
          (endMs ?? performance.now()) - this.startMs,
          failure === undefined
            ? this.metricAttributes
            : { ...this.metricAttributes, ...metricFailureAttributes(failure) },
        );
      }
    } finally {
      span?.end(endMs);
    }
  }

  private outcome(failure: ErrorInfo | undefined): Attributes {
    const attributes: Attributes = {};
    if (this.id !== undefined) attributes[ATTR_DATABRICKS_STATEMENT_ID] = this.id;
    if (failure !== undefined) Object.assign(attributes, failureAttributes(failure));
    if (this.state !== undefined) attributes[ATTR_DATABRICKS_STATEMENT_STATE] = this.state;
    if (this.directResults !== undefined) {
      attributes[ATTR_DATABRICKS_STATEMENT_DIRECT_RESULTS] = this.directResults;
    }
    if (!this.session.connection.isKernel && this.directResults !== undefined) {
      attributes[ATTR_DATABRICKS_STATEMENT_POLL_COUNT] = this.pollCount;
      attributes[ATTR_DATABRICKS_STATEMENT_POLL_DURATION] = this.pollMs / 1000;
    }
    const retryCount = this.terminalRetryCount ?? this.retryCount;
    if (retryCount > 0) attributes[ATTR_DATABRICKS_HTTP_RETRY_COUNT] = retryCount;
    return attributes;
  }
}

function errorCodeOf(state: StatementState): string {
  return state === 'TIMEDOUT' ? 'TIMEOUT' : state;
}
