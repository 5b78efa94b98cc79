import {
  metrics,
  type Attributes,
  type MeterProvider,
  type ObservableResult,
} from '@opentelemetry/api';
import type { DroppedCounts } from '../accounting';
import { guarded } from '../diagnostics';

const METER_NAME = '@dbsql-otel/exporter-databricks-telemetry';

const ATTR_COMPONENT_TYPE = 'otel.component.type';
const ATTR_COMPONENT_NAME = 'otel.component.name';
const ATTR_ERROR_TYPE = 'error.type';

/** What the processor's metrics show, in records. */
export interface ProcessorReading {
  /** Queued, without the batch in flight. */
  readonly queued: number;
  readonly capacity: number;
  readonly delivered: number;
  readonly dropped: DroppedCounts;
}

/** `otel.component.type` and a name that is unique in the process, `<type>/<n>`. */
export function componentAttributes(type: string): Attributes {
  const count = componentCounts.get(type) ?? 0;
  componentCounts.set(type, count + 1);
  return { [ATTR_COMPONENT_TYPE]: type, [ATTR_COMPONENT_NAME]: `${type}/${count}` };
}

const componentCounts = new Map<string, number>();

/**
 * The `otel.sdk.processor.span.*` metrics of one processor (semantic conventions 1.45, "SDK metrics"). They are
 * observed, so counting costs nothing until somebody reads. The unit `{span}` is a record of ours: a statement's joined
 * spans are one.
 */
export class ProcessorHealth {
  readonly #component: Attributes;
  readonly #read: () => ProcessorReading;
  #provider: MeterProvider | undefined;

  constructor(componentType: string, read: () => ProcessorReading) {
    this.#component = componentAttributes(componentType);
    this.#read = read;
  }

  /**
   * Attaches to the global meter provider as it is now. Called with every export, because an application may register
   * its provider after this processor was made, and the API has no proxy for meters.
   */
  attach(): void {
    const provider = metrics.getMeterProvider();
    if (provider === this.#provider) return;
    this.#provider = provider;
    guarded('health metrics', () => this.#observe(provider));
  }

  #observe(provider: MeterProvider): void {
    const meter = provider.getMeter(METER_NAME);
    const unit = '{span}';
    const size = meter.createObservableUpDownCounter('otel.sdk.processor.span.queue.size', {
      unit,
      description: 'The number of spans in the queue of a given instance of an SDK span processor.',
    });
    const capacity = meter.createObservableUpDownCounter('otel.sdk.processor.span.queue.capacity', {
      unit,
      description: 'The maximum number of spans the queue of a given processor can hold.',
    });
    const processed = meter.createObservableCounter('otel.sdk.processor.span.processed', {
      unit,
      description: 'The number of spans whose processing has finished, successfully or not.',
    });
    const observing =
      (observe: (result: ObservableResult, reading: ProcessorReading) => void) =>
      (result: ObservableResult): void => {
        // A provider that was replaced must not count a second time.
        if (this.#provider === provider) observe(result, this.#read());
      };
    size.addCallback(observing((result, { queued }) => result.observe(queued, this.#component)));
    capacity.addCallback(
      observing((result, reading) => result.observe(reading.capacity, this.#component)),
    );
    processed.addCallback(
      observing((result, { delivered, dropped }) => {
        result.observe(delivered, this.#component);
        for (const [reason, count] of Object.entries(dropped)) {
          result.observe(count, { ...this.#component, [ATTR_ERROR_TYPE]: reason });
        }
      }),
    );
  }
}
