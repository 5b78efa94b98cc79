import type { Attributes } from '@opentelemetry/api';
import type { ResolvedConfig } from '../config';
import type { SessionFacts } from '../connection/connection';
import {
  ATTR_DATABRICKS_OPERATION,
  ATTR_DB_COLLECTION_NAME,
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_STORED_PROCEDURE_NAME,
  OPERATION_EXECUTE_STATEMENT,
} from '../semconv';
import type { MetadataOperation, Operation } from '../semconv';
import { readQuery } from '../sql/query';
import { MetricSummaries } from './metric-summaries';
import { reportedOptions } from './reported-options';
import { unlessThrown } from './unless-thrown';

/** What is known of a statement before it is submitted. */
export interface StatementDescription {
  readonly operation: Operation;
  readonly name: string;
  /** At the creation of the span, because samplers see only these. */
  readonly creation: Attributes;
  readonly metric: Attributes;
  /** Opt-in, after the creation. */
  readonly reported: Attributes | undefined;
}

const DEFAULT_NAME = 'databricks';
const metricSummaries = new MetricSummaries();

/**
 * `executeStatement(statement, options)`.
 * @param isMeasured whether there is a meter to whom the metric's attributes matter
 */
export function describeExecute(
  config: ResolvedConfig,
  session: SessionFacts,
  args: readonly unknown[],
  isMeasured: boolean,
): StatementDescription {
  const [statement, options] = args;
  // Spread last: adding a property to a spread copy makes V8 create a new hidden class (10 × slower).
  const creation: Attributes = {
    [ATTR_DATABRICKS_OPERATION]: OPERATION_EXECUTE_STATEMENT,
    ...session.creation,
  };
  let metric = session.metric;
  let name = session.namespace ?? session.connection.host;
  if (typeof statement === 'string') {
    if (config.queryText === 'full') creation[ATTR_DB_QUERY_TEXT] = statement;
    if (config.queryText === 'sanitized' || config.summarizeQuery) {
      const { text, summary, storedProcedure } = readQuery(statement);
      if (config.queryText === 'sanitized') creation[ATTR_DB_QUERY_TEXT] = text;
      if (config.summarizeQuery && summary !== undefined) {
        creation[ATTR_DB_QUERY_SUMMARY] = summary;
        if (storedProcedure !== undefined) {
          creation[ATTR_DB_STORED_PROCEDURE_NAME] = storedProcedure;
        }
        if (isMeasured) {
          metric = { [ATTR_DB_QUERY_SUMMARY]: metricSummaries.bounded(summary), ...metric };
        }
        name = summary;
      }
    }
  }
  return {
    operation: OPERATION_EXECUTE_STATEMENT,
    name: name === '' ? DEFAULT_NAME : name,
    creation,
    metric,
    reported: config.enhancedDatabaseReporting ? reportedOptions(options ?? {}) : undefined,
  };
}

/** A metadata method and the names it was asked for. */
export function describeMetadata(
  session: SessionFacts,
  method: string,
  operation: MetadataOperation,
  request: unknown,
): StatementDescription {
  const values = (request ?? {}) as Readonly<Record<string, unknown>>;
  const asked = (key: string): unknown => unlessThrown(() => values[key]);
  const names = [
    asked('catalogName') ?? asked('parentCatalogName'),
    asked('schemaName') ?? asked('parentSchemaName'),
  ].filter((part) => typeof part === 'string' && part !== '');
  const namespace = names.length === 0 ? session.namespace : names.join('|');
  const table = asked('tableName') ?? asked('parentTableName');
  const collection = typeof table === 'string' && table !== '' ? table : undefined;

  const metric: Attributes = { ...session.metric, [ATTR_DB_OPERATION_NAME]: method };
  if (namespace !== undefined) metric[ATTR_DB_NAMESPACE] = namespace;
  if (collection !== undefined) metric[ATTR_DB_COLLECTION_NAME] = collection;
  const target = collection ?? namespace;
  return {
    operation,
    name: target === undefined ? method : `${method} ${target}`,
    creation: { ...session.creation, ...metric, [ATTR_DATABRICKS_OPERATION]: operation },
    metric,
    reported: undefined,
  };
}
