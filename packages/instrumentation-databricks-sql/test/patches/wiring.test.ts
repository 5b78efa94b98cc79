import { diag, DiagLogLevel } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { keepDiagnostics } from '../support/diagnostics';
import { HAS_ITERATORS } from '../support/driver';
import { TestBed } from '../support/test-bed';
import type { Session } from '../support/test-bed';
import { OperationVariant } from '../support/operation-variant';
import type { Wiring } from '../support/operation-variant';

const RELEASED: Wiring = { fetch: 'fetchChunk', more: 'hasMoreRows', iterate: 'fetchChunk' };
/** The open change of the driver that serializes how results are consumed. */
const UPSTREAM: Wiring = {
  fetch: 'fetchChunkInternal',
  more: 'hasMoreRowsInternal',
  iterate: 'fetchChunkInternal',
};
const METHODS = ['fetchChunk', 'fetchChunkInternal', 'takeRows'] as const;
const PAGES = 'SELECT * FROM range(30) /* local-warehouse: arrow=2 pages=3 lz4=off';

type Operation = Awaited<ReturnType<Session['executeStatement']>>;

const STORIES: Record<string, (session: Session) => Promise<unknown>> = {
  fetchAll: reading(`${PAGES} */`, (operation) => operation.fetchAll()),
  'fetchAll of one page': reading('SELECT 1', (operation) => operation.fetchAll()),
  'fetchAll of files': reading(
    'SELECT * FROM range(30) /* local-warehouse: cloudfetch=3 */',
    (operation) => operation.fetchAll(),
  ),
  'fetchAll of a statement that is polled': reading(
    'SELECT 1 /* local-warehouse: polls=2 */',
    (operation) => operation.fetchAll(),
  ),
  'fetchAll twice': reading(`${PAGES} */`, async (operation) => {
    await operation.fetchAll();
    return operation.fetchAll();
  }),
  fetchChunk: reading(`${PAGES} */`, async (operation) => {
    do await operation.fetchChunk({ maxRows: 7 });
    while (await operation.hasMoreRows());
  }),
  'a failed poll': reading(
    'SELECT 1 /* local-warehouse: polls=2 error=poll:TABLE_OR_VIEW_NOT_FOUND:42P01 */',
    (operation) => assert.rejects(operation.fetchAll()),
  ),
  'a failed fetch': reading(
    `${PAGES} direct=off error=fetch@1:INTERNAL_ERROR:XX000 */`,
    (operation) => assert.rejects(operation.fetchAll()),
  ),
  'a failed download': reading(
    'SELECT * FROM range(30) /* local-warehouse: cloudfetch=3 lz4=off error=download@1 */',
    (operation) => assert.rejects(operation.fetchAll()),
  ),
};
if (HAS_ITERATORS) {
  STORIES['iterateChunks'] = reading(`${PAGES} */`, async (operation) => {
    for await (const chunk of operation.iterateChunks()) assert.ok(chunk.length > 0);
  });
  STORIES['toNodeStream'] = reading(`${PAGES} */`, async (operation) => {
    for await (const chunk of operation.toNodeStream()) assert.ok(chunk);
  });
}

function reading(
  sql: string,
  read: (operation: Operation) => Promise<unknown>,
): (session: Session) => Promise<void> {
  return async (session) => {
    // Drivers below 1.11 download files only when they are asked to.
    const operation = await session.executeStatement(sql, { useCloudFetch: true });
    await read(operation);
    await operation.close();
  };
}

describe('whichever method of the operation calls which', function () {
  this.timeout(60_000);
  let bed: TestBed;
  let variant: OperationVariant;
  const warnings: string[] = [];

  before(async () => {
    bed = await TestBed.start();
    variant = new OperationVariant(bed);
    keepDiagnostics(DiagLogLevel.WARN, (...parts) => warnings.push(parts.join(' ')));
  });
  after(async () => {
    diag.disable();
    variant.remove();
    await bed.stop();
  });

  /** What the spans of a story say, but for their times and ids. */
  async function spansOf(
    story: (session: Session) => Promise<unknown>,
    wiring: Wiring,
  ): Promise<unknown[]> {
    bed.reset();
    variant.install(wiring);
    await bed.withSession(story);
    return bed.spans
      .map(({ name, kind, status, attributes, events, parentSpanContext }) => [
        name,
        kind,
        status,
        bed.spans.find((other) => other.spanContext().spanId === parentSpanContext?.spanId)?.name,
        events.map((event) => event.attributes?.['exception.type']),
        Object.entries(attributes).filter(
          ([key]) => !/\.id$|duration|server\.|http_path|host/.test(key),
        ),
      ])
      .map((facts) => JSON.stringify(facts))
      .toSorted();
  }

  const released = new Map<string, Promise<unknown[]>>();
  async function assertSame(name: string, wiring: Wiring): Promise<void> {
    const story = STORIES[name];
    assert.ok(story);
    let expected = released.get(name);
    if (expected === undefined) released.set(name, (expected = spansOf(story, RELEASED)));
    const spans = await expected;
    assert.deepEqual(await spansOf(story, wiring), spans, name);
  }

  for (const name of Object.keys(STORIES)) {
    it(`the same spans with the upstream change: ${name}`, () => assertSame(name, UPSTREAM));
  }

  it('the same spans with any other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(STORIES)),
        fc.record({
          fetch: fc.constantFrom(...METHODS),
          more: fc.constantFrom('hasMoreRows', 'hasMoreRowsInternal', 'areRowsLeft'),
          iterate: fc.constantFrom(...METHODS),
        }),
        assertSame,
      ),
      { numRuns: 40 },
    );
  });

  it('rows that no known method fetched are counted, and one warning names the version', async () => {
    warnings.length = 0;
    bed.reset();
    variant.install({ ...RELEASED, fetchAll: async () => [1, 2, 3] });
    await bed.withSession(async (session) => {
      for (const _ of [1, 2]) {
        const operation = await session.executeStatement('SELECT 1');
        assert.deepEqual(await operation.fetchAll(), [1, 2, 3]);
        await operation.close();
      }
    });
    for (const close of bed.spansOf('close_statement')) {
      assert.equal(close.attributes['databricks.result.row_count'], 3);
    }
    const uncounted = warnings.filter((line) => line.includes('no known method'));
    assert.equal(uncounted.length, 1);
    assert.match(uncounted[0] ?? '', /@databricks\/sql \d+\.\d+/);
  });
});
