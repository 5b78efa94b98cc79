import { SpanKind } from '@opentelemetry/api';
import type { Attributes, Span } from '@opentelemetry/api';
import type { RequestInfo } from '../config';
import type { SessionFacts } from '../connection/connection';
import type { Operation } from '../driver/shapes';
import { isTagRefusal } from '../query-tags/refusal';
import { OPERATION_EXECUTE_STATEMENT } from '../semconv';
import type { StatementDescription } from '../statement/description';
import { inheritedAttributes } from '../statement/inherited-attributes';
import { Statement } from '../statement/statement';
import type { Failure } from '../telemetry/failure';
import { DriverCall } from './driver-call';
import type { SharedState } from './shared-state';
import { taggedOptions } from './query-tags';
import type { TagsBeside } from './query-tags';

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
  const inherited = inheritedAttributes(config.inheritedAttributes);
  const operation = telemetry.begin(
    session.connection,
    description.name,
    SpanKind.CLIENT,
    inherited === undefined ? description.creation : { ...inherited, ...description.creation },
  );
  const { span } = operation;
  const metric = metricOf(shared, description, args);
  const statement = new Statement(shared, session, operation, metric);
  shared.openOperations.add(statement);
  if (span?.isRecording() === true) {
    if (description.reported !== undefined) span.setAttributes(description.reported);
    if (config.requestHook !== undefined) runRequestHook(shared, description, span, args);
  }
  const queryTags =
    description.operation === OPERATION_EXECUTE_STATEMENT
      ? shared.queryTagsFor(session.connection)
      : undefined;
  const tags = queryTags?.ofStatement(span, inherited);
  const tagsBeside: TagsBeside | undefined =
    queryTags && tags && ((own) => queryTags.forStatement(tags, span, session.tags, own));
  const driverArgs = session.connection.isKernel ? taggedArgs(args, tagsBeside) : undefined;
  return new SubmitCall(shared, statement, description, span, driverArgs, tagsBeside);
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
    /** The query tags of the statement; on Thrift its request has them. */
    readonly tagsBeside: TagsBeside | undefined,
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

  override isRefused(error: unknown): boolean {
    if (this.#shared.queryTags?.resends !== true) return false;
    const [sql] = this.args ?? [];
    if (!isTagRefusal(error, typeof sql === 'string' ? sql : undefined)) return false;
    this.#shared.refusedTags(this.statement.session.connection);
    return true;
  }

  override succeeded(operation: Operation): void {
    const { statement } = this;
    this.#shared.access.authenticated(statement.session.connection);
    this.#shared.discovery?.fromOperation(operation);
    const key = operationKey(operation);
    this.#shared.statements.set(key, statement);
    this.#shared.operations.set(key, operation);
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
  description: StatementDescription,
  span: Span,
  args: readonly unknown[],
): void {
  const { requestHook } = telemetry.config;
  guard.runHook('requestHook', requestHook, span, requestInfo(description, args));
}

function requestInfo({ operation }: StatementDescription, args: readonly unknown[]): RequestInfo {
  const [statement, request] =
    operation === OPERATION_EXECUTE_STATEMENT ? args : [undefined, args[0]];
  return { operation, ...(typeof statement === 'string' ? { statement } : {}), request };
}

/** The attributes of the statement's metrics, with those of the application. */
function metricOf(
  { telemetry: { config, metrics }, dimensions }: SharedState,
  description: StatementDescription,
  args: readonly unknown[],
): Attributes {
  const { metric } = description;
  const isAsked = config.metricAttributes !== undefined || config.metricBaggageKeys.length > 0;
  return metrics.live && isAsked
    ? dimensions.addTo(metric, config, requestInfo(description, args))
    : metric;
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
function taggedArgs(
  args: readonly unknown[],
  tagsBeside: TagsBeside | undefined,
): readonly unknown[] | undefined {
  const options = args[1] ?? {};
  if (tagsBeside === undefined || typeof options !== 'object') return undefined;
  const tagged = taggedOptions(options, tagsBeside);
  return tagged && [args[0], tagged, ...args.slice(2)];
}
