import { column, generated, table } from './relation';
import type { Column, Relation } from './types';

export interface CatalogTable {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
  readonly type: 'TABLE' | 'VIEW';
  readonly comment: string;
  readonly primaryKey: readonly string[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly relation: Relation;
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  /** Name of a table in the same schema, and its columns. */
  readonly referencedTable: string;
  readonly referencedColumns: readonly string[];
}

const REGIONS = ['EMEA', 'AMER', 'APAC'] as const;
const DAY_MS = 24 * 60 * 60 * 1000;
const FIRST_ORDER_MS = Date.UTC(2026, 0, 1);
const MICROS_PER_MS = 1000n;
const CUSTOMER_COUNT = 50;
const ORDER_COUNT = 200;

function customers(): Relation {
  return generated(CUSTOMER_COUNT, [
    { ...column('customer_id', 'BIGINT'), value: (row) => BigInt(row + 1) },
    { ...column('name', 'STRING'), value: (row) => `Customer ${row + 1}` },
    { ...column('region', 'STRING'), value: (row) => REGIONS[row % REGIONS.length] ?? null },
    { ...column('active', 'BOOLEAN'), value: (row) => row % 7 !== 0 },
  ]);
}

function orders(): Relation {
  return generated(ORDER_COUNT, [
    { ...column('order_id', 'BIGINT', 'Number of the order'), value: (row) => BigInt(row + 1) },
    { ...column('customer_id', 'BIGINT'), value: (row) => BigInt((row % CUSTOMER_COUNT) + 1) },
    {
      ...column('amount', { kind: 'DECIMAL', precision: 12, scale: 2 }),
      value: (row) => `${(row * 37) % 1000}.${String((row * 13) % 100).padStart(2, '0')}`,
    },
    { ...column('ordered_on', 'DATE'), value: (row) => dayText(FIRST_ORDER_MS + row * DAY_MS) },
    {
      ...column('updated_at', 'TIMESTAMP'),
      value: (row) => BigInt(FIRST_ORDER_MS + row * 60_000) * MICROS_PER_MS,
    },
    { ...column('note', 'STRING'), value: (row) => (row % 3 === 0 ? null : `note ${row}`) },
  ]);
}

function dayText(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}

function ordersByRegion(): Relation {
  const columns: Column[] = [column('region', 'STRING'), column('order_count', 'BIGINT')];
  return table(columns, [
    ['EMEA', 68n],
    ['AMER', 68n],
    ['APAC', 64n],
  ]);
}

const SALES = { catalog: 'main', schema: 'sales' } as const;

/** Deterministic sample data, the same in every run. */
export const CATALOG_TABLES: readonly CatalogTable[] = [
  {
    ...SALES,
    name: 'customers',
    type: 'TABLE',
    comment: 'Customers',
    primaryKey: ['customer_id'],
    foreignKeys: [],
    relation: customers(),
  },
  {
    ...SALES,
    name: 'orders',
    type: 'TABLE',
    comment: 'Orders',
    primaryKey: ['order_id'],
    foreignKeys: [
      {
        name: 'orders_customer_fk',
        columns: ['customer_id'],
        referencedTable: 'customers',
        referencedColumns: ['customer_id'],
      },
    ],
    relation: orders(),
  },
  {
    ...SALES,
    name: 'orders_by_region',
    type: 'VIEW',
    comment: 'Orders per region',
    primaryKey: [],
    foreignKeys: [],
    relation: ordersByRegion(),
  },
];

export const DEFAULT_CATALOG = 'main';
export const DEFAULT_SCHEMA = 'default';

export const CATALOG_SCHEMAS: readonly { readonly catalog: string; readonly schema: string }[] = [
  { catalog: 'main', schema: 'default' },
  { catalog: 'main', schema: 'sales' },
  { catalog: 'samples', schema: 'default' },
];

export const CATALOGS: readonly string[] = ['main', 'samples'];

export const CATALOG_FUNCTIONS: readonly {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
  readonly comment: string;
}[] = [{ ...SALES, name: 'net_amount', comment: 'Amount without tax' }];

/** Finds a table by a name of one to three parts, resolved as SQL does. Case does not matter. */
export function findTable(
  parts: readonly string[],
  current: { readonly catalog: string; readonly schema: string },
): CatalogTable | undefined {
  const lower = parts.map((part) => part.toLowerCase());
  const name = lower.at(-1);
  const schema = lower.at(-2) ?? current.schema.toLowerCase();
  const catalog = lower.at(-3) ?? current.catalog.toLowerCase();
  return CATALOG_TABLES.find(
    (entry) => entry.name === name && entry.schema === schema && entry.catalog === catalog,
  );
}
