import { SpanKind } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { statSync } from 'node:fs';
import { DriverCall, currentCall, metricFailureAttributes } from './driver-call';
import { SessionFacts } from '../connection/connection';
import type { Session } from '../driver/shapes';
import {
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_STAGING_SIZE,
  ATTR_DB_OPERATION_NAME,
  OPERATION_CLOSE_SESSION,
  OPERATION_GET_CATALOGS,
  OPERATION_GET_COLUMNS,
  OPERATION_GET_CROSS_REFERENCE,
  OPERATION_GET_FUNCTIONS,
  OPERATION_GET_INFO,
  OPERATION_GET_PRIMARY_KEYS,
  OPERATION_GET_SCHEMAS,
  OPERATION_GET_TABLES,
  OPERATION_GET_TABLE_TYPES,
  OPERATION_GET_TYPE_INFO,
  OPERATION_STAGING_GET,
  OPERATION_STAGING_PUT,
  OPERATION_STAGING_REMOVE,
} from '../semconv';
import type { MetadataOperation, Operation } from '../semconv';
import { SubmitCall } from './submit-call';
import { describeExecute, describeMetadata } from '../statement/description';
import { traceMethod } from './method-patch';
import type { ClassPatch, MethodPatch } from './method-patch';
import type { Tracing } from '../telemetry/tracing';
import { connectionOf } from './client';

const METADATA_OPERATIONS: Readonly<Record<string, MetadataOperation>> = {
  getTypeInfo: OPERATION_GET_TYPE_INFO,
  getCatalogs: OPERATION_GET_CATALOGS,
  getSchemas: OPERATION_GET_SCHEMAS,
  getTables: OPERATION_GET_TABLES,
  getTableTypes: OPERATION_GET_TABLE_TYPES,
  getColumns: OPERATION_GET_COLUMNS,
  getFunctions: OPERATION_GET_FUNCTIONS,
  getPrimaryKeys: OPERATION_GET_PRIMARY_KEYS,
  getCrossReference: OPERATION_GET_CROSS_REFERENCE,
};
export const METADATA_METHODS = Object.keys(METADATA_OPERATIONS);

/** `DBSQLSession`. */
export function sessionPatch(tracing: Tracing): ClassPatch {
  const patch: Record<string, MethodPatch> = {
    executeStatement: traceMethod(tracing, 'executeStatement', (session: Session, args) => {
      if (!tracing.isLive) return undefined;
      const facts = sessionOf(tracing, session);
      const description = describeExecute(tracing.config, facts, args, tracing.metrics.live);
      return new SubmitCall(tracing, facts, description, args);
    }),
    getInfo: traceMethod(tracing, 'getInfo', (session: Session) =>
      tracing.isLive ? new GetInfoCall(tracing, sessionOf(tracing, session)) : undefined,
    ),
    handleStagingGet: staging(tracing, OPERATION_STAGING_GET, 'staging.get'),
    handleStagingPut: staging(tracing, OPERATION_STAGING_PUT, 'staging.put'),
    handleStagingRemove: staging(tracing, OPERATION_STAGING_REMOVE, 'staging.remove'),
    close: traceMethod(tracing, 'session.close', (session: Session) =>
      tracing.isLive && session.isOpen !== false && tracing.config.connectionSpans
        ? new CloseSessionCall(tracing, sessionOf(tracing, session))
        : undefined,
    ),
  };
  for (const [method, operation] of Object.entries(METADATA_OPERATIONS)) {
    patch[method] = traceMethod(tracing, method, (session: Session, args) => {
      if (!tracing.isLive) return undefined;
      const facts = sessionOf(tracing, session);
      return new SubmitCall(
        tracing,
        facts,
        describeMetadata(facts, method, operation, args[0]),
        args,
      );
    });
  }
  return patch;
}

class GetInfoCall extends DriverCall {
  private readonly metric: Attributes;

  constructor(tracing: Tracing, session: SessionFacts) {
    const metric = { ...session.metric, [ATTR_DB_OPERATION_NAME]: 'getInfo' };
    super(
      tracing,
      tracing.startSpan(
        session.namespace === undefined ? 'getInfo' : `getInfo ${session.namespace}`,
        SpanKind.CLIENT,
        { ...metric, ...session.identity, [ATTR_DATABRICKS_OPERATION]: OPERATION_GET_INFO },
      ),
      undefined,
    );
    this.metric = metric;
  }

  override succeeded(): void {
    this.record(this.metric);
  }

  override failed(error: unknown): void {
    super.failed(error);
    const info = this.tracing.describeError(error, this);
    this.record({ ...this.metric, ...metricFailureAttributes(info) });
  }

  private record(attributes: Attributes): void {
    this.tracing.metrics.recordOperation(performance.now() - this.startMs, attributes);
  }
}

class CloseSessionCall extends DriverCall {
  constructor(tracing: Tracing, session: SessionFacts) {
    super(
      tracing,
      tracing.startSpan('closeSession', SpanKind.CLIENT, {
        ...session.metric,
        ...session.identity,
        [ATTR_DATABRICKS_OPERATION]: OPERATION_CLOSE_SESSION,
      }),
      undefined,
    );
  }
}

/** Runs inside `executeStatement`, whose statement it belongs to. */
class StagingCall extends DriverCall {
  constructor(
    tracing: Tracing,
    outer: DriverCall | undefined,
    operation: Operation,
    name: string,
    private readonly localFile: unknown,
  ) {
    super(
      tracing,
      tracing.startSpan(
        name,
        SpanKind.INTERNAL,
        { ...outer?.statement?.identity, [ATTR_DATABRICKS_OPERATION]: operation },
        outer?.statement,
      ),
      outer?.statement,
    );
  }

  override succeeded(): void {
    if (this.span?.isRecording() !== true || typeof this.localFile !== 'string') return;
    const size = statSync(this.localFile, { throwIfNoEntry: false })?.size;
    if (size !== undefined) this.span.setAttribute(ATTR_DATABRICKS_STAGING_SIZE, size);
  }
}

function staging(tracing: Tracing, operation: Operation, name: string): MethodPatch {
  const hasLocalFile = operation !== OPERATION_STAGING_REMOVE;
  return traceMethod(tracing, name, (_session: Session, args) =>
    tracing.isLive
      ? new StagingCall(tracing, currentCall(), operation, name, hasLocalFile ? args[0] : undefined)
      : undefined,
  );
}

/** The facts of a session; one that was opened before we were there is read from what it still says. */
function sessionOf(tracing: Tracing, session: Session): SessionFacts {
  const known = tracing.sessions.get(session);
  if (known !== undefined) return known;
  const facts = new SessionFacts(connectionOf(tracing, session.context ?? {}), {});
  facts.opened(session);
  tracing.access.authenticated(facts.connection);
  tracing.sessions.set(session, facts);
  return facts;
}
