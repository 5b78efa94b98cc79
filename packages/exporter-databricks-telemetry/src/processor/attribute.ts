import type { Attributes } from '@opentelemetry/api';

/** Longer identifiers are nonsense and are not kept: the driver's are UUIDs. */
const MAX_ID_LENGTH = 256;

/** The identifier in an attribute; `undefined` for what cannot be one. */
export function idIn(attributes: Attributes, name: string): string | undefined {
  const value: unknown = attributes[name];
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_LENGTH
    ? value
    : undefined;
}

/** The number in an attribute that counts something; `undefined` for what is no finite number from 0. */
export function amountIn(attributes: Attributes, name: string): number | undefined {
  const value: unknown = attributes[name];
  return typeof value === 'number' && value >= 0 && value < Infinity ? value : undefined;
}
