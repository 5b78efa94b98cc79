import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_RESULT_BATCH_COUNT,
  ATTR_DATABRICKS_RESULT_BATCH_DURATION,
  ATTR_DATABRICKS_RESULT_BATCH_SIZE,
} from '../semconv';

/** The batches of a statement's results that the kernel returned. */
export class KernelBatches {
  #count = 0;
  #bytes = 0;
  #totalMs = 0;

  received(durationMs: number, bytes: number): void {
    this.#count += 1;
    this.#bytes += bytes;
    this.#totalMs += durationMs;
  }

  addTo(attributes: Attributes): void {
    attributes[ATTR_DATABRICKS_RESULT_BATCH_COUNT] = this.#count;
    attributes[ATTR_DATABRICKS_RESULT_BATCH_SIZE] = this.#bytes;
    attributes[ATTR_DATABRICKS_RESULT_BATCH_DURATION] = this.#totalMs / 1000;
  }
}
