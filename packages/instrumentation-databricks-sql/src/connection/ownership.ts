import { channel } from 'node:diagnostics_channel';
import { CHANNEL_DATABRICKS_TELEMETRY } from '../telemetry-channel';
import type { ConnectionMessage, TelemetryConnection, TelemetryOwner } from '../telemetry-channel';

const telemetry = channel(CHANNEL_DATABRICKS_TELEMETRY);

/** Who reports the telemetry of one connection: the driver itself, or the consumer that claimed it. */
export class Ownership {
  /** As the owner sees the connection. */
  readonly connection: TelemetryConnection;
  /** The driver's own telemetry is live on the connection; known when `connect()` has settled. */
  isReportedByDriver = false;
  #owner: TelemetryOwner | undefined = undefined;
  readonly #isLeftToGateway: boolean;

  /** @param isLeftToGateway no consumer of this process is asked: a gateway reports the connection from its spans */
  constructor(connection: TelemetryConnection, isLeftToGateway = false) {
    this.connection = connection;
    this.#isLeftToGateway = isLeftToGateway;
  }

  /** The open owner. When there is none and the driver does not report either, the consumers are asked again. */
  get owner(): TelemetryOwner | undefined {
    return !this.isReportedByDriver && this.ask() ? this.#owner : undefined;
  }

  /** Asks the consumers, unless an open one has claimed the connection. @returns whether it has an owner */
  ask(): boolean {
    if (this.#isLeftToGateway) return false;
    if (this.#owner !== undefined && isOpen(this.#owner)) return true;
    this.#owner = undefined;
    if (!telemetry.hasSubscribers) return false;
    let isOver = false;
    const question: ConnectionMessage = {
      type: 'connection',
      connectionId: this.connection.id,
      claim: (owner) => (isOver ? undefined : this.#claim(owner)),
    };
    telemetry.publish(Object.freeze(question));
    isOver = true;
    return this.#owner !== undefined;
  }

  /** Whether {@link closed} has an owner to notify. */
  get hasOpenOwner(): boolean {
    return this.#owner !== undefined && isOpen(this.#owner);
  }

  /** The client was closed. Resolves when the owner needs the credentials no longer. */
  async closed(): Promise<void> {
    await this.#owner?.connectionClosed(this.connection);
  }

  #claim(owner: TelemetryOwner): TelemetryConnection | undefined {
    if (this.#owner === undefined && isOwner(owner) && isOpen(owner)) this.#owner = owner;
    return this.#owner === owner ? this.connection : undefined;
  }
}

function isOwner(owner: unknown): boolean {
  return (
    typeof owner === 'object' &&
    owner !== null &&
    'connectionClosed' in owner &&
    typeof owner.connectionClosed === 'function'
  );
}

/** Every subscriber of the channel may claim, so the owner may be anything. */
function isOpen(owner: TelemetryOwner): boolean {
  try {
    return owner.isOpen;
  } catch {
    return false;
  }
}
