import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { context, diag, DiagLogLevel } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import { DatabricksSqlInstrumentation } from '../../src';
import { keepDiagnostics } from '../support/diagnostics';
import { loadDriver, patchedFiles } from '../support/driver';

type Methods = Record<string, PropertyDescriptor>;
type Class = (new (...args: never[]) => object) & { readonly prototype: object };

const driver = loadDriver();
/** The methods of each class before any instrumentation of this file replaces them. */
const originals = new Map<unknown, Methods>();

/** A class of the driver of its own for a test, so that no patch reaches the driver of another. */
function copyOf(original: unknown, change: (methods: Methods) => void = () => {}): Class {
  const methods = { ...originals.get(original) };
  const names = Object.keys(methods);
  change(methods);
  const Copy = class extends (original as Class) {};
  Object.defineProperties(Copy.prototype, methods);
  // A deleted method must not be inherited from the original.
  for (const name of names) {
    if (!(name in methods)) {
      Object.defineProperty(Copy.prototype, name, { value: undefined, configurable: true });
    }
  }
  return Copy;
}

function copyOfDriver(): Record<string, unknown> {
  return {
    DBSQLClient: copyOf(driver.DBSQLClient),
    DBSQLSession: copyOf(driver.DBSQLSession),
  };
}

describe('patch()', function () {
  this.timeout(30_000);
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(new InMemorySpanExporter())],
  });
  let instrumentation: DatabricksSqlInstrumentation;
  let lines: string[];

  const fileOf = (name: string) =>
    patchedFiles(instrumentation).find((file) => file.name.endsWith(name));
  const says = (part: string): readonly string[] => lines.filter((line) => line.includes(part));

  before(() => {
    for (const { prototype } of [driver.DBSQLClient, driver.DBSQLSession]) {
      originals.set(prototype.constructor, Object.getOwnPropertyDescriptors(prototype));
    }
    lines = [];
    keepDiagnostics(DiagLogLevel.INFO, (...parts) => lines.push(parts.join(' ')));
    // One for all tests, since every instrumentation adds a hook of `require`.
    instrumentation = new DatabricksSqlInstrumentation();
    instrumentation.setTracerProvider(provider);
  });
  beforeEach(() => {
    lines.length = 0;
  });
  after(() => {
    instrumentation.disable();
    diag.disable();
  });

  const NOT_THE_DRIVER: Readonly<Record<string, () => unknown>> = {
    'an empty object': () => ({}),
    undefined: () => undefined,
    'a string': () => '@databricks/sql',
    'a function': () => () => {},
    'the class itself': () => driver.DBSQLClient,
    'a client': () => new driver.DBSQLClient({ logger: { log: () => {} } }),
    'a promise of the driver': () => Promise.resolve(driver),
    'a module that is still loading': () => ({ __esModule: true, DBSQLClient: undefined }),
    'a namespace whose bindings cannot be read yet': () =>
      Object.defineProperty({}, 'DBSQLClient', {
        enumerable: true,
        get: () => {
          throw new ReferenceError("Cannot access 'DBSQLClient' before initialization");
        },
      }),
    'a revoked proxy': () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
    'an arrow function in the place of the class': () => ({ DBSQLClient: () => {} }),
    'a module whose default is itself': () => {
      const module: Record<string, unknown> = {};
      module['default'] = module;
      return module;
    },
  };
  for (const [name, given] of Object.entries(NOT_THE_DRIVER)) {
    it(`never reports ${name} as instrumented, and the next step is in the warning`, () => {
      const fresh = new DatabricksSqlInstrumentation();
      try {
        fresh.patch(given());
        fresh.patch(given());
        assert.equal(says('is instrumented').length, 0);
        assert.equal(says('@databricks/sql is not instrumented: ').length, 1);
        assert.match(lines.join('\n'), /pass /);
      } finally {
        fresh.disable();
      }
    });
  }

  const FORMS: Readonly<Record<string, (module: Record<string, unknown>) => unknown>> = {
    'the module': (module) => module,
    'a namespace of the module': (module) => ({ __esModule: true, default: module }),
    'a namespace of a namespace': (module) => ({ default: { default: module } }),
    'a namespace with names of its own': (module) => ({ ...module, default: {} }),
    'a frozen module': (module) => Object.freeze(module),
    'an object without a prototype': (module) => Object.assign(Object.create(null), module),
    'an object that inherits from the module': (module) => Object.create(module),
    'a module with getters': (module) =>
      Object.defineProperties(
        {},
        Object.fromEntries(Object.keys(module).map((name) => [name, { get: () => module[name] }])),
      ),
  };
  for (const [name, form] of Object.entries(FORMS)) {
    it(`instruments ${name}, once`, () => {
      const module = copyOfDriver();
      const { connect } = (module['DBSQLClient'] as Class).prototype as Record<string, unknown>;
      instrumentation.patch(form(module));
      instrumentation.patch(form(module));
      assert.equal(says('@databricks/sql is instrumented').length, 1, lines.join('\n'));
      assert.equal(says('not instrumented').length, 0);
      assert.notEqual(
        ((module['DBSQLClient'] as Class).prototype as Record<string, unknown>)['connect'],
        connect,
      );
    });
  }

  it('reports a module that finishes loading later when it is passed again', () => {
    const { DBSQLClient, DBSQLSession } = copyOfDriver();
    instrumentation.patch({ DBSQLClient, DBSQLSession: undefined });
    assert.equal(says('is instrumented').length, 0);
    assert.equal(says('no class DBSQLSession').length, 1);
    instrumentation.patch({ DBSQLClient, DBSQLSession });
    assert.equal(says('is instrumented').length, 1);
  });

  it('waits for enable() while the instrumentation is disabled', () => {
    const module = copyOfDriver();
    const late = new DatabricksSqlInstrumentation({ enabled: false });
    const { openSession } = (module['DBSQLClient'] as Class).prototype as Record<string, unknown>;
    const current = (): unknown =>
      ((module['DBSQLClient'] as Class).prototype as Record<string, unknown>)['openSession'];
    late.patch(module);
    assert.equal(says('is instrumented').length, 0);
    assert.equal(current(), openSession);
    late.enable();
    assert.equal(says('is instrumented').length, 1);
    assert.notEqual(current(), openSession);
    late.disable();
  });

  it('of a second instrumentation reports nothing as instrumented', () => {
    const module = copyOfDriver();
    instrumentation.patch(module);
    lines.length = 0;
    const second = new DatabricksSqlInstrumentation();
    second.patch(module);
    second.patch(module);
    assert.equal(says('is instrumented').length, 0);
    assert.equal(says('another copy of this instrumentation').length, 1);
    second.disable();
  });

  it('warns when another instrumentation took the driver over while this one was disabled', () => {
    // The driver itself is patched by every enabled instrumentation.
    instrumentation.disable();
    const module = copyOfDriver();
    const first = new DatabricksSqlInstrumentation();
    first.patch(module);
    first.disable();
    const second = new DatabricksSqlInstrumentation();
    second.patch(module);
    lines.length = 0;
    first.enable();
    assert.equal(says('another copy of this instrumentation').length, 1);
    first.disable();
    second.disable();
    instrumentation.enable();
  });

  it('names a method that is missing in one warning, and patches the others', () => {
    const session = copyOf(driver.DBSQLSession, (methods) => {
      delete methods['getInfo'];
      methods['getTables'] = { get: () => () => {}, configurable: true };
    });
    const module = { ...copyOfDriver(), DBSQLSession: session };
    instrumentation.patch(module);
    const warnings = says('DBSQLSession.getInfo');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /lacks DBSQLSession\.getInfo, DBSQLSession\.getTables:/);
    assert.equal(says('is instrumented').length, 1);
  });

  it('does not report a driver as instrumented without the methods that open statements', () => {
    const session = copyOf(driver.DBSQLSession, (methods) => {
      delete methods['executeStatement'];
    });
    const fresh = new DatabricksSqlInstrumentation();
    fresh.patch({ ...copyOfDriver(), DBSQLSession: session });
    assert.equal(says('lacks DBSQLSession.executeStatement').length, 1);
    assert.equal(says('is instrumented').length, 0);
    assert.equal(says('is not instrumented').length, 1);
    fresh.disable();
  });

  it('names the methods of a frozen prototype, and does not report them as instrumented', () => {
    const module = copyOfDriver();
    Object.freeze((module['DBSQLClient'] as Class).prototype);
    const fresh = new DatabricksSqlInstrumentation();
    fresh.patch(module);
    assert.equal(says('the prototype is frozen').length, 1);
    assert.match(lines.join('\n'), /DBSQLClient\.openSession/);
    assert.equal(says('is instrumented').length, 0);
    fresh.disable();
  });

  it('reports a release that is newer than the tested ones once, and patches it the same way', () => {
    const client = fileOf('DBSQLClient.js');
    const sessions = fileOf('DBSQLSession.js');
    for (const _ of [1, 2]) {
      sessions?.patch({ default: copyOf(driver.DBSQLSession) }, '7.0.0');
      client?.patch({ default: copyOf(driver.DBSQLClient) }, '7.0.0');
    }
    assert.equal(says('7.0.0 is newer than').length, 1);
    assert.equal(says('7.0.0 is instrumented').length, 2);
    // Files that no test of this loads: each is named once.
    assert.equal(says('7.0.0 has no class HiveDriver').length, 1);
  });
});

describe('a driver whose sessions are not exported', function () {
  this.timeout(30_000);

  it('is traced from its client on', async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const warehouse = await LocalWarehouse.start();
    const instrumentation = new DatabricksSqlInstrumentation();
    instrumentation.setTracerProvider(provider);
    try {
      instrumentation.patch({ DBSQLClient: driver.DBSQLClient });
      const client = new driver.DBSQLClient({ logger: { log: () => {} } });
      await client.connect({ ...warehouse.connectionOptions(), telemetryEnabled: false });
      const session = await client.openSession();
      const operation = await session.executeStatement('SELECT * FROM range(3)');
      assert.equal((await operation.fetchAll()).length, 3);
      await operation.close();
      await client.close();
      const operations = exporter
        .getFinishedSpans()
        .map(({ attributes }) => attributes['databricks.operation']);
      assert.deepEqual(operations, [
        'connect',
        'open_session',
        'execute_statement',
        'fetch',
        'close_statement',
        'close_session',
      ]);
    } finally {
      instrumentation.disable();
      context.disable();
      await warehouse.stop();
    }
  });
});
