import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_STATEMENT_ID,
  OPERATION_CANCEL_STATEMENT,
  OPERATION_CLOSE_STATEMENT,
  OPERATION_EXECUTE_STATEMENT,
} from '../semconv';

/** The role of a span for its statement. */
export interface StatementEvent {
  readonly id: string;
  /** `open` starts the statement; after `end`, closed or canceled, no span of it follows. */
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
