import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_STATEMENT_ID,
  OPERATION_CANCEL_STATEMENT,
  OPERATION_CLOSE_STATEMENT,
  OPERATION_EXECUTE_STATEMENT,
} from '../semconv';

/** What a span is to the statement it belongs to. */
export interface StatementEvent {
  readonly id: string;
  /** `end`: closed or cancelled, after which nothing more of it is to come. */
  readonly kind: 'open' | 'end' | 'part';
}

/** The statement a span opens, ends or is a part of; `undefined` for spans that belong to none. */
export function statementEvent(span: {
  readonly attributes: Attributes;
}): StatementEvent | undefined {
  const id = span.attributes[ATTR_DATABRICKS_STATEMENT_ID];
  const operation = span.attributes[ATTR_DATABRICKS_OPERATION];
  if (typeof id !== 'string' || typeof operation !== 'string') return undefined;
  if (operation === OPERATION_CLOSE_STATEMENT || operation === OPERATION_CANCEL_STATEMENT) {
    return { id, kind: 'end' };
  }
  const opens = operation === OPERATION_EXECUTE_STATEMENT || operation.startsWith('get_');
  return { id, kind: opens ? 'open' : 'part' };
}
