import { ValueType } from '@opentelemetry/api';
import type { Meter } from '@opentelemetry/api';
import type { DroppedCounts } from '../accounting';
import { ATTR_ERROR_TYPE, ComponentMetrics } from '../component';
import type { Observing } from '../component';

/** What the processor's metrics show, in records. */
export interface ProcessorReading {
  /** Queued, without the batch in flight. */
  readonly queued: number;
  readonly capacity: number;
  readonly delivered: number;
  readonly dropped: DroppedCounts;
}

/**
 * The `otel.sdk.processor.span.*` metrics of one processor. They are observed, so counting costs nothing until a reader
 * collects them. The unit `{span}` counts records: the joined spans of a statement are one.
 */
export class ProcessorHealth extends ComponentMetrics {
  readonly #read: () => ProcessorReading;

  constructor(read: () => ProcessorReading) {
    super('DatabricksTelemetrySpanProcessor');
    this.#read = read;
  }

  protected override createInstruments(meter: Meter, observing: Observing): void {
    const unit = '{span}';
    meter
      .createObservableUpDownCounter('otel.sdk.processor.span.queue.size', {
        unit,
        valueType: ValueType.INT,
        description:
          'The number of spans in the queue of a given instance of an SDK span processor.',
      })
      .addCallback(observing((result) => result.observe(this.#read().queued, this.component)));
    meter
      .createObservableUpDownCounter('otel.sdk.processor.span.queue.capacity', {
        unit,
        valueType: ValueType.INT,
        description: 'The maximum number of spans the queue of a given processor can hold.',
      })
      .addCallback(observing((result) => result.observe(this.#read().capacity, this.component)));
    meter
      .createObservableCounter('otel.sdk.processor.span.processed', {
        unit,
        valueType: ValueType.INT,
        description: 'The number of spans whose processing has finished, successfully or not.',
      })
      .addCallback(
        observing((result) => {
          const { delivered, dropped } = this.#read();
          result.observe(delivered, this.component);
          for (const [reason, count] of Object.entries(dropped)) {
            result.observe(count, { ...this.component, [ATTR_ERROR_TYPE]: reason });
          }
        }),
      );
  }
}
