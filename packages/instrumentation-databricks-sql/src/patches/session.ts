import { SpanKind } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { statSync } from 'node:fs';
import { clock } from '../clock';
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
import { describeExecute, describeMetadata } from '../statement/description';
import type { OpenResource } from '../statement/open-resources';
import type { Statement } from '../statement/statement';
import type { Failure } from '../telemetry/failure';
import type { StartedOperation } from '../telemetry/operation';
import type { Telemetry } from '../telemetry/telemetry';
import { connectionOf } from './client';
import { currentCall, DriverCall } from './driver-call';
import { traceMethod } from './method-patch';
import type { ClassPatch, MethodPatch } from './method-patch';
import type { SharedState } from './shared-state';
import { beginSubmit } from './submit-call';

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
export function sessionPatch(shared: SharedState): ClassPatch {
  const { telemetry } = shared;
  const patch: Record<string, MethodPatch> = {
    executeStatement: traceMethod(shared, 'executeStatement', (session: Session, args) => {
      if (!telemetry.isLive && shared.queryTags === undefined) return undefined;
      const { config, metrics } = telemetry;
      const facts = sessionOf(shared, session);
      return beginSubmit(shared, facts, describeExecute(config, facts, args, metrics.live), args);
    }),
    getInfo: traceMethod(shared, 'getInfo', (session: Session) =>
      telemetry.isLive ? beginGetInfo(telemetry, sessionOf(shared, session)) : undefined,
    ),
    handleStagingGet: staging(shared, OPERATION_STAGING_GET, 'staging.get'),
    handleStagingPut: staging(shared, OPERATION_STAGING_PUT, 'staging.put'),
    handleStagingRemove: staging(shared, OPERATION_STAGING_REMOVE, 'staging.remove'),
    close: traceMethod(shared, 'session.close', (session: Session) => {
      if (session.isOpen === false) return undefined;
      const known = shared.sessions.get(session);
      const isTracked = known !== undefined && shared.openResources.sessionResource(known);
      return telemetry.isLive || isTracked
        ? beginCloseSession(shared, session, sessionOf(shared, session))
        : undefined;
    }),
  };
  for (const [method, operation] of Object.entries(METADATA_OPERATIONS)) {
    patch[method] = traceMethod(shared, method, (session: Session, args) => {
      if (!telemetry.isLive) return undefined;
      const facts = sessionOf(shared, session);
      return beginSubmit(shared, facts, describeMetadata(facts, method, operation, args[0]), args);
    });
  }
  return patch;
}

function beginGetInfo(telemetry: Telemetry, session: SessionFacts): MeasuredCall {
  const metric = { ...session.metric, [ATTR_DB_OPERATION_NAME]: 'getInfo' };
  const operation = telemetry.begin(
    session.connection,
    session.namespace === undefined ? 'getInfo' : `getInfo ${session.namespace}`,
    SpanKind.CLIENT,
    { ...metric, ...session.identity, [ATTR_DATABRICKS_OPERATION]: OPERATION_GET_INFO },
  );
  return new MeasuredCall(telemetry, operation, metric);
}

/** A call that `db.client.operation.duration` counts. */
class MeasuredCall extends DriverCall {
  constructor(
    telemetry: Telemetry,
    operation: StartedOperation,
    protected override readonly metric: Attributes,
  ) {
    super(telemetry, operation, undefined);
  }
}

function beginCloseSession(
  shared: SharedState,
  driverSession: Session,
  session: SessionFacts,
): CloseSessionCall {
  const { telemetry } = shared;
  const attributes = {
    ...session.metric,
    ...session.identity,
    [ATTR_DATABRICKS_OPERATION]: OPERATION_CLOSE_SESSION,
  };
  const operation = telemetry.begin(
    session.connection,
    'closeSession',
    SpanKind.CLIENT,
    attributes,
    { hasSpan: telemetry.config.connectionSpans },
  );
  return new CloseSessionCall(shared, operation, driverSession, session);
}

class CloseSessionCall extends DriverCall {
  readonly #shared: SharedState;
  readonly #driverSession: Session;
  readonly #session: SessionFacts;
  readonly #resource: OpenResource | undefined;

  constructor(
    shared: SharedState,
    operation: StartedOperation,
    driverSession: Session,
    session: SessionFacts,
  ) {
    super(shared.telemetry, operation, undefined);
    this.#shared = shared;
    this.#driverSession = driverSession;
    this.#session = session;
    this.#resource = shared.openResources.sessionResource(session);
    if (this.#resource !== undefined) this.#resource.isClosing = true;
  }

  override succeeded(): void {
    if (this.#resource !== undefined) this.#shared.openResources.remove(this.#resource);
    this.result = this.#session.usage.attributes(clock.monotonicMs());
  }

  override failed(failure: Failure): void {
    if (this.#resource !== undefined) {
      // The driver gives a session up when its own request fails, and keeps it when a statement cannot be closed.
      if (this.#driverSession.isOpen === false) this.#shared.openResources.remove(this.#resource);
      else this.#resource.isClosing = false;
    }
    super.failed(failure);
  }
}

/** Runs inside `executeStatement`, to whose statement it belongs. */
class StagingCall extends DriverCall {
  readonly isStorage = true;
  readonly #localFile: unknown;

  constructor(
    telemetry: Telemetry,
    operation: StartedOperation,
    statement: Statement | undefined,
    localFile: unknown,
  ) {
    super(telemetry, operation, statement);
    this.#localFile = localFile;
  }

  override succeeded(): void {
    if (this.span?.isRecording() !== true || typeof this.#localFile !== 'string') return;
    const size = statSync(this.#localFile, { throwIfNoEntry: false })?.size;
    if (size !== undefined) this.result = { [ATTR_DATABRICKS_STAGING_SIZE]: size };
  }
}

function staging(shared: SharedState, kind: Operation, name: string): MethodPatch {
  const { telemetry } = shared;
  const hasLocalFile = kind !== OPERATION_STAGING_REMOVE;
  return traceMethod(shared, name, (session: Session, args) => {
    if (!telemetry.isLive) return undefined;
    const statement = currentCall()?.statement;
    const attributes = { ...statement?.identity, [ATTR_DATABRICKS_OPERATION]: kind };
    const { connection } = statement?.session ?? sessionOf(shared, session);
    const operation = telemetry.begin(connection, name, SpanKind.INTERNAL, attributes, {
      origin: statement,
    });
    return new StagingCall(telemetry, operation, statement, hasLocalFile ? args[0] : undefined);
  });
}

/** The facts of a session; for one that was opened before it was patched, as far as its objects describe it. */
function sessionOf(shared: SharedState, session: Session): SessionFacts {
  const known = shared.sessions.get(session);
  if (known !== undefined) return known;
  const facts = new SessionFacts(connectionOf(shared, session.context ?? {}), {});
  facts.opened(session);
  shared.access.authenticated(facts.connection);
  shared.sessions.set(session, facts);
  return facts;
}
