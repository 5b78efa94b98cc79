import { SpanStatusCode } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CHANNEL_DATABRICKS_TELEMETRY } from '../../src/semconv';
import type { OperationMessage } from '../../src/semconv';
import { isDriverAtLeast } from '../support/driver';
import { TestBed } from '../support/test-bed';
import type { Client, Session } from '../support/test-bed';

/** One failure of the real driver on the local warehouse, and what it must be called. */
interface Case {
  readonly reason: string;
  readonly type: string;
  readonly prepare?: (bed: TestBed) => void;
  readonly sql?: string;
  /** Which operation's span has the failure. */
  readonly operation?: string;
  readonly act?: (session: Session) => Promise<unknown>;
}

const FILES = 'SELECT * FROM range(300) /* local-warehouse: cloudfetch=3 */';

async function fetchAll(session: Session, sql = 'SELECT 1'): Promise<unknown> {
  const operation = await session.executeStatement(sql, { useCloudFetch: true });
  return operation.fetchAll();
}

const CASES: Readonly<Record<string, Case>> = {
  'a session that the application closed': {
    reason: 'session_lost',
    type: 'HiveDriverError',
    act: async (session) => {
      await session.close();
      return session.executeStatement('SELECT 1');
    },
  },
  'an operation that took too long': {
    reason: 'timeout',
    type: 'XX000',
    sql: 'SELECT slow',
    prepare: ({ warehouse }) =>
      void warehouse.script('slow', {
        polls: 1,
        error: { at: 'poll', message: 'DEADLINE_EXCEEDED: This operation took too long' },
      }),
  },
  'a revoked token': {
    reason: 'credentials',
    type: '403',
    prepare: ({ warehouse }) => warehouse.tokens.revokeAll('default'),
  },
  'a 503 of the submit': {
    reason: 'warehouse_unavailable',
    type: '503',
    prepare: ({ warehouse }) => void warehouse.fault({ match: 'ExecuteStatement', status: 503 }),
  },
  'a 429 of the poll, after all retries': {
    reason: 'throttled',
    type: '429',
    sql: 'SELECT 1 /* local-warehouse: polls=2 */',
    prepare: ({ warehouse }) => void warehouse.fault({ match: 'GetOperationStatus', status: 429 }),
  },
  'a starting warehouse, in the header of a 503 of the poll': {
    // Before 1.16 the driver drops the header.
    reason: isDriverAtLeast(1, 16) ? 'warehouse_starting' : 'warehouse_unavailable',
    type: '503',
    sql: 'SELECT 1 /* local-warehouse: polls=2 */',
    prepare: ({ warehouse }) =>
      void warehouse.fault({
        match: 'GetOperationStatus',
        status: 503,
        headers: {
          'x-thriftserver-error-message': 'TEMPORARILY_UNAVAILABLE: The warehouse is starting.',
        },
      }),
  },
  'a file that the storage denies': {
    reason: 'storage_denied',
    type: '403',
    sql: FILES.replace('*/', 'error=download@0 */'),
    operation: 'cloudfetch_download',
  },
  'a storage that resets each connection': {
    reason: 'storage_unreachable',
    type: 'ECONNRESET',
    sql: FILES,
    operation: 'cloudfetch_download',
    prepare: ({ warehouse }) => void warehouse.fault({ match: 'storage', reset: true }),
  },
  'an expired link': {
    reason: 'link_expired',
    type: 'Error',
    sql: FILES.replace('*/', 'link-lifetime=0 */'),
    operation: 'cloudfetch_download',
  },
};

describe('databricks.error.reason of the real driver', () => {
  let bed: TestBed;
  let client: Client;
  let session: Session;
  const published: Attributes[] = [];
  const listener = (message: unknown): void => {
    const { type, attributes } = message as OperationMessage;
    if (type === 'operation') published.push(attributes);
  };

  beforeEach(async () => {
    bed = await TestBed.start();
    client = await bed.connect();
    Object.assign(client.getConfig(), { retryDelayMin: 1, retryDelayMax: 2, retryMaxAttempts: 2 });
    session = await client.openSession();
    published.length = 0;
    subscribe(CHANNEL_DATABRICKS_TELEMETRY, listener);
  });
  afterEach(async () => {
    unsubscribe(CHANNEL_DATABRICKS_TELEMETRY, listener);
    await bed.stop();
  });

  for (const [title, { reason, type, prepare, sql, operation, act }] of Object.entries(CASES)) {
    it(`is ${reason} for ${title}, on the span, its exception, the metric and the operation`, async () => {
      prepare?.(bed);
      await assert.rejects(async () => (act ?? ((open) => fetchAll(open, sql)))(session));
      const name = operation ?? 'execute_statement';
      const failed = bed.spansOf(name).find(({ status }) => status.code === SpanStatusCode.ERROR);
      assert.equal(failed?.attributes['databricks.error.reason'], reason);
      assert.equal(failed?.attributes['error.type'], type);
      const [event] = failed?.events ?? [];
      assert.equal(event?.name, 'exception');
      assert.equal(event?.attributes?.['databricks.error.reason'], reason);
      const metric =
        operation === undefined
          ? 'db.client.operation.duration'
          : 'databricks.client.cloudfetch.download.duration';
      const points = await bed.metric(metric);
      assert.ok(
        points.some(
          ({ attributes }) =>
            attributes['databricks.error.reason'] === reason && attributes['error.type'] === type,
        ),
      );
      const operations = published.filter((attributes) => attributes['error.type'] === type);
      assert.ok(operations.length > 0);
      for (const attributes of operations) {
        assert.equal(attributes['databricks.error.reason'], reason);
      }
    });
  }
});
