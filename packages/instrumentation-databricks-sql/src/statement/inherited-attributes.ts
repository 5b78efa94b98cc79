import { context, propagation, trace } from '@opentelemetry/api';
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { unlessThrown } from './unless-thrown';

const MAX_LENGTH = 255;

/** The listed attributes that the caller's baggage has, else its active span. Values that are not simple are left out. */
export function inheritedAttributes(names: readonly string[]): Attributes | undefined {
  if (names.length === 0) return undefined;
  const active = context.active();
  const baggage = propagation.getBaggage(active);
  const parent = unlessThrown(
    () => Reflect.get(trace.getSpan(active) ?? {}, 'attributes') as unknown,
  );
  const attributes: Attributes = {};
  for (const name of names) {
    const value = baggage?.getEntry(name)?.value ?? attributeOf(parent, name);
    if (value !== undefined) attributes[name] = value;
  }
  return attributes;
}

/** A recording span of the SDK has its attributes; the API does not show them. */
function attributeOf(parent: unknown, name: string): AttributeValue | undefined {
  if (typeof parent !== 'object' || parent === null) return undefined;
  const value = unlessThrown((): unknown => Reflect.get(parent, name));
  if (typeof value === 'string') return value.slice(0, MAX_LENGTH);
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}
