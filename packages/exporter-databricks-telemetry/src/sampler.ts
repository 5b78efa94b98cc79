import type { Attributes, Context, Link, SpanKind } from '@opentelemetry/api';
import type {
  ATTR_DATABRICKS_OPERATION,
  ATTR_ERROR_TYPE,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { roleOf } from './processor/join/span-role';
import type { Sampler, SamplingResult } from './otel';

/** Copied, as in the processor; their types hold them to the list of all names. */
const OPERATION: typeof ATTR_DATABRICKS_OPERATION = 'databricks.operation';
const ERROR_TYPE: typeof ATTR_ERROR_TYPE = 'error.type';

/** The numbers of the SDK's enum of the same name, as far as they are of use here. */
export const SamplingDecision = { NOT_RECORD: 0, RECORD: 1 } as const;

/**
 * Keeps telemetry complete when traces are sampled: spans of the driver's calls that `userSampler` turns away are
 * recorded without being sampled, so the span processor of this package sees them and no exporter behind a
 * BatchSpanProcessor does. Fetches and downloads are not upgraded, since their totals are on the close of the statement,
 * unless they are made to tell of a failure: with `error.type` at creation.
 *
 * Everything else is `userSampler`'s own: its decisions to record or sample, its attributes, its trace state, and what
 * it throws.
 */
export function databricksSampler(userSampler: Sampler): Sampler {
  return new DatabricksSampler(userSampler);
}

class DatabricksSampler implements Sampler {
  readonly #userSampler: Sampler;

  constructor(userSampler: Sampler) {
    this.#userSampler = userSampler;
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const result = this.#userSampler.shouldSample(
      context,
      traceId,
      spanName,
      spanKind,
      attributes,
      links,
    );
    if (result?.decision !== SamplingDecision.NOT_RECORD || !neededByTelemetry(attributes)) {
      return result;
    }
    return { ...result, decision: SamplingDecision.RECORD };
  }

  toString(): string {
    return `DatabricksSampler{${String(this.#userSampler)}}`;
  }
}

function neededByTelemetry(attributes: Attributes | undefined): boolean {
  const role = roleOf(attributes?.[OPERATION]);
  if (role === 'fetch' || role === 'download') return attributes?.[ERROR_TYPE] !== undefined;
  return role !== undefined;
}
