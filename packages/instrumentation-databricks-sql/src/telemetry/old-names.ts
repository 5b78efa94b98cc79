import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DB_NAME,
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_STATEMENT,
  ATTR_DB_SYSTEM,
  ATTR_DB_SYSTEM_NAME,
} from '../semconv';

/** The names of the experimental conventions, by the stable ones. */
const OLD_NAMES: readonly (readonly [string, string])[] = [
  [ATTR_DB_SYSTEM_NAME, ATTR_DB_SYSTEM],
  [ATTR_DB_NAMESPACE, ATTR_DB_NAME],
  [ATTR_DB_QUERY_TEXT, ATTR_DB_STATEMENT],
];

/** Whether spans have the old names as well: `OTEL_SEMCONV_STABILITY_OPT_IN` contains `database/dup`. */
export function wantsOldNames(env: NodeJS.ProcessEnv = process.env): boolean {
  const given = env['OTEL_SEMCONV_STABILITY_OPT_IN'] ?? '';
  return given.split(',').some((value) => value.trim().toLowerCase() === 'database/dup');
}

/** The attributes and, beside the stable names, the old ones, which some backends still read. */
export function withOldNames(attributes: Attributes): Attributes {
  const all: Attributes = { ...attributes };
  for (const [name, oldName] of OLD_NAMES) {
    if (attributes[name] !== undefined) all[oldName] = attributes[name];
  }
  const summary = attributes[ATTR_DB_QUERY_SUMMARY];
  const verb = typeof summary === 'string' ? summary.split(' ', 1)[0] : undefined;
  const operation = attributes[ATTR_DB_OPERATION_NAME] ?? verb;
  if (operation !== undefined) all[ATTR_DB_OPERATION] = operation;
  return all;
}
