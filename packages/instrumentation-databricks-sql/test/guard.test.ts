import { context, diag, DiagLogLevel } from '@opentelemetry/api';
import type { Context, ContextManager, Span, Tracer } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restore, stub } from 'sinon';
import { keepDiagnostics } from './support/diagnostics';
import { TestBed } from './support/test-bed';

/** Calls every patched method, with success and with failure, and tells what the application saw. */
async function story(bed: TestBed, folder: string): Promise<unknown[]> {
  const seen: unknown[] = [];
  const see = async (result: Promise<unknown>): Promise<void> => {
    seen.push(await result.then((value) => JSON.stringify(value) ?? 'done', errorOf));
  };
  const client = new bed.driver.DBSQLClient({ logger: { log: () => {} } });
  await client.connect({ ...bed.warehouse.connectionOptions(), telemetryEnabled: false });
  client.getConfig().retryDelayMin = 1;
  const session = await client.openSession();
  const direct = await session.executeStatement('SELECT * FROM range(3)');
  await see(direct.fetchAll());
  await see(direct.hasMoreRows());
  await see(direct.close().then(({ isSuccess }) => isSuccess));
  bed.warehouse.fault({ match: 'GetOperationStatus', status: 503, times: 1 });
  const polled = await session.executeStatement('SELECT 1 /* local-warehouse: polls=2 */');
  await see(polled.finished());
  await see(polled.getSchema());
  const { getMetadata } = polled as unknown as { getMetadata: () => Promise<object> };
  await see(getMetadata.call(polled).then((metadata) => 'resultFormat' in metadata));
  await see(polled.status().then(({ operationState }) => operationState));
  await see(polled.close().then(({ isSuccess }) => isSuccess));
  const files = await session.executeStatement(
    'SELECT * FROM range(20) /* local-warehouse: cloudfetch=2 */',
    { useCloudFetch: true },
  );
  await see(files.fetchAll());
  const broken = await session.executeStatement(
    'SELECT * FROM range(20) /* local-warehouse: cloudfetch=2 error=download@0 */',
    { useCloudFetch: true },
  );
  await see(broken.fetchAll());
  const failing = await session.executeStatement(
    'SELECT 1 /* local-warehouse: polls=1 error=poll:DIVIDE_BY_ZERO:22012 */',
  );
  await see(failing.fetchChunk());
  await see(session.executeStatement('SELECT 1 /* local-warehouse: error=submit:X_Y:42601 */'));
  const endless = await session.executeStatement('SELECT 1 /* local-warehouse: polls=forever */');
  await see(endless.cancel().then(({ isSuccess }) => isSuccess));
  await see((await session.getCatalogs()).fetchAll());
  await see(session.getInfo(17).then((info) => info.getValue()));
  const source = join(folder, 'in.csv');
  await writeFile(source, 'a,b\n');
  const volume = '/Volumes/main/default/files/a.csv';
  const staging = { stagingAllowedLocalPath: [folder] };
  await see(
    session.executeStatement(`PUT '${source}' INTO '${volume}'`, staging).then(() => 'put'),
  );
  await see(
    session
      .executeStatement(`GET '${volume}' TO '${join(folder, 'out')}'`, staging)
      .then(() => 'got'),
  );
  await see(session.executeStatement(`REMOVE '${volume}'`, staging).then(() => 'removed'));
  await see(session.close().then(({ isSuccess }) => isSuccess));
  await see(client.close());
  return seen;
}

function errorOf(error: unknown): string {
  const { message, constructor } = error as Error;
  return `${constructor.name}: ${message.replace(/[0-9a-f-]{36}/g, '<id>')}`;
}

/** A hook that is asynchronous all the same, as JavaScript lets one be. */
const rejectingHook = (): undefined => Promise.reject(new Error('hook')) as unknown as undefined;

