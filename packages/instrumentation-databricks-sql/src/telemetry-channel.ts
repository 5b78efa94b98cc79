/**
 * The public contract of the telemetry channel, a `node:diagnostics_channel` of the thread, on which the instrumentation
 * publishes the ended operations of the driver independently of the tracing SDK: of its sampling, limits, hooks and
 * provider. Nothing is published while the channel has no subscribers.
 */
import type {
  Attributes,
  HrTime,
  Link,
  SpanContext,
  SpanKind,
  SpanStatus,
} from '@opentelemetry/api';
import type { ConnectionAccess } from './access';

/** Name of the channel. Its messages are {@link TelemetryMessage}s. */
export const CHANNEL_DATABRICKS_TELEMETRY = '@dbsql-otel/instrumentation-databricks-sql:telemetry';

/**
 * `Symbol.for()` of it is the key of a property, `true`, on every SDK span of the instrumentation that ended while the
 * channel had subscribers: what the span describes was published, and a consumer that reads both the channel and spans
 * must skip the span.
 */
export const SYMBOL_DATABRICKS_PUBLISHED = '@dbsql-otel/instrumentation-databricks-sql/published';

/** What is published on {@link CHANNEL_DATABRICKS_TELEMETRY}. */
export type TelemetryMessage = ConnectionMessage | OperationMessage;

/** A connection, for its owner. Holds the client weakly and no secret. */
export interface TelemetryConnection {
  /** `databricks.connection.id`. */
  readonly id: string;
  /** The application passed `telemetryEnabled: false` to `connect()`: nothing of this connection may be reported. */
  readonly isOptedOut: boolean;
  /** Attributes of the connection, those of its configuration once `connect()` has settled. */
  readonly attributes: Attributes;
  /** Credentials and agent of the connection; `undefined` when it was collected, or was closed and released. */
  readonly access: ConnectionAccess | undefined;
  /**
   * Attributes of the OpenTelemetry resource of the process that holds the connection, where that is another process than
   * this one, as in a gateway. The instrumentation leaves it out.
   */
  readonly resource?: Attributes | undefined;
}

/** The consumer that reports the telemetry of the connections it has claimed. */
export interface TelemetryOwner {
  /** `false` once it reports nothing any more; its connections are then offered to other consumers. */
  readonly isOpen: boolean;
  /**
   * The client was closed. The credentials of the connection stay available until the returned promise settles, 30 s at
   * most.
   */
  connectionClosed(connection: TelemetryConnection): Promise<void>;
}

/**
 * Asks who reports the telemetry of a connection: when `connect()` is called, and again before an operation is published
 * while no open owner has claimed it and the driver does not report it either.
 */
export interface ConnectionMessage {
  readonly type: 'connection';
  /** `databricks.connection.id`. */
  readonly connectionId: string;
  /**
   * Makes `owner` the owner, when it is called before the subscriber returns and is the first such call.
   * @returns the connection, or `undefined` when it has another owner or the question is over
   */
  claim(owner: TelemetryOwner): TelemetryConnection | undefined;
}

/**
 * One ended operation, in the shape of the SDK's `ReadableSpan`. Every read returns a copy; changing, freezing or deleting
 * anything of a message affects no other subscriber.
 */
export interface OperationMessage extends OperationFacts {
  readonly type: 'operation';
  /** The driver sends its own telemetry of this connection; the operation has no owner. */
  readonly isReportedByDriver: boolean;
  /** The operation, for the owner of its connection, once; `undefined` for everybody else. */
  take(owner: TelemetryOwner): PublishedOperation | undefined;
}

/** An operation as its owner gets it. Not a copy: read only. */
export interface PublishedOperation extends OperationFacts {
  readonly connection: TelemetryConnection;
  /** Of a statement: what its results amount to so far, for one that is never closed. */
  readonly totals?: (() => Attributes | undefined) | undefined;
}

/**
 * What the instrumentation knows of an ended operation. The span context is that of the SDK's span where it is valid, else
 * one of its own, the same at every call. Absent attributes may be present with the value `undefined`.
 */
export interface OperationFacts {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanContext: () => SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  readonly status: SpanStatus;
  /** The attributes of the SDK's span that telemetry needs; never SQL. */
  readonly attributes: Attributes;
  readonly links: Link[];
  /** One `exception` event when the failure was first seen in this operation. */
  readonly events: { time: HrTime; name: string; attributes: Attributes }[];
  readonly ended: boolean;
  readonly resource: { readonly attributes: Attributes };
  readonly instrumentationScope: {
    readonly name: string;
    readonly version: string;
    readonly schemaUrl?: string;
  };
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}
