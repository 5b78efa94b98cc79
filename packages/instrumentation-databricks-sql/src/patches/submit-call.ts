import { SpanKind } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import type { ResolvedConfig } from '../config';
import type { SessionFacts } from '../connection/connection';
import { withProperty } from '../driver/options-view';
import type { ExecuteStatementOptions, Operation } from '../driver/shapes';
import { OPERATION_EXECUTE_STATEMENT } from '../semconv';
import type { StatementDescription } from '../statement/description';
import { Statement } from '../statement/statement';
import type { Failure } from '../telemetry/failure';
import { DriverCall } from './driver-call';
import type { SharedState } from './shared-state';
import { TRACEPARENT_TAG, traceparentOf } from './traceparent';

/** How the call settled, for the response hook. */
type Outcome = { readonly response: unknown } | { readonly error: unknown };

/** Begins a statement: its span, its life, and the call of the driver that submits it. */
export function beginSubmit(
  shared: SharedState,
  session: SessionFacts,
  description: StatementDescription,
  args: readonly unknown[],
): SubmitCall {
  const { telemetry } = shared;
  const { config } = telemetry;
  const operation = telemetry.begin(
    session.connection,
    description.name,
    SpanKind.CLIENT,
    description.creation,
  );
  const { span } = operation;
  const statement = new Statement(shared, session, operation, description.metric);
  shared.openOperations.add(statement);
  if (span?.isRecording() === true) {
    if (description.reported !== undefined) span.setAttributes(description.reported);
    if (config.requestHook !== undefined) runRequestHook(shared, description, span, args);
  }
  const driverArgs = replacedArgs(config, session, description, span, args);
  return new SubmitCall(shared, statement, description, span, driverArgs);
}

/** `executeStatement` or a metadata method: opens a statement, whose span outlives the call. */
export class SubmitCall extends DriverCall {
  readonly #shared: SharedState;
  readonly #description: StatementDescription;
  readonly #span: Span | undefined;

  constructor(
    shared: SharedState,
    override readonly statement: Statement,
    description: StatementDescription,
    span: Span | undefined,
    args: readonly unknown[] | undefined,
  ) {
    // The operation belongs to the statement, which ends it.
    super(shared.telemetry, undefined, statement, args);
    this.#shared = shared;
    this.#description = description;
    this.#span = span;
  }

  override get span(): Span | undefined {
    return this.#span;
  }

  override succeeded(operation: Operation): void {
    const { statement } = this;
    this.#shared.access.authenticated(statement.session.connection);
    this.#shared.discovery?.fromOperation(operation);
    this.#shared.statements.set(operationKey(operation), statement);
    this.#shared.operations.set(statement, new WeakRef(operation));
    if (statement.session.connection.isKernel && isSettled(operation)) statement.sawFinished();
    this.#runResponseHook({ response: operation });
    statement.opened(operation);
  }

  override failed(failure: Failure): void {
    this.#runResponseHook({ error: failure.error });
    this.statement.submitFailed(failure);
  }

  #runResponseHook(outcome: Outcome): void {
    const { responseHook } = this.telemetry.config;
    const span = this.#span;
    if (responseHook === undefined || span?.isRecording() !== true) return;
    const { id } = this.statement;
    const { operation } = this.#description;
    const response = { operation, ...(id === undefined ? {} : { statementId: id }), ...outcome };
    this.#shared.guard.runHook('responseHook', responseHook, span, response);
  }
}

function runRequestHook(
  { guard, telemetry }: SharedState,
  { operation }: StatementDescription,
  span: Span,
  args: readonly unknown[],
): void {
  const [statement, request] =
    operation === OPERATION_EXECUTE_STATEMENT ? args : [undefined, args[0]];
  guard.runHook('requestHook', telemetry.config.requestHook, span, {
    operation,
    ...(typeof statement === 'string' ? { statement } : {}),
    request,
  });
}

/** The object by which all layers of the driver refer to an operation. */
export function operationKey(operation: Operation): object {
  return (
    operation.operationHandle ??
    operation.backend?.operationHandle ??
    operation.backend ??
    operation
  );
}

/** On the kernel, a call that was not submitted asynchronously resolves with the finished statement. */
function isSettled({ backend }: Operation): boolean {
  return backend?.asyncStatement === undefined && backend?.cancellableExecution === undefined;
}

/** The kernel takes query tags only with the options; on Thrift they are added to the request. */
function replacedArgs(
  config: ResolvedConfig,
  session: SessionFacts,
  description: StatementDescription,
  span: Span | undefined,
  args: readonly unknown[],
): readonly unknown[] | undefined {
  const isWanted =
    config.traceContext === 'query-tags' &&
    session.connection.isKernel &&
    description.operation === OPERATION_EXECUTE_STATEMENT;
  const traceparent = isWanted ? traceparentOf(span) : undefined;
  if (traceparent === undefined) return undefined;
  const options = (args[1] ?? {}) as ExecuteStatementOptions;
  const { queryTags = {} } = options;
  // The application's own tag stays.
  if (TRACEPARENT_TAG in queryTags) return undefined;
  const tagged = withProperty(queryTags, TRACEPARENT_TAG, traceparent);
  return [args[0], withProperty(options, 'queryTags', tagged), ...args.slice(2)];
}
