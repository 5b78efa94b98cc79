import { SpanKind } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { DriverCall } from './driver-call';
import type { ResolvedConfig } from '../config';
import type { SessionFacts } from '../connection/connection';
import type { ExecuteStatementOptions, Operation } from '../driver/shapes';
import { OPERATION_EXECUTE_STATEMENT } from '../semconv';
import { Statement } from '../statement/statement';
import type { StatementDescription } from '../statement/description';
import { TRACEPARENT_TAG, traceparentOf } from './traceparent';
import type { Tracing } from '../telemetry/tracing';

type RequestHook = NonNullable<ResolvedConfig['requestHook']>;
type ResponseHook = NonNullable<ResolvedConfig['responseHook']>;
/** What the call came to, as a hook is told. */
type Outcome = { readonly response: unknown } | { readonly error: unknown };

/** `executeStatement` or a metadata method: opens a statement, whose span outlives the call. */
export class SubmitCall extends DriverCall {
  override readonly statement: Statement;

  constructor(
    tracing: Tracing,
    private readonly session: SessionFacts,
    private readonly description: StatementDescription,
    args: readonly unknown[],
  ) {
    const span = tracing.startSpan(description.name, SpanKind.CLIENT, description.creation);
    const statement = new Statement(tracing, session, span, performance.now(), description.metric);
    super(tracing, span, statement, replacedArgs(tracing, session, description, span, args));
    this.statement = statement;
    if (span?.isRecording() !== true) return;
    if (description.reported !== undefined) span.setAttributes(description.reported);
    const { requestHook } = tracing.config;
    // Asked here: the engine makes room for a closure as soon as the method that has it is called.
    if (requestHook !== undefined) this.runRequestHook(requestHook, span, args);
  }

  override succeeded(operation: Operation): void {
    this.tracing.access.authenticated(this.session.connection);
    this.tracing.discovery?.fromOperation(operation);
    const key = operationKey(operation);
    this.tracing.statements.set(key, this.statement);
    if (this.session.connection.isKernel && isSettled(operation)) this.statement.sawFinished();
    this.tellOutcome({ response: operation });
    this.statement.opened(operation);
  }

  override failed(error: unknown): void {
    this.tellOutcome({ error });
    this.statement.submitFailed(error, this);
  }

  /** The statement ends its span. */
  override end(): void {}

  private runRequestHook(hook: RequestHook, span: Span, args: readonly unknown[]): void {
    const { operation } = this.description;
    const [statement, request] =
      operation === OPERATION_EXECUTE_STATEMENT ? args : [undefined, args[0]];
    this.tracing.guard.runHook('requestHook', () =>
      hook(span, {
        operation,
        ...(typeof statement === 'string' ? { statement } : {}),
        request,
      }),
    );
  }

  private tellOutcome(outcome: Outcome): void {
    const { responseHook } = this.tracing.config;
    const { span } = this;
    if (responseHook === undefined || span?.isRecording() !== true) return;
    this.runResponseHook(responseHook, span, outcome);
  }

  private runResponseHook(hook: ResponseHook, span: Span, outcome: Outcome): void {
    const { statement } = this;
    this.tracing.guard.runHook('responseHook', () =>
      hook(span, {
        operation: this.description.operation,
        ...(statement.id === undefined ? {} : { statementId: statement.id }),
        ...outcome,
      }),
    );
  }
}

/** The object that stands for an operation in all layers of the driver. */
export function operationKey(operation: Operation): object {
  return (
    operation.operationHandle ??
    operation.backend?.operationHandle ??
    operation.backend ??
    operation
  );
}

/** On the kernel a call that was not submitted asynchronously resolves with the finished statement. */
function isSettled({ backend }: Operation): boolean {
  return backend?.asyncStatement === undefined && backend?.cancellableExecution === undefined;
}

/** The kernel takes query tags with the options only; on Thrift they are added to the request. */
function replacedArgs(
  tracing: Tracing,
  session: SessionFacts,
  description: StatementDescription,
  span: Span | undefined,
  args: readonly unknown[],
): readonly unknown[] | undefined {
  const isWanted =
    tracing.config.traceContext === 'query-tags' &&
    session.connection.isKernel &&
    description.operation === OPERATION_EXECUTE_STATEMENT;
  const traceparent = isWanted ? traceparentOf(span) : undefined;
  if (traceparent === undefined) return undefined;
  const options = (args[1] ?? {}) as ExecuteStatementOptions;
  const queryTags = { [TRACEPARENT_TAG]: traceparent, ...options.queryTags };
  return [args[0], { ...options, queryTags }, ...args.slice(2)];
}
