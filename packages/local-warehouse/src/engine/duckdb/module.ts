/**
 * The parts of `@duckdb/node-api` that the engine uses. The package is optional, so its own types cannot be relied on
 * when this one is compiled.
 */
export interface DuckDbModule {
  readonly DuckDBInstance: { create(path: string): Promise<DuckDbInstance> };
}

export interface DuckDbInstance {
  connect(): Promise<DuckDbConnection>;
  closeSync(): void;
}

export interface DuckDbConnection {
  run(sql: string, values?: readonly (string | null)[]): Promise<DuckDbResult>;
  interrupt(): void;
  closeSync(): void;
}

export interface DuckDbResult {
  /** See `RETURN_TYPES`. */
  readonly returnType: number;
  readonly rowsChanged: number;
  deduplicatedColumnNames(): string[];
  columnTypes(): DuckDbType[];
  getColumns(): Promise<unknown[][]>;
}

export const RETURN_TYPES = { changedRows: 1, nothing: 2 } as const;

/** A type, described by the fields that its kind has. */
export interface DuckDbType {
  toString(): string;
  readonly width?: number;
  readonly scale?: number;
  readonly keyType?: DuckDbType;
  readonly valueType?: DuckDbType;
  readonly entryNames?: readonly string[];
  readonly entryTypes?: readonly DuckDbType[];
}

/** Loads the optional dependency. Throws, with what to do about it, when it is not installed. */
export async function loadDuckDb(): Promise<DuckDbModule> {
  const name = '@duckdb/node-api';
  try {
    return (await import(name)) as DuckDbModule;
  } catch (cause) {
    throw new Error(`The DuckDB engine needs the package ${name}: npm install ${name}`, { cause });
  }
}