/** Where our code is made to throw: through the telemetry API that every part of it uses. */
const FAULTS: Readonly<Record<string, (bed: TestBed) => void>> = {
  'before the driver call, when a span is started': (bed) => {
    useTracer(bed, () => {
      throw new Error('startSpan');
    });
  },
  'before the driver call, when the context is asked for': () => {
    useContext({
      active: () => {
        throw new Error('active');
      },
    });
  },
  'around the driver call, before it is reached': () => {
    useContext({
      with: () => {
        throw new Error('with');
      },
    });
  },
  'around the driver call, after it was made': () => {
    useContext({
      with: (_context: Context, inner: () => void) => {
        inner();
        throw new Error('with');
      },
    });
  },
  'after the driver call, when an attribute is set': (bed) => {
    useTracer(bed, (span) => {
      stub(span, 'setAttributes').throws(new Error('setAttributes'));
      stub(span, 'setAttribute').throws(new Error('setAttribute'));
      return span;
    });
  },
  'after the driver call, when the status is set': (bed) => {
    useTracer(bed, (span) => {
      stub(span, 'setStatus').throws(new Error('setStatus'));
      stub(span, 'recordException').throws(new Error('recordException'));
      return span;
    });
  },
  'after the driver call, when the span ends': (bed) => {
    useTracer(bed, (span) => {
      stub(span, 'end').throws(new Error('end'));
      return span;
    });
  },
  'in the request hook': (bed) => {
    bed.instrumentation.setConfig({
      requestHook: () => {
        throw new Error('hook');
      },
    });
  },
  'in a request hook that rejects': (bed) => {
    bed.instrumentation.setConfig({ requestHook: rejectingHook });
  },
  'in the response hook': (bed) => {
    bed.instrumentation.setConfig({
      responseHook: () => {
        throw new Error('hook');
      },
    });
  },
  'in a response hook that rejects': (bed) => {
    bed.instrumentation.setConfig({ responseHook: rejectingHook });
  },
};

function useTracer(bed: TestBed, change: (span: Span) => Span): void {
  bed.instrumentation.setTracerProvider({
    getTracer: () => {
      const tracer = bed.provider.getTracer('faulty');
      return {
        startSpan: (...args: Parameters<Tracer['startSpan']>) => change(tracer.startSpan(...args)),
      } as Tracer;
    },
  });
}

function useContext(faults: Partial<Record<keyof ContextManager, unknown>>): void {
  const manager: ContextManager = {
    active: () => context.active(),
    with: (_context, inner, self, ...args) => inner.call(self as never, ...args),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
    ...faults,
  } as ContextManager;
  context.disable();
  context.setGlobalContextManager(manager);
}

describe('our code that throws', () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): number => unhandled.push(reason);
  let folder: string;
  let expected: unknown[];
  let listeners: readonly NodeJS.UnhandledRejectionListener[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guard-'));
    // Mocha's own listener would take an unhandled rejection for a failure of whichever test runs then.
    listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', onUnhandled);
    const bed = await TestBed.start();
    bed.instrumentation.disable();
    expected = await story(bed, folder);
    await bed.stop();
  });
  after(async () => {
    process.off('unhandledRejection', onUnhandled);
    for (const listener of listeners) process.on('unhandledRejection', listener);
    await rm(folder, { recursive: true });
  });
  afterEach(() => {
    restore();
    diag.disable();
  });

  for (const [place, inject] of Object.entries(FAULTS)) {
    it(`${place}, changes nothing for the application`, async () => {
      const warnings: string[] = [];
      keepDiagnostics(DiagLogLevel.WARN, (...parts) => {
        warnings.push(parts.slice(0, 2).join(' '));
      });
      const bed = await TestBed.start();
      warnings.length = 0;
      try {
        inject(bed);
        assert.deepEqual(await story(bed, folder), expected);
      } finally {
        await bed.stop();
      }
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(unhandled, []);
      assert.ok(warnings.length > 0, 'it is told');
      const places = warnings.flatMap((message) => /^\S+ (.*?) failed/.exec(message)?.[1] ?? []);
      assert.deepEqual(places, [...new Set(places)], 'once for each place');
    });
  }

  it('ends the spans of a call whose error cannot be read', async () => {
    const bed = await TestBed.start();
    try {
      const error = Object.defineProperty(new Error('unreadable'), 'message', {
        get: () => {
          throw new Error('getter');
        },
      });
      const client = await bed.connect();
      const session = await client.openSession();
      stub(client as unknown as { getClient: () => unknown }, 'getClient').rejects(error);
      const seen = await session.executeStatement('SELECT 1').catch((reason: unknown) => reason);
      assert.equal(seen, error);
      assert.equal(bed.spanOf('execute_statement').attributes['error.type'], 'Error');
      restore();
      await session.close();
      await client.close();
    } finally {
      await bed.stop();
    }
  });

  it('gives the error objects of the driver as they are, and keeps names and arity', async () => {
    const bed = await TestBed.start();
    try {
      const error = new Error('the very one');
      const client = new bed.driver.DBSQLClient({ logger: { log: () => {} } });
      await client.connect(
        { ...bed.warehouse.connectionOptions(), telemetryEnabled: false },
        { authenticate: () => Promise.reject(error) },
      );
      assert.equal(await client.openSession().catch((reason: unknown) => reason), error);
      await client.close();
      assert.equal(bed.spanOf('open_session').events.length, 1);
      const { value } = Object.getOwnPropertyDescriptor(
        bed.driver.DBSQLSession.prototype,
        'executeStatement',
      ) as { value: { length: number; name: string } };
      assert.deepEqual([value.length, value.name], [1, 'executeStatement']);
    } finally {
      await bed.stop();
    }
  });
});
