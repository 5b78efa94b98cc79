import type { Attributes, Link, Span } from '@opentelemetry/api';
import { clock } from '../clock';
import { knownId } from '../connection/connection';
import type { Connection, SessionFacts } from '../connection/connection';
import { POLL_METHOD } from '../driver/members';
import type { DriverReport } from '../driver/report';
import { countOf } from '../driver/shapes';
import type { Operation as DriverOperation, OperationStatus, Response } from '../driver/shapes';
import {
  ATTR_DATABRICKS_HTTP_RETRY_COUNT,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_STATEMENT_DIRECT_RESULTS,
  ATTR_DATABRICKS_STATEMENT_ID,
  ATTR_DATABRICKS_STATEMENT_MODIFIED_ROW_COUNT,
  ATTR_DATABRICKS_STATEMENT_POLL_COUNT,
  ATTR_DATABRICKS_STATEMENT_POLL_DURATION,
  ATTR_DATABRICKS_STATEMENT_STATE,
  ATTR_DATABRICKS_STATEMENT_SUBMIT_DURATION,
  ATTR_DATABRICKS_STATEMENT_URL,
  OPERATION_EXECUTE_STATEMENT,
} from '../semconv';
import type { StatementState } from '../semconv';
import type { Failure } from '../telemetry/failure';
import type { SpanOrigin, StartedOperation } from '../telemetry/operation';
import type { Telemetry } from '../telemetry/telemetry';
import { GUID_BYTES, guidText } from './guid';
import type { OpenOperations } from './open-operations';
import type { OpenResource, OpenResources } from './open-resources';
import { Phases, recordStateChange } from './phases';
import { errorCodeOf, phaseOf, stateOfErrorCode, terminalState } from './states';
import { Totals, totalsSoFar } from './totals';
import type { Phase } from './states';
import type { ResultFacts } from './totals';

/** What a statement needs of its surroundings. */
export interface StatementContext {
  readonly telemetry: Telemetry;
  readonly openOperations: OpenOperations;
  readonly openResources: OpenResources;
  readonly report: DriverReport;
}

/**
 * One statement's life, from submit to close. Its operation ends once: at the first terminal state that the driver saw,
 * as soon as the call that opened the statement has settled; or when that call fails; or when the statement is canceled,
 * closed or abandoned before. Times are those of `performance.now()`.
 */
export class Statement implements SpanOrigin {
  readonly totals = new Totals();
  retryCount = 0;
  /** The bytes that the server sent, until the id is asked for. */
  #knownAs: Buffer | string | undefined = undefined;
  #state: StatementState | undefined = undefined;
  #stateResponse: OperationStatus | undefined = undefined;
  /** When the terminal state was seen. */
  #terminalMs: number | undefined = undefined;
  /** Retries until then; later ones belong to fetches and downloads. */
  #terminalRetryCount: number | undefined = undefined;
  #lastResponseMs: number;
  /** When the server had accepted it. */
  #answeredMs: number | undefined = undefined;
  /** For statements that are polled. */
  #phases: Phases | undefined = undefined;
  #isSubmitted = false;
  #directResults: boolean | undefined = undefined;
  #pollCount = 0;
  #pollMs = 0;
  /** While it counts as active. */
  #resource: OpenResource | undefined = undefined;
  #isCloseInFlight = false;
  #isCancelInFlight = false;
  #isCompleted = false;
  #hasEnded = false;
  #links: Link[] | undefined = undefined;
  #identity: Attributes | undefined = undefined;
  readonly #context: StatementContext;
  readonly #operation: StartedOperation;
  readonly #metric: Attributes;
  readonly #openedAt: string | undefined;

  /** @param metric the attributes of `db.client.operation.duration` */
  constructor(
    context: StatementContext,
    readonly session: SessionFacts,
    operation: StartedOperation,
    metric: Attributes,
  ) {
    this.#context = context;
    this.#operation = operation;
    this.#metric = metric;
    this.#lastResponseMs = operation.startMs;
    this.#openedAt = context.openResources.callSite();
    session.usage.statementBegan(operation.startMs);
  }

  get span(): Span | undefined {
    return this.#operation.span;
  }

  /** The application suppressed tracing for it. */
  get isSuppressed(): boolean {
    return this.#operation.isSuppressed;
  }

  get connection(): Connection {
    return this.session.connection;
  }

  get startMs(): number {
    return this.#operation.startMs;
  }

  /** Whether the operation has ended; later failures are recorded on the spans of fetches. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The server has finished it: what fails later is reading its results. */
  get hasFinished(): boolean {
    return this.#state === 'FINISHED';
  }

