import * as fc from 'fast-check';
import { SHAPES } from './option-shapes';
import type { Shape } from './option-shapes';
import type { FaultRule } from '@dbsql-otel/local-warehouse';

/** A method of an operation, with what distinguishes its calls. */
export type OperationStep =
  | { readonly do: 'fetchAll' | 'fetchChunk'; readonly maxRows?: number }
  | { readonly do: 'iterateRows' | 'iterateChunks'; readonly stopAfter?: number }
  | {
      readonly do: 'stream';
      readonly mode: 'rows' | 'chunks';
      readonly autoClose: boolean;
      readonly destroyAfter?: number;
    }
  /** `thrown`: index of the value of the application's own that its progress callback throws. */
  | { readonly do: 'finished'; readonly thrown?: number }
  | {
      readonly do:
        | 'hasMoreRows'
        | 'getSchema'
        | 'getMetadata'
        | 'getResultMetadata'
        | 'status'
        | 'cancel'
        | 'close';
    };

export type Step =
  | { readonly do: 'openSession'; readonly request: object }
  | {
      readonly do: 'execute';
      readonly sql: string;
      readonly options?: object;
      readonly uses: readonly OperationStep[];
    }
  | {
      readonly do: 'metadata';
      readonly method: string;
      readonly request?: object;
      readonly uses: readonly OperationStep[];
    }
  | { readonly do: 'getInfo'; readonly type: number }
  /** Several statements at the same time. */
  | { readonly do: 'together'; readonly steps: readonly Step[] }
  /** Another use of an operation that an earlier step left. */
  | { readonly do: 'again'; readonly operation: number; readonly uses: readonly OperationStep[] }
  | { readonly do: 'misuse'; readonly call: 'executeUndefined' | 'tagsOfNumbers' | 'fetchNothing' }
  | { readonly do: 'closeSession' | 'closeClient' };

/** How the application authenticates; the last two throw a value of its own, the last one in every other step. */
export type Credentials =
  'token' | 'wrong-token' | 'provider' | 'throwing-provider' | 'recovering-provider';

/** A fault that a process boundary does not change. */
export interface WarehouseFault extends Omit<FaultRule, 'match'> {
  readonly match: string;
}

export interface Program {
  /** Of the options of `connect` and `executeStatement`. */
  readonly shape: Shape;
  readonly credentials: Credentials;
  readonly thrown: number;
  readonly connect: object;
  readonly session: object;
  readonly steps: readonly Step[];
  readonly faults: readonly WarehouseFault[];
  /** What the instrumentation is told; of no effect on the bare driver. */
  readonly config: object;
  /** What becomes of telemetry; of no effect on the bare driver. */
  readonly telemetry: readonly WarehouseFault[];
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const rarely = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });

const operationStep: fc.Arbitrary<OperationStep> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: 'fetchAll' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('fetchAll' as const, 'fetchChunk' as const),
      maxRows: optional(fc.constantFrom(1, 7, 100, 0, -1)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('iterateRows' as const, 'iterateChunks' as const),
      stopAfter: optional(fc.nat(3)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('stream' as const),
      mode: fc.constantFrom('rows' as const, 'chunks' as const),
      autoClose: fc.boolean(),
      destroyAfter: rarely(fc.nat(3)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('finished' as const), thrown: optional(fc.nat(5)) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'hasMoreRows' as const,
        'getSchema' as const,
        'getMetadata' as const,
        'getResultMetadata' as const,
        'status' as const,
        'cancel' as const,
      ),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ do: 'close' as const }) },
);

const uses = fc.array(operationStep, { maxLength: 5 });

const failure = fc.constantFrom(
  'submit:PARSE_SYNTAX_ERROR:42601',
  'execute:DIVIDE_BY_ZERO:22012',
  'poll:TABLE_OR_VIEW_NOT_FOUND:42P01',
  'metadata:INTERNAL_ERROR:XX000',
  'fetch:CAST_INVALID_INPUT:22018',
  'fetch@1:CAST_INVALID_INPUT:22018',
  'download',
  'download@2',
);

