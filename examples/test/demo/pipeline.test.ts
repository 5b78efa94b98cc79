import * as assert from 'node:assert/strict';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { JsonObject } from '@dbsql-otel/local-warehouse';
import type { Report, SeenSpan } from './application';
import { runApplication } from './child';

/** The deadline is 2 s; a machine may stall for some. A request that hangs takes 10 s. */
const SHUTDOWN_LIMIT_MS = 9_000;
/** Where everything has to arrive, a machine that stalls must not run into the deadline. */
const PATIENT_MS = 20_000;
const CHILD_TIMEOUT_MS = 60_000;
const FILES = 20;
const TELEMETRY_ENDPOINTS: ReadonlySet<string> = new Set(['telemetry', 'feature-flags']);

function operation(span: SeenSpan): unknown {
  return span.attributes['databricks.operation'];
}

function spansOf(report: Report, name: string): SeenSpan[] {
  return report.spans.filter((span) => operation(span) === name);
}

/** The telemetry logs of a kind of operation, as the workspace took them. */
function logsOf(warehouse: LocalWarehouse, operationType: string): JsonObject[] {
  return warehouse.telemetry
    .flatMap((post) => post.accepted)
    .map((log) => at(log, 'entry', 'sql_driver_log'))
    .filter(
      (log) => at(log, 'sql_operation', 'operation_detail', 'operation_type') === operationType,
    )
    .map((log) => log as JsonObject);
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as JsonObject)[key] : undefined,
    value,
  );
}

/** `offered = delivered + pending + Σ dropped`, exactly. */
function assertAccounts(report: Report): void {
  for (const stats of [report.processor, report.exporter]) {
    assert.ok(stats);
    const dropped = Object.values(stats.dropped).reduce((sum, count) => sum + count, 0);
    assert.strictEqual(
      stats.offered,
      stats.delivered + stats.pending + dropped,
      JSON.stringify(stats),
    );
  }
}

