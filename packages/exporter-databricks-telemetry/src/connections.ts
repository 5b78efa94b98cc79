import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_DRIVER_TELEMETRY_ENABLED,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { OncePerCondition } from './diagnostics';
import type { ReadableSpan } from './otel';
import { idIn } from './attribute-values';

/** Connections that are remembered; then the oldest is forgotten, and its records are sent without connection facts. */
const MAX_CONNECTIONS = 1_000;

interface Connection {
  /** Attributes of the `connect` span. */
  facts: Attributes | undefined;
  /** The driver sends its own telemetry; reporting the connection here would count everything twice. */
  reportsByItself: boolean;
}

/** The known connections, by `databricks.connection.id`. */
export class Connections {
  readonly #byId = new Map<string, Connection>();
  readonly #warning = new OncePerCondition();
  /** Saves the look-up in the usual application, where the driver reports no connection. */
  #anyReportsByItself = false;

  get size(): number {
    return this.#byId.size;
  }

  /** A successful `connect` ended. */
  connected(span: ReadableSpan): void {
    const connection = this.#remember(span);
    if (connection !== undefined) connection.facts = span.attributes;
  }

  /** Learns from an ended `connect` or `open_session` whether the driver reports the connection itself. */
  learnReporter(span: ReadableSpan): void {
    const enabled = span.attributes[ATTR_DATABRICKS_DRIVER_TELEMETRY_ENABLED];
    if (typeof enabled !== 'boolean') return;
    const connection = this.#remember(span);
    if (connection === undefined) return;
    connection.reportsByItself = enabled;
    if (!enabled) return;
    this.#anyReportsByItself = true;
    this.#warning.warn(
      'the driver reports the telemetry of a connection by itself, so nothing of that connection is exported here; ' +
        "set driverTelemetry: 'replace' on DatabricksSqlInstrumentation to have it reported here",
    );
  }

  reportsByItself(span: ReadableSpan): boolean {
    return this.#anyReportsByItself && this.#of(span)?.reportsByItself === true;
  }

  /** Attributes of the `connect` span of the connection that `span` belongs to. */
  factsOf(span: ReadableSpan): Attributes | undefined {
    return this.#of(span)?.facts;
  }

  forget(connectionId: string): void {
    this.#byId.delete(connectionId);
  }

  clear(): void {
    this.#byId.clear();
  }

  #of(span: ReadableSpan): Connection | undefined {
    const id = idIn(span.attributes[ATTR_DATABRICKS_CONNECTION_ID]);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  #remember(span: ReadableSpan): Connection | undefined {
    const id = idIn(span.attributes[ATTR_DATABRICKS_CONNECTION_ID]);
    if (id === undefined) return undefined;
    let connection = this.#byId.get(id);
    if (connection === undefined) {
      connection = { facts: undefined, reportsByItself: false };
      this.#byId.set(id, connection);
      if (this.#byId.size > MAX_CONNECTIONS) {
        for (const oldest of this.#byId.keys()) {
          this.#byId.delete(oldest);
          break;
        }
      }
    }
    return connection;
  }
}
