import { context, diag, DiagLogLevel } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { keepDiagnostics } from './support/diagnostics';
import { TestBed } from './support/test-bed';

describe('a secret', () => {
  const seed = Math.random().toString(36).slice(2);
  const secret = `s3cret${seed}`;
  let bed: TestBed;
  let diagnostics: unknown[][];

  before(async () => {
    bed = await TestBed.start();
  });
  after(async () => {
    await bed.stop();
    diag.disable();
  });
  beforeEach(() => {
    bed.reset();
    diagnostics = [];
    keepDiagnostics(DiagLogLevel.ALL, (...parts) => {
      diagnostics.push(parts);
    });
  });

  /** Puts the secret wherever an application or a server can put one. */
  async function story(): Promise<void> {
    const client = await bed.connect();
    bed.warehouse.tokens.issue(secret);
    const session = await client.openSession();
    const sqls = [
      `SELECT '${secret}'`,
      `SELECT "${secret}", r'${secret}', X'${secret}' -- ${secret}`,
      `SELECT /* ${secret} */ 1 WHERE a = '\\'${secret}' AND b = '${secret}`,
      `COPY INTO t FROM 's3://b' WITH (CREDENTIAL (AWS_SECRET_KEY = '${secret}'))`,
    ];
    for (const sql of sqls) {
      await session.executeStatement(sql).then(
        (operation) => operation.fetchAll().catch(() => {}),
        () => {},
      );
    }
    await session.executeStatement('SELECT :p', { namedParameters: { p: secret } }).catch(() => {});
    for (const at of ['submit', 'execute', 'poll', 'fetch', 'metadata'] as const) {
      bed.warehouse.script(`at ${at}`, {
        error: {
          at,
          message: `[${secret}] cannot use '${secret}' at secret.js:1:1\n    at ${secret} (x.js:1:1)`,
        },
        polls: at === 'poll' ? 1 : 0,
        directResults: false,
        format: 'arrow',
        pages: 2,
        chunks: 2,
      });
      await session.executeStatement(`SELECT * FROM range(9) /* at ${at} */`).then(
        (operation) => operation.fetchAll().catch(() => {}),
        () => {},
      );
    }
    const files = await session.executeStatement(
      'SELECT * FROM range(20) /* local-warehouse: cloudfetch=2 error=download@1 */',
      { useCloudFetch: true },
    );
    await files.fetchAll().catch(() => {});
    await session.close();
    await client.close();
  }

  function everythingRecorded(metrics: unknown): string {
    const spans = bed.spans.map(({ name, attributes, events, links, status }) => ({
      name,
      attributes,
      events,
      links,
      status,
    }));
    return JSON.stringify([spans, metrics, diagnostics]);
  }

  const METRICS = [
    'db.client.operation.duration',
    'db.client.response.returned_rows',
    'databricks.client.statement.active',
    'databricks.client.cloudfetch.download.duration',
    'databricks.client.cloudfetch.size',
  ];

  it('is in no span, metric or diagnostic', async () => {
    bed.instrumentation.setConfig({
      requestHook: (_span, { statement }) => {
        throw new Error(`a hook that quotes ${statement}`);
      },
    });
    await story();
    const metrics = await Promise.all(METRICS.map((name) => bed.metric(name)));
    const recorded = everythingRecorded(metrics);
    assert.ok(bed.spansOf('execute_statement').length > 9);
    assert.ok(
      bed.spans.filter(({ events }) => events.length > 0).length >= 4,
      'failures were told',
    );
    assert.ok(!recorded.toLowerCase().includes(secret.toLowerCase()), `seed ${seed}`);
    assert.ok(!recorded.includes(bed.warehouse.token), 'the token');
    const presigned = bed.warehouse.requestsTo('storage')[0];
    assert.ok(presigned);
    for (const [, value] of presigned.query) {
      if (value.length > 8) assert.ok(!recorded.includes(value), 'a presigned URL');
    }
    assert.ok(!recorded.includes(presigned.path), 'the path of a file');
    assert.ok(context.active());
  });

  it('is there when it was asked for', async () => {
    bed.instrumentation.setConfig({ queryText: 'full', enhancedDatabaseReporting: true });
    await story();
    assert.ok(everythingRecorded([]).includes(secret));
  });
});
