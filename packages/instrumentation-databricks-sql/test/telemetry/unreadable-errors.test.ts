import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { TestBed } from '../support/test-bed';

function throwingGetter(name: string): object {
  return Object.defineProperty(new Error('broken'), name, {
    get: () => {
      throw new Error(`${name} cannot be read`);
    },
  });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable(new Error('revoked'), {});
  revoke();
  return proxy;
}

/** Everything that can be thrown, and the `error.type` that is known of it all the same. */
const ERRORS: Readonly<Record<string, readonly [() => unknown, string]>> = {
  'with a message that cannot be read': [() => throwingGetter('message'), 'Error'],
  'with a stack that cannot be read': [() => throwingGetter('stack'), 'Error'],
  'with a code that cannot be read': [() => throwingGetter('code'), 'Error'],
  'with a response that cannot be read': [() => throwingGetter('response'), 'Error'],
  'with a class that cannot be read': [() => throwingGetter('constructor'), 'Error'],
  'with a readable code beside a message that is not': [
    () => Object.assign(throwingGetter('message'), { code: 'ECONNRESET' }),
    'ECONNRESET',
  ],
  'whose class has a name that cannot be read': [
    () => new (Object.defineProperty(class extends Error {}, 'name', { get: () => revoked() }))(),
    'Error',
  ],
  'that is a revoked proxy': [revoked, '_OTHER'],
  'that is a proxy whose traps throw': [
    () =>
      new Proxy(new Error('trap'), {
        get: () => {
          throw new Error('get');
        },
        getPrototypeOf: () => {
          throw new Error('getPrototypeOf');
        },
      }),
    '_OTHER',
  ],
  'that is frozen': [() => Object.freeze(new TypeError('frozen')), 'TypeError'],
  'of another realm': [() => runInNewContext('new RangeError("realm")') as unknown, 'RangeError'],
  'without a prototype': [() => Object.create(null) as unknown, '_OTHER'],
  'that is a string': [() => 'text', '_OTHER'],
  'that is a symbol': [() => Symbol('symbol'), '_OTHER'],
  'that is undefined': [() => undefined, '_OTHER'],
  'that is null': [() => null, '_OTHER'],
  'that is a function': [() => () => {}, '_OTHER'],
};

describe('an error', () => {
  let bed: TestBed;
  let fails: { readonly error: unknown } | undefined;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
    fails = undefined;
  });

  /** @returns what the statement rejected with, in an object: a promise cannot resolve with a revoked proxy */
  async function authenticate(): Promise<Record<string, string>> {
    if (fails !== undefined) throw fails.error;
    return { Authorization: `Bearer ${bed.warehouse.token}` };
  }

  async function failing(thrown: unknown): Promise<{ readonly reason: unknown }> {
    const client = new bed.driver.DBSQLClient({ logger: { log: () => {} } });
    await client.connect(
      { ...bed.warehouse.connectionOptions(), telemetryEnabled: false },
      { authenticate },
    );
    const session = await client.openSession();
    fails = { error: thrown };
    const outcome = await session.executeStatement('SELECT 1').then(
      () => {
        throw new Error('it must fail');
      },
      (reason: unknown) => ({ reason }),
    );
    fails = undefined;
    await session.close();
    await client.close();
    return outcome;
  }

  for (const [kind, [create, type]] of Object.entries(ERRORS)) {
    it(`${kind} ends its span and counts in the metric`, async () => {
      const error = create();
      const before = await countOf(bed, type);
      assert.ok(
        Object.is((await failing(error)).reason, error),
        'the application gets it as it is',
      );
      const { attributes, status } = bed.spanOf('execute_statement');
      assert.equal(attributes['error.type'], type);
      assert.equal(status.code, 2);
      assert.equal(await countOf(bed, type), before + 1);
    });
  }

  it('whose stack an application formats, and fails to, ends its span', async () => {
    const own = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
    let error: unknown;
    try {
      Error.prepareStackTrace = () => {
        throw new Error('prepareStackTrace');
      };
      error = new SyntaxError('unformatted');
      await failing(error);
    } finally {
      if (own === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
      else Object.defineProperty(Error, 'prepareStackTrace', own);
    }
    assert.equal(bed.spanOf('execute_statement').attributes['error.type'], 'SyntaxError');
  });
});

async function countOf(bed: TestBed, type: string): Promise<number> {
  const points = await bed.metric('db.client.operation.duration');
  return points
    .filter(({ attributes }) => attributes['error.type'] === type)
    .reduce((sum, { value }) => sum + (typeof value === 'object' ? value.count : 0), 0);
}
