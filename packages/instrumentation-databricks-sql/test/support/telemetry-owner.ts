import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CHANNEL_DATABRICKS_TELEMETRY } from '../../src/semconv';
import type {
  OperationMessage,
  PublishedOperation,
  TelemetryConnection,
  TelemetryMessage,
  TelemetryOwner,
} from '../../src/semconv';

/** A consumer of the telemetry channel that claims every connection and keeps what it gets. */
export class RecordingOwner implements TelemetryOwner {
  isOpen = true;
  readonly connections: TelemetryConnection[] = [];
  readonly operations: PublishedOperation[] = [];
  readonly messages: OperationMessage[] = [];
  readonly closed: string[] = [];

  constructor() {
    subscribe(CHANNEL_DATABRICKS_TELEMETRY, this.#receive);
  }

  connectionClosed({ id }: TelemetryConnection): Promise<void> {
    this.closed.push(id);
    return Promise.resolve();
  }

  get kinds(): unknown[] {
    return this.operations.map(({ attributes }) => attributes['databricks.operation']);
  }

  stop(): void {
    this.isOpen = false;
    unsubscribe(CHANNEL_DATABRICKS_TELEMETRY, this.#receive);
  }

  readonly #receive = (message: unknown): void => {
    const received = message as TelemetryMessage;
    if (received.type === 'connection') {
      const connection = received.claim(this);
      if (connection !== undefined && !this.connections.includes(connection)) {
        this.connections.push(connection);
      }
      return;
    }
    this.messages.push(received);
    const operation = received.take(this);
    if (operation !== undefined) this.operations.push(operation);
  };
}