/** What a hint tells the local warehouse to do with the statement. */
const hint = fc
  .record({
    format: fc.constantFrom('', 'columnar', 'arrow', 'arrow=3', 'cloudfetch=2', 'cloudfetch=6'),
    pages: rarely(fc.constantFrom(2, 3)),
    // The driver waits 100 ms between polls.
    polls: fc.option(fc.constantFrom(1, 2), { nil: undefined, freq: 1 }),
    direct: rarely(fc.constant('off')),
    close: optional(fc.constant('off')),
    lz4: optional(fc.constantFrom('on', 'off')),
    error: optional(failure),
  })
  .map(({ format, ...settings }) =>
    [
      format,
      ...Object.entries(settings).flatMap(([key, value]) =>
        value === undefined ? [] : [`${key}=${value}`],
      ),
    ].join(' '),
  );

const sql = fc
  .tuple(
    fc.constantFrom(
      'SELECT 1 AS one',
      'SELECT * FROM range(250)',
      'SELECT * FROM main.sales.orders LIMIT 20',
      'SHOW TABLES',
      'USE main.sales',
      'CREATE TABLE t (a INT)',
      'INSERT INTO t VALUES (1)',
      'this is not SQL',
      '',
    ),
    hint,
  )
  .map(([text, how]) => `/* local-warehouse: ${how} */ ${text}`);

const execute: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('execute' as const),
  sql,
  options: optional(
    fc.record(
      {
        runAsync: fc.boolean(),
        maxRows: fc.constantFrom(null, 5, 100),
        useCloudFetch: fc.boolean(),
        useLZ4Compression: fc.boolean(),
        queryTimeout: fc.constantFrom(0, 60),
        namedParameters: fc.constant({ a: 1, b: 'two' }),
        queryTags: fc.constant({ team: 'sales', urgent: null }),
      },
      { requiredKeys: [] },
    ),
  ),
  uses,
});

const metadata: fc.Arbitrary<Step> = fc
  .constantFrom(
    ['getTypeInfo', undefined],
    ['getCatalogs', {}],
    ['getSchemas', { catalogName: 'main' }],
    ['getTables', { catalogName: 'main', schemaName: 'sales' }],
    ['getTableTypes', { maxRows: 1 }],
    ['getColumns', { tableName: 'orders' }],
    ['getFunctions', { functionName: '*' }],
    ['getPrimaryKeys', { schemaName: 'sales', tableName: 'orders' }],
  )
  .chain(([method, request]) =>
    fc.record({
      do: fc.constant('metadata' as const),
      method: fc.constant<string>(method),
      request: fc.constant<object | undefined>(request),
      uses,
    }),
  );

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: execute },
  { weight: 3, arbitrary: metadata },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('getInfo' as const), type: fc.nat(30) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('together' as const),
      steps: fc.array(fc.oneof(execute, metadata), { minLength: 2, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('again' as const), operation: fc.nat(5), uses }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('misuse' as const),
      call: fc.constantFrom(
        'executeUndefined' as const,
        'tagsOfNumbers' as const,
        'fetchNothing' as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('openSession' as const),
      request: fc.constantFrom({}, { initialCatalog: 'main' }, { initialSchema: 'sales' }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('closeSession' as const, 'closeClient' as const),
    }),
  },
);

/**
 * What goes wrong with a request. No hangs: those are decided by time-outs, which a slow machine changes. Nor answers that
 * break off or are no Thrift: the driver itself waits for ever then, or not, as the packets fall.
 */
const trouble = fc.oneof(
  { weight: 4, arbitrary: fc.record({ status: fc.constantFrom(429, 500, 502, 503, 504) }) },
  { weight: 2, arbitrary: fc.record({ status: fc.constantFrom(400, 401, 403, 404, 413) }) },
  { weight: 1, arbitrary: fc.record({ status: fc.constant(503), retryAfter: fc.constant(2) }) },
  { weight: 2, arbitrary: fc.constant({ reset: true }) },
  { weight: 1, arbitrary: fc.constant({ delayMs: 5 }) },
);

