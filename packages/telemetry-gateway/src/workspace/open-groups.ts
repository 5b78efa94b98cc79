import {
  ATTR_DATABRICKS_STATEMENT_ID,
  OPERATION_EXECUTE_STATEMENT,
  OPERATION_GET_INFO,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { DoneGroup, JournaledSpan } from '../journal/journal';
import type { SpanPosition } from '../journal/keys';
import type { ReceivedSpan } from '../otlp/span';
import { spanKey } from '../otlp/span';

/** What is to be written to the journal. */
export interface Settlement {
  readonly positions: SpanPosition[];
  readonly done: DoneGroup[];
}

type Described = Pick<ReceivedSpan, 'attributes' | 'operation' | 'traceId' | 'spanId'>;

/** What belongs together: the spans of one statement, or a call alone. */
export function groupOf(span: Described): string {
  const id = span.attributes[ATTR_DATABRICKS_STATEMENT_ID];
  return typeof id === 'string' ? id : spanKey(span);
}

/** Whether the span is a statement's own, whose record all spans of the statement make. */
export function isStatement({ operation, attributes }: Described): boolean {
  const makesStatement =
    operation === OPERATION_EXECUTE_STATEMENT ||
    (operation.startsWith('get_') && operation !== OPERATION_GET_INFO);
  return makesStatement && typeof attributes[ATTR_DATABRICKS_STATEMENT_ID] === 'string';
}

/** The journaled spans that were handed to the processor and whose records have not left, by group. */
export class OpenGroups {
  readonly #positions = new Map<string, SpanPosition[]>();

  get size(): number {
    return this.#positions.size;
  }

  add({ span, position }: JournaledSpan): void {
    const group = groupOf(span);
    const positions = this.#positions.get(group);
    if (positions === undefined) this.#positions.set(group, [position]);
    else positions.push(position);
  }

  /**
   * The record of a span left for good. The record of a statement ends all its spans; another record of a statement's
   * part, such as a cancel, leaves the part to its statement.
   *
   * @param isStatementRecord whether it is the record of a statement
   * @param isDone whether the statement was reported before
   */
  settle(
    span: Described,
    isStatementRecord: boolean,
    isDone: (group: string) => boolean,
    settlement: Settlement,
  ): void {
    const group = groupOf(span);
    const key = spanKey(span);
    const positions = this.#positions.get(group) ?? [];
    if (isStatementRecord) {
      this.#positions.delete(group);
      settlement.positions.push(...positions);
      settlement.done.push({ group, spanKeys: positions.map((position) => position.spanKey) });
      return;
    }
    settlement.done.push({ group: key, spanKeys: [key] });
    if (group !== key && !isDone(group)) return;
    const rest = positions.filter((position) => position.spanKey !== key);
    settlement.positions.push(...positions.filter((position) => position.spanKey === key));
    if (rest.length === 0) this.#positions.delete(group);
    else this.#positions.set(group, rest);
  }
}