  /** Computed on first use: a statement that is not recorded needs no id. */
  get id(): string | undefined {
    if (typeof this.#knownAs === 'object') this.#knownAs = knownId(guidText(this.#knownAs));
    return this.#knownAs;
  }

  /** The ids on every later span of this statement. */
  get identity(): Attributes {
    this.#identity ??=
      this.id === undefined
        ? this.session.identity
        : { [ATTR_DATABRICKS_STATEMENT_ID]: this.id, ...this.session.identity };
    return this.#identity;
  }

  /** For every later span of this statement, whatever its parent. */
  get links(): Link[] {
    this.#links ??= this.span === undefined ? [] : [{ context: this.span.spanContext() }];
    return this.#links;
  }

  /** The server accepted the statement, and may have finished it in the same response. */
  answered({ operationHandle, directResults }: Response): void {
    this.#lastResponseMs = this.#answeredMs = clock.monotonicMs();
    const guid = operationHandle?.operationId?.guid;
    if (Buffer.isBuffer(guid) && guid.length === GUID_BYTES) this.#knownAs = guid;
    this.#directResults = directResults != null;
    if (directResults?.operationStatus != null) this.#sawStatus(directResults.operationStatus);
  }

  polled(durationMs: number, response: OperationStatus | undefined): void {
    this.#pollCount += 1;
    this.#pollMs += durationMs;
    if (response === undefined) return;
    this.#lastResponseMs = clock.monotonicMs();
    this.#sawStatus(response);
  }

  /** A call that succeeds only on a finished statement has succeeded. */
  sawFinished(): void {
    if (this.#state === undefined) this.#sawState('FINISHED', clock.monotonicMs());
  }

  /** The call that opened the statement resolved. */
  opened(operation: DriverOperation): void {
    this.#isSubmitted = true;
    // The response was not seen, but the call resolved with it.
    if (this.#directResults === undefined) this.#lastResponseMs = clock.monotonicMs();
    // Read only when the handle did not show the id: this getter of the driver costs 0.3 µs.
    if (this.#knownAs === undefined) {
      this.#knownAs = knownId(operation.id ?? operation.getId?.());
      this.#identity = undefined;
    }
    const { openResources } = this.#context;
    this.#resource = openResources.addStatement(this.session, this.#metric, this.#openedAt);
    this.#endIfTerminal();
  }

  /** The call that opened the statement rejected: there is nothing to close. */
  submitFailed(failure: Failure): void {
    this.session.usage.statementEnded(clock.monotonicMs());
    if (!this.#hasEnded) this.#end(this.#terminalMs, failure);
  }

  /** A call on the operation settled; the driver may have seen the terminal state in it. */
  callResolved(): void {
    this.#endIfTerminal();
  }

  /** A call that waits for the statement, or reads from it, rejected. The first one ends a statement that still ran. */
  callRejected(failure: Failure, facts: ResultFacts): void {
    if (this.#hasEnded || !this.#isSubmitted) return;
    // A finished statement fails while its results are read, and some of them may have arrived.
    const completion = this.hasFinished ? this.completion(facts) : undefined;
    const state = this.#state ?? stateOfErrorCode(failure.errorCode);
    if (state !== undefined && this.#state === undefined) {
      this.#sawState(state, clock.monotonicMs());
    }
    this.#end(this.#terminalMs, this.#isUserCancel ? undefined : failure, completion);
  }

  /** Whether a close or cancel that starts now counts: none is in flight, and none has succeeded. */
  beginClose(state: 'CLOSED' | 'CANCELED'): boolean {
    const isInFlight = state === 'CLOSED' ? this.#isCloseInFlight : this.#isCancelInFlight;
    if (this.#isCompleted || isInFlight) return false;
    this.#setInFlight(state, true);
    return true;
  }

  /** The close or cancel failed; another may follow. */
  closeFailed(state: 'CLOSED' | 'CANCELED'): void {
    this.#setInFlight(state, false);
  }

  /** Closed or canceled. A statement that still ran ends at the time of the server's last response. */
  closed(state: 'CLOSED' | 'CANCELED'): void {
    if (!this.#isCompleted) this.session.usage.statementEnded(clock.monotonicMs());
    this.#isCompleted = true;
    if (this.#state === undefined) this.#sawState(state, this.#lastResponseMs);
    this.#endIfTerminal();
    if (this.#resource !== undefined) this.#context.openResources.remove(this.#resource);
    if (this.totals.wasFetched) {
      this.#context.telemetry.metrics.recordReturnedRows(this.totals.rowCount, this.#metric);
    }
  }

  /** It took too long, or the instrumentation was disabled, or its client closed or collected. */
  abandon(): void {
    if (!this.#hasEnded) this.#end(this.#lastResponseMs);
  }

  /** The totals as attributes, as of now. */
  completion(facts: ResultFacts): Attributes {
    const attributes = this.totals.attributes(facts, this.startMs, this.connection.isKernel);
    if (this.id !== undefined) attributes[ATTR_DATABRICKS_STATEMENT_ID] = this.id;
    if (this.retryCount > 0) attributes[ATTR_DATABRICKS_HTTP_RETRY_COUNT] = this.retryCount;
    return attributes;
  }

  #setInFlight(state: 'CLOSED' | 'CANCELED', isInFlight: boolean): void {
    if (state === 'CLOSED') this.#isCloseInFlight = isInFlight;
    else this.#isCancelInFlight = isInFlight;
    if (this.#resource !== undefined) {
      this.#resource.isClosing = this.#isCloseInFlight || this.#isCancelInFlight;
    }
  }

  #sawStatus(response: OperationStatus): void {
    if (this.#state !== undefined) return;
    const { operationState } = response;
    const state = terminalState(operationState);
    if (state === undefined) {
      this.#sawPhase(phaseOf(operationState));
      return;
    }
    this.#stateResponse = response;
    const endMs = this.#phases?.ended(this.#lastResponseMs);
    if (endMs !== undefined) recordStateChange(this.span, state, endMs);
    this.#sawState(state, this.#lastResponseMs);
  }

  #sawPhase(phase: Phase | undefined): void {
    if (phase === undefined) return;
    this.#phases ??= new Phases(this.#answeredMs ?? this.#lastResponseMs);
    const changedMs = this.#phases.saw(phase, this.#lastResponseMs);
    if (changedMs !== undefined) recordStateChange(this.span, phase, changedMs);
  }

  #sawState(state: StatementState, atMs: number): void {
    this.#state = state;
    this.#terminalMs = atMs;
    this.#terminalRetryCount = this.retryCount;
  }

  /** A cancel that the application asked for is an outcome, not a failure. */
  get #isUserCancel(): boolean {
    return this.#state === 'CANCELED' && (this.#isCompleted || this.#isCancelInFlight);
  }

  #endIfTerminal(): void {
    if (this.#hasEnded || !this.#isSubmitted || this.#state === undefined) return;
    const response = this.#stateResponse;
    if (response === undefined || this.#state === 'FINISHED' || this.#isUserCancel) {
      this.#end(this.#terminalMs);
      return;
    }
    // The driver threw nothing where it saw the state, so the failure is read from the response alone.
    const error = Object.assign(new Error(), { errorCode: errorCodeOf(this.#state), response });
    const failure = this.#context.telemetry.describe(error);
    this.#end(this.#terminalMs, { ...failure, className: 'OperationStateError' });
  }

  #end(endMs: number | undefined, failure?: Failure, completion?: Attributes): void {
    this.#hasEnded = true;
    const { telemetry, openOperations } = this.#context;
    openOperations.delete(this);
    this.#phases?.abandoned();
    this.#recordPending();
    const isRecording = telemetry.isRecording(this.#operation, { failure, endMs });
    telemetry.end(this.#operation, {
      identity: this.session.identity,
      result: isRecording ? this.#result(completion ?? {}) : undefined,
      failure,
      endMs,
      metric: this.#metric,
      totals: totalsSoFar(this.totals, this.startMs, this.session.connection.isKernel),
    });
  }

  #recordPending(): void {
    const seconds = this.#phases?.pendingSeconds;
    const { metrics } = this.#context.telemetry;
    if (seconds !== undefined && metrics.live) {
      metrics.recordPending(seconds, this.session.metric);
    }
  }

  #result(attributes: Attributes): Attributes {
    if (this.id !== undefined) attributes[ATTR_DATABRICKS_STATEMENT_ID] = this.id;
    if (this.#state !== undefined) attributes[ATTR_DATABRICKS_STATEMENT_STATE] = this.#state;
    if (this.#answeredMs !== undefined) {
      attributes[ATTR_DATABRICKS_STATEMENT_SUBMIT_DURATION] =
        (this.#answeredMs - this.startMs) / 1000;
    }
    this.#phases?.addTo(attributes);
    const modified = countOf(this.#stateResponse?.numModifiedRows);
    if (modified !== undefined) attributes[ATTR_DATABRICKS_STATEMENT_MODIFIED_ROW_COUNT] = modified;
    if (this.#directResults !== undefined) {
      attributes[ATTR_DATABRICKS_STATEMENT_DIRECT_RESULTS] = this.#directResults;
      if (!this.session.connection.isKernel && !this.#context.report.lacks(POLL_METHOD)) {
        attributes[ATTR_DATABRICKS_STATEMENT_POLL_COUNT] = this.#pollCount;
        attributes[ATTR_DATABRICKS_STATEMENT_POLL_DURATION] = this.#pollMs / 1000;
      }
    }
    const retryCount = this.#terminalRetryCount ?? this.retryCount;
    if (retryCount > 0) attributes[ATTR_DATABRICKS_HTTP_RETRY_COUNT] = retryCount;
    this.#addUrl(attributes);
    return attributes;
  }

  /** Only for readers of spans: telemetry knows the statement by its id. */
  #addUrl(attributes: Attributes): void {
    const isQuery =
      this.#operation.attributes[ATTR_DATABRICKS_OPERATION] === OPERATION_EXECUTE_STATEMENT;
    if (!isQuery || this.span?.isRecording() !== true) return;
    const url = this.connection.statementUrl(this.id);
    if (url !== undefined) attributes[ATTR_DATABRICKS_STATEMENT_URL] = url;
  }
}
