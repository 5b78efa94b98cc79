import type {
  Attributes,
  HrTime,
  Link,
  SpanContext,
  SpanKind,
  SpanStatus,
} from '@opentelemetry/api';
import { channel } from 'node:diagnostics_channel';
import type { Ownership } from '../connection/ownership';
import { CHANNEL_DATABRICKS_TELEMETRY } from '../telemetry-channel';
import type { OperationMessage, PublishedOperation, TelemetryOwner } from '../telemetry-channel';

const telemetry = channel(CHANNEL_DATABRICKS_TELEMETRY);

/** Whether anything is to be published: the channel of this thread has a subscriber. */
export function hasSubscribers(): boolean {
  return telemetry.hasSubscribers;
}

/** Publishes an ended operation for the owner of its connection, and for every other subscriber to see. */
export function publish(operation: PublishedOperation, ownership: Ownership): void {
  const { owner } = ownership;
  telemetry.publish(new Message(operation, owner, ownership.isReportedByDriver));
}

/**
 * What subscribers see. The operation itself is private: a message that an application freezes, changes or takes apart is
 * the same to the owner.
 */
class Message implements OperationMessage {
  #operation: PublishedOperation;
  #owner: TelemetryOwner | undefined;
  #isReportedByDriver: boolean;

  constructor(
    operation: PublishedOperation,
    owner: TelemetryOwner | undefined,
    isReportedByDriver: boolean,
  ) {
    this.#operation = operation;
    this.#owner = owner;
    this.#isReportedByDriver = isReportedByDriver;
  }

  get type(): 'operation' {
    return 'operation';
  }

  get isReportedByDriver(): boolean {
    return this.#isReportedByDriver;
  }

  /** Once: a consumer that subscribed twice, or a message that is published again, makes no second record. */
  take(owner: TelemetryOwner): PublishedOperation | undefined {
    if (owner === undefined || this.#owner !== owner) return undefined;
    this.#owner = undefined;
    return this.#operation;
  }

  get name(): string {
    return this.#operation.name;
  }

  get kind(): SpanKind {
    return this.#operation.kind;
  }

  spanContext(): SpanContext {
    return { ...this.#operation.spanContext() };
  }

  get startTime(): HrTime {
    return this.#operation.startTime;
  }

  get endTime(): HrTime {
    return this.#operation.endTime;
  }

  get duration(): HrTime {
    return this.#operation.duration;
  }

  get status(): SpanStatus {
    return { ...this.#operation.status };
  }

  get attributes(): Attributes {
    const attributes: Attributes = {};
    for (const [name, value] of Object.entries(this.#operation.attributes)) {
      if (value !== undefined) attributes[name] = value;
    }
    return attributes;
  }

  get links(): Link[] {
    return [];
  }

  get events(): OperationMessage['events'] {
    return this.#operation.events.map(({ time, name, attributes }) => ({
      time: [...time],
      name,
      attributes: { ...attributes },
    }));
  }

  get ended(): boolean {
    return true;
  }

  get resource(): OperationMessage['resource'] {
    return this.#operation.resource;
  }

  get instrumentationScope(): OperationMessage['instrumentationScope'] {
    return this.#operation.instrumentationScope;
  }

  get droppedAttributesCount(): number {
    return 0;
  }

  get droppedEventsCount(): number {
    return 0;
  }

  get droppedLinksCount(): number {
    return 0;
  }
}
