import * as assert from 'node:assert/strict';
import * as driver from '@databricks/sql';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import type {
  DatabricksTelemetryExporterOptions,
  ProcessorOptions,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import type { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { JsonObject } from '@dbsql-otel/local-warehouse';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { describeThrown, describeValue } from '../../src/differential/describe';
import { unaccounted } from '../../src/pipeline';

type Client = InstanceType<typeof driver.DBSQLClient>;
export type ConnectionOptions = Parameters<Client['connect']>[0];
export type AuthProvider = NonNullable<Parameters<Client['connect']>[1]>;

/** The deadline is 2 s; a machine may stall for some. Without a deadline the shutdown waits for a request, 10 s at least. */
export const SHUTDOWN_LIMIT_MS = 9_000;
/** In the SQL of the story: must be in no request but the statement's own. */
export const SECRET = 'Jane Roe';
const STATEMENTS = [
  'SELECT 1 AS one',
  '/* local-warehouse: cloudfetch=3 */ SELECT * FROM range(300)',
  `/* local-warehouse: error=execute:TABLE_OR_VIEW_NOT_FOUND:42P01 */ SELECT * FROM missing WHERE name = '${SECRET}'`,
  'SHOW TABLES',
];
/** Records of the story: open and close of the session, four statements, of which one fails. */
export const STORY_RECORDS = 6;

export interface BedOptions {
  readonly exporter?: Partial<DatabricksTelemetryExporterOptions>;
  readonly processor?: ProcessorOptions;
}

/** The real driver under the whole pipeline on a warehouse of its own, in this process and with no global provider. */
export class Bed {
  readonly instrumentation = new DatabricksSqlInstrumentation();
  readonly exporter: DatabricksTelemetryExporter;
  readonly processor: DatabricksTelemetrySpanProcessor;
  readonly #provider: BasicTracerProvider;

  private constructor(
    readonly warehouse: LocalWarehouse,
    options: BedOptions,
  ) {
    this.exporter = new DatabricksTelemetryExporter({
      allowPrivateHosts: true,
      retry: { baseDelayMs: 1, maxDelayMs: 5, jitterMs: 1 },
      ...(options.exporter?.host === undefined ? { access: this.instrumentation.access } : {}),
      ...options.exporter,
    });
    this.processor = new DatabricksTelemetrySpanProcessor(this.exporter, options.processor);
    this.#provider = new BasicTracerProvider({ spanProcessors: [this.processor] });
    this.instrumentation.setTracerProvider(this.#provider);
    this.instrumentation.patch(driver);
  }

  static async start(warehouse: LocalWarehouse, options: BedOptions = {}): Promise<Bed> {
    warehouse.reset();
    warehouse.clearLogs();
    Object.assign(warehouse.flag, { enabled: true, ttlSeconds: 900, status: 200, delayMs: 0 });
    return new Bed(warehouse, options);
  }

  /** What an application does in a day; one line for what each call came to. */
  async story(
    connection: Partial<ConnectionOptions> = {},
    authProvider?: AuthProvider,
    midway: () => unknown = () => undefined,
  ): Promise<readonly string[]> {
    const lines: string[] = [];
    const client = new driver.DBSQLClient({ logger: { log: () => undefined } });
    const options = { ...this.warehouse.connectionOptions(), ...connection } as ConnectionOptions;
    await client.connect(options, authProvider);
    const session = await client.openSession();
    for (const [index, sql] of STATEMENTS.entries()) {
      if (index === 2) await midway();
      try {
        const operation = await session.executeStatement(sql);
        lines.push(describeValue(await operation.fetchAll()));
        await operation.close();
      } catch (error) {
        lines.push(describeThrown(error, []));
      }
    }
    await session.close();
    await client.close();
    return lines;
  }

  /** What the workspace took: the id of each log, in order. */
  get acceptedIds(): string[] {
    return this.accepted.map((log) => String(log['frontend_log_event_id']));
  }

  get accepted(): readonly JsonObject[] {
    return this.warehouse.telemetry.flatMap((post) => post.accepted);
  }

  /** Shuts down; how long that took. */
  async stop(): Promise<number> {
    const startMs = performance.now();
    await this.#provider.shutdown();
    const tookMs = performance.now() - startMs;
    this.instrumentation.disable();
    return tookMs;
  }

  /** What holds whatever went wrong, after `stop()`. */
  assertInvariants(): void {
    const [processor, exporter] = [this.processor.stats(), this.exporter.stats()];
    for (const stats of [processor, exporter]) {
      assert.strictEqual(unaccounted(stats), 0, JSON.stringify(stats));
      assert.strictEqual(stats.pending, 0, JSON.stringify(stats));
    }
    assert.strictEqual(processor.statements, 0);
    const taken = new Set(this.acceptedIds);
    assert.ok(
      taken.size >= processor.delivered,
      `${processor.delivered} said to be delivered, ${taken.size} taken`,
    );
    const { warehouse } = this;
    for (const post of warehouse.telemetry) {
      const isAuthenticated = post.path === '/telemetry-ext';
      assert.strictEqual('authorization' in post.headers, isAuthenticated, post.path);
      const text = JSON.stringify([post.body, post.path]);
      for (const secret of [SECRET, warehouse.token, 'X-Amz-', 'signature=', 'Bearer ']) {
        assert.ok(!text.includes(secret), `${secret} in ${text}`);
      }
    }
  }
}
