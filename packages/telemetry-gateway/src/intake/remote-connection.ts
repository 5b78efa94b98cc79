import type { Attributes } from '@opentelemetry/api';
import type { ConnectionAccess } from '@dbsql-otel/instrumentation-databricks-sql';
import {
  ATTR_DATABRICKS_CONNECTION_OPTED_OUT,
  ATTR_DATABRICKS_CONNECTION_USE_PROXY,
  ATTR_DATABRICKS_DRIVER_TELEMETRY_ENABLED,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_SESSION_ID,
  ATTR_DATABRICKS_STATEMENT_ID,
  ATTR_DATABRICKS_WORKSPACE_ID,
  OPERATION_CONNECT,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { TelemetryConnection } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { StoredConnection } from '../journal/journal';
import type { ReceivedSpan } from '../otlp/span';

/** Where the records of a connection go. */
export interface Destination {
  /** Host and port. */
  readonly key: string;
  /** @param orgId digits for the `x-databricks-org-id` header */
  accessOf(orgId: string | undefined): ConnectionAccess;
}

const WORKSPACE_ID = /^\d{1,19}$/;

/** A connection of another process, as its spans describe it. */
export class RemoteConnection implements TelemetryConnection {
  readonly #destination: Destination;
  #attributes: Attributes;
  #resource: Attributes;
  #access: ConnectionAccess | undefined;
  #hasFacts = false;
  #isWaitedFor = true;
  isOptedOut = false;
  /** The driver of that process sends its own telemetry. */
  isReportedByDriver = false;
  /** Epoch milliseconds. */
  lastSeenMs = Date.now();

  constructor(
    readonly id: string,
    destination: Destination,
    attributes: Attributes,
    resource: Attributes,
  ) {
    this.#destination = destination;
    this.#attributes = attributes;
    this.#resource = resource;
  }

  static restore(id: string, destination: Destination, stored: StoredConnection): RemoteConnection {
    const connection = new RemoteConnection(id, destination, stored.attributes, stored.resource);
    connection.#hasFacts = stored.hasFacts;
    connection.#isWaitedFor = false;
    connection.isOptedOut = stored.isOptedOut;
    connection.isReportedByDriver = stored.isReportedByDriver;
    connection.lastSeenMs = stored.lastSeenMs;
    return connection;
  }

  get destinationKey(): string {
    return this.#destination.key;
  }

  /** What the spans of `connect` and `openSession` say is known, or is not waited for any longer. */
  get isDescribed(): boolean {
    return this.#hasFacts || !this.#isWaitedFor;
  }

  /** The same object until something new is learnt: what is derived from it is remembered by it. */
  get attributes(): Attributes {
    return this.#attributes;
  }

  get resource(): Attributes {
    return this.#resource;
  }

  get access(): ConnectionAccess {
    this.#access ??= this.#destination.accessOf(orgIdOf(this.#attributes));
    return this.#access;
  }

  /** Takes the facts from an ended `connect` or `openSession`. */
  learn({ attributes, operation }: ReceivedSpan, resource: Attributes): void {
    this.isOptedOut ||= attributes[ATTR_DATABRICKS_CONNECTION_OPTED_OUT] === true;
    this.isReportedByDriver ||= attributes[ATTR_DATABRICKS_DRIVER_TELEMETRY_ENABLED] === true;
    const hasFacts =
      operation === OPERATION_CONNECT ||
      attributes[ATTR_DATABRICKS_CONNECTION_USE_PROXY] !== undefined;
    if (!hasFacts || this.#hasFacts) return;
    this.#attributes = factsOf(attributes);
    this.#resource = resource;
    this.#access = undefined;
    this.#hasFacts = true;
  }

  /** Its facts did not come in time: its records are sent without them. */
  giveUpFacts(): void {
    this.#isWaitedFor = false;
  }

  toStored(): StoredConnection {
    const { isOptedOut, isReportedByDriver, lastSeenMs } = this;
    return {
      host: this.destinationKey,
      attributes: this.#attributes,
      resource: this.#resource,
      hasFacts: this.#hasFacts,
      isOptedOut,
      isReportedByDriver,
      lastSeenMs,
    };
  }
}

/** The attributes of a span that describe its connection. */
export function factsOf(attributes: Attributes): Attributes {
  const facts = { ...attributes };
  delete facts[ATTR_DATABRICKS_OPERATION];
  delete facts[ATTR_DATABRICKS_SESSION_ID];
  delete facts[ATTR_DATABRICKS_STATEMENT_ID];
  return facts;
}

function orgIdOf(attributes: Attributes): string | undefined {
  const id = attributes[ATTR_DATABRICKS_WORKSPACE_ID];
  return typeof id === 'string' && WORKSPACE_ID.test(id) ? id : undefined;
}
