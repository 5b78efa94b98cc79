import { context, propagation } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import type { RequestInfo, ResolvedConfig } from '../config';
import type { Guard } from '../guard';
import { BoundedValues } from './bounded-values';

/** Most distinct values of one of the application's attributes on metrics, in one process. */
const MAX_VALUES = 100;
/** Most attributes of the application on metrics. */
const MAX_NAMES = 10;
const MAX_VALUE_LENGTH = 255;
/** Names that belong to the conventions and to this package. */
const OWN_NAMES = /^(?:db|server|error|databricks)\./;

/** The attributes that the application adds to the metrics of its statements, bounded in number. */
export class MetricDimensions {
  readonly #values = new Map<string, BoundedValues>();
  readonly #guard: Guard;
  #hasWarned = false;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  /** `metric` with the attributes that the options ask for. Those of the metric itself stay. */
  addTo(
    metric: Attributes,
    { metricAttributes, metricBaggageKeys }: ResolvedConfig,
    request: RequestInfo,
  ): Attributes {
    const added: Attributes = {};
    if (metricBaggageKeys.length > 0) {
      const baggage = propagation.getBaggage(context.active());
      for (const key of metricBaggageKeys) this.#add(added, key, baggage?.getEntry(key)?.value);
    }
    if (metricAttributes !== undefined) {
      this.#guard.runHook('metricAttributes', () => {
        const given: unknown = metricAttributes(request);
        if (typeof given !== 'object' || given === null) return undefined;
        for (const name of Object.keys(given)) this.#add(added, name, Reflect.get(given, name));
        return given;
      });
    }
    return { ...added, ...metric };
  }

  #add(attributes: Attributes, name: string, value: unknown): void {
    if (value === undefined || value === null) return;
    const text = textOf(value);
    const values = text === undefined || OWN_NAMES.test(name) ? undefined : this.#valuesOf(name);
    if (text === undefined || values === undefined) {
      this.#warn(name);
      return;
    }
    attributes[name] = values.bounded(text.slice(0, MAX_VALUE_LENGTH));
  }

  #valuesOf(name: string): BoundedValues | undefined {
    let values = this.#values.get(name);
    if (values === undefined && this.#values.size < MAX_NAMES) {
      this.#values.set(name, (values = new BoundedValues(MAX_VALUES)));
    }
    return values;
  }

  #warn(name: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#guard.warn(
      `the metric attribute ${name.slice(0, MAX_VALUE_LENGTH)} is left out: values are strings, numbers or booleans, at most ` +
        `${MAX_NAMES} names are used, and none that begins with db., server., error. or databricks.`,
    );
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
