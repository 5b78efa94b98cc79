import type { WarehouseConnectionOptions } from '@dbsql-otel/local-warehouse';

/** What the process of the warehouse tells. */
export type FromWarehouse =
  | { readonly kind: 'ready'; readonly connection: WarehouseConnectionOptions }
  | {
      readonly kind: 'count';
      /** Logs the workspace took, and how many of them had an id that came before. */
      readonly accepted: number;
      readonly repeated: number;
    };

/** What it is told. `steady`: the endpoint goes down no more. */
export type ToWarehouse = 'steady' | 'count' | 'stop';
