import { SpanKind } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { DriverCall } from './driver-call';
import {
  configuration,
  Connection,
  hasDriverTelemetry,
  optionsOfConnected,
  SessionFacts,
  versionFromUserAgent,
} from '../connection/connection';
import type { Client, ConnectionOptions, Session } from '../driver/shapes';
import {
  ATTR_DATABRICKS_DRIVER_TELEMETRY_ENABLED,
  ATTR_DATABRICKS_OPERATION,
  OPERATION_CONNECT,
  OPERATION_OPEN_SESSION,
} from '../semconv';
import { traceMethod } from './method-patch';
import type { ClassPatch } from './method-patch';
import type { Tracing } from '../telemetry/tracing';

/** `DBSQLClient`. */
export function clientPatch(tracing: Tracing, driverVersion?: string): ClassPatch {
  return {
    connect: traceMethod(
      tracing,
      'connect',
      (client: Client, args) => new ConnectCall(tracing, client, args, driverVersion),
    ),
    openSession: traceMethod(
      tracing,
      'openSession',
      (client: Client, args) =>
        new OpenSessionCall(
          tracing,
          client,
          new SessionFacts(connectionOf(tracing, client), args[0] ?? {}),
        ),
    ),
    close: traceMethod(tracing, 'client.close', (client: Client) => {
      const connection = tracing.connections.get(client);
      return connection && new CloseClientCall(tracing, client, connection);
    }),
  };
}

class ConnectCall extends DriverCall {
  private readonly options: ConnectionOptions;

  constructor(
    tracing: Tracing,
    private readonly client: Client,
    private readonly given: readonly unknown[],
    private readonly driverVersion: string | undefined,
  ) {
    const options = (given[0] ?? {}) as ConnectionOptions;
    const connection = new Connection(options);
    tracing.connected(client, connection);
    super(
      tracing,
      connectSpan(tracing, connection),
      undefined,
      // Without a tracer, as with OTEL_SDK_DISABLED, nobody would report in the driver's place.
      // And what is no options stays as it is, for the driver to refuse.
      tracing.config.driverTelemetry === 'replace' && tracing.canTrace && given[0] === options
        ? [{ ...options, telemetryEnabled: false }, ...given.slice(1)]
        : undefined,
    );
    this.options = options;
  }

  override succeeded(): void {
    this.describe();
    this.tracing.discovery?.fromConnected(this.client);
  }

  override failed(error: unknown): void {
    this.describe();
    super.failed(error);
  }

  private describe(): void {
    if (this.span?.isRecording() !== true) return;
    const version =
      this.driverVersion ??
      versionFromUserAgent(this.client.connectionProvider?.options?.headers?.['User-Agent']);
    this.span.setAttributes(
      configuration(this.client, this.options, Boolean(this.given[1]), version),
    );
  }
}

function connectSpan(tracing: Tracing, connection: Connection): Span | undefined {
  if (!tracing.config.connectionSpans) return undefined;
  return tracing.startSpan(`connect ${connection.host}`.trimEnd(), SpanKind.INTERNAL, {
    ...connection.server,
    ...connection.identity,
    [ATTR_DATABRICKS_OPERATION]: OPERATION_CONNECT,
  });
}

class OpenSessionCall extends DriverCall {
  constructor(
    tracing: Tracing,
    client: Client,
    private readonly facts: SessionFacts,
  ) {
    super(tracing, openSessionSpan(tracing, client, facts), undefined);
  }

  override succeeded(session: Session): void {
    this.facts.opened(session);
    this.tracing.access.authenticated(this.facts.connection);
    this.tracing.sessions.set(session, this.facts);
    if (this.span?.isRecording() === true) this.span.setAttributes(this.facts.identity);
  }
}

function openSessionSpan(
  tracing: Tracing,
  client: Client,
  { connection, namespace, metric, identity }: SessionFacts,
): Span | undefined {
  if (!tracing.config.connectionSpans) return undefined;
  return tracing.startSpan(
    `openSession ${namespace ?? connection.host}`.trimEnd(),
    SpanKind.CLIENT,
    {
      ...metric,
      ...identity,
      [ATTR_DATABRICKS_OPERATION]: OPERATION_OPEN_SESSION,
      [ATTR_DATABRICKS_DRIVER_TELEMETRY_ENABLED]: hasDriverTelemetry(client),
    },
  );
}

/** No span: closing a client is closing its sessions. */
class CloseClientCall extends DriverCall {
  private readonly providers;

  constructor(
    tracing: Tracing,
    client: Client,
    private readonly connection: Connection,
  ) {
    super(tracing, undefined, undefined);
    this.providers = tracing.access.providers(client);
  }

  override get needsContext(): boolean {
    return false;
  }

  override succeeded(): void {
    this.tracing.access.closed(this.connection.id, this.providers);
  }

  /** The application is done with the client either way. */
  override failed(): void {
    this.succeeded();
  }
}

/** The connection of a client; one that was connected before we were there is read from what it still says. */
export function connectionOf(tracing: Tracing, client: Client): Connection {
  const known = tracing.connections.get(client);
  if (known !== undefined) return known;
  const connection = new Connection(optionsOfConnected(client));
  tracing.connected(client, connection);
  tracing.discovery?.fromConnected(client);
  return connection;
}