describe('the main job, end to end', function () {
  this.timeout(CHILD_TIMEOUT_MS);

  let warehouse: LocalWarehouse;
  let bare: Report;
  let traced: Report;

  before(async () => {
    warehouse = await LocalWarehouse.start();
    bare = await runApplication(warehouse.connectionOptions(), false);
    warehouse.clearLogs();
    traced = await runApplication(warehouse.connectionOptions(), true, PATIENT_MS);
  });
  after(() => warehouse.stop());

  it('gives the application byte for byte what the bare driver gives it', () => {
    assert.strictEqual(bare.steps.length, 6);
    assert.strictEqual(JSON.stringify(traced.steps), JSON.stringify(bare.steps));
  });

  it('makes the spans of each call, each once', () => {
    const counts = new Map<unknown, number>();
    for (const span of traced.spans) {
      if (operation(span) === undefined) continue;
      counts.set(operation(span), (counts.get(operation(span)) ?? 0) + 1);
    }
    assert.deepStrictEqual(Object.fromEntries(counts), {
      cancel_statement: 1,
      close_session: 1,
      close_statement: 4,
      cloudfetch_download: FILES,
      connect: 1,
      execute_statement: 4,
      fetch: counts.get('fetch'),
      get_tables: 1,
      open_session: 1,
    });
    assert.strictEqual(new Set(traced.spans.map((span) => span.spanId)).size, traced.spans.length);
  });

  it('hangs the spans of a call beneath what called it', () => {
    const byId = new Map(traced.spans.map((span) => [span.spanId, span]));
    const parentName = (span: SeenSpan): string | undefined =>
      byId.get(span.parentSpanId ?? '')?.name;
    for (const statement of spansOf(traced, 'execute_statement')) {
      assert.ok(traced.steps.some((step) => step.title === parentName(statement)));
    }
    for (const download of spansOf(traced, 'cloudfetch_download')) {
      assert.strictEqual(parentName(download), 'fetchChunk');
    }
  });

  it('counts chunks and bytes as storage served them', () => {
    const served = warehouse
      .requestsTo('storage')
      .reduce((sum, request) => sum + request.bytesServed, 0);
    const close = spansOf(traced, 'close_statement').find(
      (span) => span.attributes['databricks.result.format'] === 'cloudfetch',
    );
    assert.strictEqual(close?.attributes['databricks.result.chunk_count'], FILES);
    assert.strictEqual(close.attributes['databricks.result.row_count'], 100_000);
    assert.strictEqual(close.attributes['databricks.result.size'], served);
  });

  it('reports the CloudFetch query as 20 external links', () => {
    const [log, ...others] = logsOf(warehouse, 'EXECUTE_STATEMENT').filter(
      (candidate) => at(candidate, 'sql_operation', 'execution_result') === 'EXTERNAL_LINKS',
    );
    assert.deepStrictEqual(others, []);
    assert.strictEqual(at(log, 'sql_operation', 'chunk_details', 'total_chunks_present'), FILES);
    assert.strictEqual(at(log, 'sql_operation', 'chunk_details', 'total_chunks_iterated'), FILES);
  });

  it('reports each event once, with nothing of the SQL', () => {
    assert.strictEqual(logsOf(warehouse, 'CREATE_SESSION').length, 1);
    assert.strictEqual(logsOf(warehouse, 'DELETE_SESSION').length, 1);
    assert.strictEqual(logsOf(warehouse, 'LIST_TABLES').length, 1);
    const sent = JSON.stringify(warehouse.telemetry);
    for (const secret of ['Jane Roe', 'sales.missing', warehouse.token]) {
      assert.ok(!JSON.stringify(warehouse.telemetry.map((post) => post.body)).includes(secret));
    }
    assert.ok(sent.includes('error_info'));
    assertAccounts(traced);
    assert.strictEqual(traced.processor?.pending, 0);
    assert.deepStrictEqual(traced.processor.dropped, {});
  });

  it('sends nothing of telemetry while the application connects', () => {
    const endpoints = warehouse.requests.map((request) => request.endpoint);
    const firstTelemetry = endpoints.findIndex((name) => TELEMETRY_ENDPOINTS.has(name));
    const openedSession = warehouse.requests.findIndex((request) => request.name === 'OpenSession');
    assert.ok(firstTelemetry > openedSession && openedSession >= 0, String(endpoints));
  });
});

describe('the main job, in trouble', function () {
  this.timeout(CHILD_TIMEOUT_MS);

  let warehouse: LocalWarehouse;
  let bare: Report;

  before(async () => {
    warehouse = await LocalWarehouse.start();
    bare = await runApplication(warehouse.connectionOptions(), false);
  });
  after(() => warehouse.stop());
  afterEach(() => warehouse.reset());

  const faults = {
    down: { status: 503 },
    refusing: { status: 403 },
    resetting: { reset: true },
    hanging: { hang: 'headers' },
  } as const;
  for (const [name, fault] of Object.entries(faults)) {
    for (const endpoint of ['telemetry', 'feature-flags'] as const) {
      it(`leaves the application alone with the ${endpoint} endpoint ${name}`, async () => {
        warehouse.fault({ match: endpoint, ...fault });
        const report = await runApplication(warehouse.connectionOptions(), true);
        assert.strictEqual(JSON.stringify(report.steps), JSON.stringify(bare.steps));
        assert.ok(report.shutdownMs < SHUTDOWN_LIMIT_MS, `${report.shutdownMs} ms`);
        assertAccounts(report);
        assert.strictEqual(report.processor?.pending, 0);
      });
    }
  }

  it('gives the driver’s own error when there is no warehouse, and a span that says so', async () => {
    const gone = await LocalWarehouse.start();
    const connection = gone.connectionOptions();
    await gone.stop();
    const expected = await runApplication(connection, false);
    const report = await runApplication(connection, true);
    assert.ok(expected.failure !== undefined);
    assert.strictEqual(report.failure, expected.failure);
    const failed = report.spans.filter((span) => span.failed);
    assert.deepStrictEqual(failed.map(operation), ['open_session']);
    assert.ok(report.shutdownMs < SHUTDOWN_LIMIT_MS, `${report.shutdownMs} ms`);
  });
});
