import { CATALOG_TABLES } from './catalog';
import type { CatalogTable } from './catalog';

type NullableText = string | undefined;

/** Tests names against an SQL LIKE pattern, case aside. */
function likePattern(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[.*+?^${}()|[\]]/g, String.raw`\$&`)
    .replace(/\\\\_|%|_/g, (match) => (match === '%' ? '.*' : match === '_' ? '.' : '_'));
  const expression = new RegExp(`^${source}$`, 'i');
  return (name) => expression.test(name);
}

/** Absent and empty patterns match everything. */
export function matches(pattern: NullableText, text: string): boolean {
  return pattern === undefined || pattern === null || pattern === '' || likePattern(pattern)(text);
}

export function equals(wanted: NullableText, text: string): boolean {
  return wanted === undefined || wanted === null || wanted === '' || wanted.toLowerCase() === text;
}

export interface TablePattern {
  readonly catalog: NullableText;
  readonly schema: NullableText;
  readonly table: NullableText;
}

export function findTables(pattern: TablePattern): CatalogTable[] {
  return CATALOG_TABLES.filter(
    (entry) =>
      equals(pattern.catalog, entry.catalog) &&
      matches(pattern.schema, entry.schema) &&
      matches(pattern.table, entry.name),
  );
}
