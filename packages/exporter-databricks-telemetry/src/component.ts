import { metrics } from '@opentelemetry/api';
import type { Attributes, Meter, MeterProvider, ObservableResult } from '@opentelemetry/api';
import { SCHEMA_URL } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { guarded, runCallback } from './diagnostics';
import { PACKAGE_VERSION, SCOPE_NAME } from './scope';

const SCOPE_OPTIONS = { schemaUrl: SCHEMA_URL };
const ATTR_COMPONENT_TYPE = 'otel.component.type';
const ATTR_COMPONENT_NAME = 'otel.component.name';
export const ATTR_ERROR_TYPE = 'error.type';

const componentCounts = new Map<string, number>();

/** `otel.component.type` and a name that is unique in the process, `<type>/<n>`. */
function componentAttributes(type: string): Attributes {
  const count = componentCounts.get(type) ?? 0;
  componentCounts.set(type, count + 1);
  return { [ATTR_COMPONENT_TYPE]: type, [ATTR_COMPONENT_NAME]: `${type}/${count}` };
}

/** Reports the current values of one instrument. */
type Observe = (result: ObservableResult) => void;

/** Wraps the callback of an observable instrument; a replaced meter provider no longer calls it. */
export type Observing = (observe: Observe) => Observe;

/** The health metrics of one processor or exporter (semantic conventions 1.45, "SDK metrics"). */
export abstract class ComponentMetrics {
  protected readonly component: Attributes;
  #provider: MeterProvider | undefined;

  constructor(componentType: string) {
    this.component = componentAttributes(componentType);
  }

  /**
   * Creates the instruments with the current global meter provider, unless it already has them. Call it with the first
   * span, before the application can shut its meter provider down, and with each export: the application may register
   * its provider at any time, and the API has no proxy for meters.
   */
  attach(): void {
    const provider = metrics.getMeterProvider();
    if (provider === this.#provider) return;
    this.#provider = provider;
    const observing: Observing = (observe) => (result) => {
      if (this.#provider === provider) guarded('a health metric', () => observe(result));
    };
    const meter = runCallback('health metrics', () =>
      provider.getMeter(SCOPE_NAME, PACKAGE_VERSION, SCOPE_OPTIONS),
    );
    if (meter !== undefined) {
      guarded('health metrics', () => this.createInstruments(meter, observing));
    }
  }

  protected abstract createInstruments(meter: Meter, observing: Observing): void;
}
