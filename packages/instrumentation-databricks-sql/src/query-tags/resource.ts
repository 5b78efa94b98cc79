import type { Span, Tracer } from '@opentelemetry/api';
import type { TagValue } from './tag';

/** What is read of an SDK's resource. */
interface Resource {
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly asyncAttributesPending?: boolean;
  /** Read while some attributes are still promises: reading `attributes` would log an error then. */
  getRawAttributes?(): readonly (readonly [string, unknown])[];
}

/**
 * An attribute of the SDK's resource, else of the environment's `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`. The API
 * has no access to the resource: a recording span has it, and the SDK's tracer keeps it for its spans.
 */
export function resourceAttribute(
  name: string,
  span: Span | undefined,
  tracer: Tracer,
): TagValue | undefined {
  return (
    attributeOf(objectField(span, 'resource'), name) ??
    attributeOf(objectField(tracer, '_resource'), name) ??
    attributeOf(objectField(objectField(tracer, '_delegate'), '_resource'), name) ??
    environmentAttribute(name, process.env)
  );
}

function attributeOf(resource: Resource | undefined, name: string): TagValue | undefined {
  if (resource === undefined) return undefined;
  const pending = resource.asyncAttributesPending === true;
  const value = pending
    ? resource.getRawAttributes?.().find(([key]) => key === name)?.[1]
    : resource.attributes?.[name];
  return isValue(value) ? value : undefined;
}

/** An attribute that is still a promise is not known. */
function isValue(value: unknown): value is TagValue {
  return ['string', 'number', 'boolean'].includes(typeof value) || Array.isArray(value);
}

function environmentAttribute(
  name: string,
  { OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES = '' }: NodeJS.ProcessEnv,
): string | undefined {
  if (name === 'service.name' && (OTEL_SERVICE_NAME ?? '') !== '') return OTEL_SERVICE_NAME;
  for (const pair of OTEL_RESOURCE_ATTRIBUTES.split(',')) {
    const [key = '', value] = pair.split('=', 2);
    if (key.trim() === name && value !== undefined) return decoded(value.trim());
  }
  return undefined;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function objectField(object: unknown, name: string): object | undefined {
  if (typeof object !== 'object' || object === null) return undefined;
  const value: unknown = Reflect.get(object, name);
  return typeof value === 'object' && value !== null ? value : undefined;
}
