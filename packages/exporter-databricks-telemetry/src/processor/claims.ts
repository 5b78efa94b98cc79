import type {
  CHANNEL_DATABRICKS_TELEMETRY,
  ConnectionMessage,
  OperationMessage,
  PublishedOperation,
  TelemetryConnection,
  TelemetryMessage,
  TelemetryOwner,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { guardedListener, OncePerCondition } from '../diagnostics';

/** Copied, because loading all names costs a tenth of loading this package; its type keeps the copy right. */
const CHANNEL: typeof CHANNEL_DATABRICKS_TELEMETRY =
  '@dbsql-otel/instrumentation-databricks-sql:telemetry';

/** Receives what the claimed connections bring. */
export interface ClaimsListener {
  ended(operation: PublishedOperation): void;
  /** An operation ended on a connection that the driver reports itself. */
  skipped(): void;
  /** Resolves when the last records of the connection have left. */
  connectionClosed(connectionId: string): Promise<void>;
}

/**
 * Claims connections on the instrumentation's telemetry channel and takes the operations of those it has claimed. A
 * subscriber of a diagnostics channel that throws ends the process, so nothing leaves {@link Claims.#receive}.
 */
export class Claims implements TelemetryOwner {
  readonly #listener: ClaimsListener;
  readonly #claimed = new WeakSet<TelemetryConnection>();
  readonly #skipWarning = new OncePerCondition();
  #isOpen = true;

  constructor(listener: ClaimsListener) {
    this.#listener = listener;
    subscribe(CHANNEL, this.#receive);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async connectionClosed({ id }: TelemetryConnection): Promise<void> {
    await this.#listener.connectionClosed(id);
  }

  /** Later connections and operations belong to other consumers. */
  close(): void {
    this.#isOpen = false;
    unsubscribe(CHANNEL, this.#receive);
  }

  readonly #receive = guardedListener('the telemetry channel', (message: unknown) => {
    if (this.#isOpen && isMessage(message)) {
      if (message.type === 'connection') this.#claim(message);
      else this.#take(message);
    }
  });

  #claim(question: ConnectionMessage): void {
    const connection = question.claim(this);
    if (connection !== undefined) this.#claimed.add(connection);
  }

  #take(message: OperationMessage): void {
    const operation = message.take(this);
    if (operation !== undefined) {
      // Anybody may publish on the channel: what does not come of a claimed connection is no operation.
      if (this.#claimed.has(operation.connection)) this.#listener.ended(operation);
    } else if (message.isReportedByDriver) {
      this.#listener.skipped();
      this.#skipWarning.warn(
        'the driver reports the telemetry of a connection by itself, so this processor skips that connection: ' +
          "create the processor before the client connects, and do not set driverTelemetry: 'keep'",
      );
    }
  }
}

/** Anybody may publish on the channel. */
function isMessage(message: unknown): message is TelemetryMessage {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  return message.type === 'connection'
    ? 'claim' in message && typeof message.claim === 'function'
    : message.type === 'operation' && 'take' in message && typeof message.take === 'function';
}