const warehouseFault: fc.Arbitrary<WarehouseFault> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'OpenSession',
          'ExecuteStatement',
          'GetOperationStatus',
          'GetResultSetMetadata',
          'FetchResults',
          'CloseOperation',
          'CancelOperation',
          'CloseSession',
          'GetTables',
        ),
        trouble,
        fc.record(
          { skip: fc.nat(2), times: fc.integer({ min: 1, max: 4 }) },
          { requiredKeys: ['skip'] },
        ),
      )
      .map(([match, what, when]) => Object.assign({ match }, what, when)),
  },
  // Downloads run side by side, so which of them would be hit by a count is not determined.
  { weight: 1, arbitrary: trouble.map((what) => Object.assign({ match: 'storage' }, what)) },
);

const telemetryFault: fc.Arbitrary<WarehouseFault> = fc
  .tuple(
    fc.constantFrom('telemetry', 'feature-flags'),
    fc.oneof(
      trouble,
      fc.constantFrom<Partial<WarehouseFault>>(
        { hang: 'headers' },
        { hang: 'body' },
        { status: 200, body: '<html>sign in</html>' },
        { status: 307, headers: { location: '/elsewhere' } },
        { truncate: { bytes: 10, by: 'reset' } },
        { truncate: { bytes: 10, by: 'end' } },
      ),
    ),
  )
  .map(([match, what]) => Object.assign({ match }, what));

const config = fc.record(
  {
    queryText: fc.constantFrom('sanitized', 'full', 'off'),
    summarizeQuery: fc.boolean(),
    fetchSpans: fc.boolean(),
    cloudFetchSpans: fc.boolean(),
    connectionSpans: fc.boolean(),
    requireParentSpan: fc.boolean(),
    enhancedDatabaseReporting: fc.boolean(),
    driverTelemetry: fc.constantFrom('auto', 'keep', 'replace'),
    hooks: fc.constantFrom('none', 'throw', 'reject'),
    sampled: fc.boolean(),
    parent: fc.boolean(),
  },
  { requiredKeys: [] },
);

/**
 * Which of the statements that run side by side a count would hit is not determined. Nor is which of them is open the
 * longest: a session closes what is left open in that order, up to the first that cannot be closed.
 */
function faultsSideBySide(faults: readonly WarehouseFault[]): WarehouseFault[] {
  return faults
    .filter(({ match }) => match !== 'CloseOperation')
    .map(({ skip: _skip, times: _times, ...fault }) => fault);
}

/** Programs of calls of the driver with what goes wrong meanwhile. */
export const programs: fc.Arbitrary<Program> = fc
  .record({
    credentials: fc.oneof(
      { weight: 12, arbitrary: fc.constant('token' as const) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          'wrong-token' as const,
          'provider' as const,
          'throwing-provider' as const,
          'recovering-provider' as const,
        ),
      },
    ),
    shape: fc.constantFrom(...SHAPES),
    thrown: fc.nat(5),
    connect: fc.record(
      {
        userAgentEntry: fc.constant('reliability'),
        enableMetricViewMetadata: fc.boolean(),
        preserveBigNumericPrecision: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    session: fc.constantFrom(
      {},
      { initialCatalog: 'main', initialSchema: 'sales' },
      { configuration: { ansi_mode: 'true' } },
    ),
    steps: fc.array(step, { minLength: 1, maxLength: 6 }),
    faults: fc.oneof(
      { weight: 2, arbitrary: fc.constant<WarehouseFault[]>([]) },
      { weight: 3, arbitrary: fc.array(warehouseFault, { minLength: 1, maxLength: 3 }) },
    ),
    config,
    telemetry: fc.array(telemetryFault, { maxLength: 1 }),
  })
  .map((program) =>
    program.steps.some(({ do: what }) => what === 'together')
      ? Object.assign(program, { faults: faultsSideBySide(program.faults) })
      : program,
  );
