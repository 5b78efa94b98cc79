import assert from 'node:assert/strict';
import { withProperty } from '../../src/driver/options-view';
import { RecordingOwner } from '../support/telemetry-owner';
import { TestBed } from '../support/test-bed';

interface Options {
  host?: unknown;
  token?: unknown;
  telemetryEnabled?: unknown;
}

class Settings {
  readonly #host: string;
  #token = 'a';

  constructor(host: string) {
    this.#host = host;
  }

  get host(): string {
    return this.#host;
  }

  get token(): string {
    return this.#token;
  }

  set token(value: string) {
    this.#token = value;
  }
}

describe('a view of options with one property replaced', () => {
  const shapes: Readonly<Record<string, () => Options>> = {
    'a plain object': () => ({ host: 'h', token: 'a', telemetryEnabled: true }),
    'a frozen object': () => Object.freeze({ host: 'h', token: 'a', telemetryEnabled: true }),
    'a prototype with defaults': () => Object.create({ host: 'h', token: 'a' }) as Options,
    'an object without a prototype': () =>
      Object.assign(Object.create(null) as Options, { host: 'h', token: 'a' }),
    'a class with private state': () => new Settings('h'),
    'members that are not enumerable': () =>
      Object.defineProperties(
        {},
        { host: { value: 'h' }, token: { value: 'a' }, telemetryEnabled: { value: true } },
      ),
    'a proxy': () =>
      new Proxy(new Settings('h'), { get: (target, name) => Reflect.get(target, name, target) }),
  };

  for (const [name, make] of Object.entries(shapes)) {
    it(`shows ${name} as it is, but for the property`, () => {
      const options = make();
      const given = options.telemetryEnabled;
      const view = withProperty(options, 'telemetryEnabled', false) as Options;
      assert.deepEqual([view.host, view.token, view.telemetryEnabled], ['h', 'a', false]);
      assert.equal(Object.getPrototypeOf(view), Object.getPrototypeOf(options));
      assert.ok('telemetryEnabled' in view);
      assert.equal({ ...view }.telemetryEnabled, false);
      assert.deepEqual(
        Object.keys(view).filter((key) => key !== 'telemetryEnabled'),
        Object.keys(options).filter((key) => key !== 'telemetryEnabled'),
      );
      assert.equal(options.telemetryEnabled, given);
    });
  }

  it('writes to the original', () => {
    const options = new Settings('h');
    const view = withProperty(options, 'telemetryEnabled', false) as Settings;
    view.token = 'b';
    assert.equal(options.token, 'b');
  });
});

describe('connect with a claimed connection', () => {
  let bed: TestBed;
  let owner: RecordingOwner;

  before(async () => {
    bed = await TestBed.start();
    owner = new RecordingOwner();
  });
  after(async () => {
    owner.stop();
    await bed.stop();
  });

  it('takes options of every shape, and leaves the telemetry of the driver off', async () => {
    const given = bed.warehouse.connectionOptions();
    class Configured {
      readonly #given = given;
      get host(): string {
        return this.#given.host;
      }
      get port(): number {
        return (this.#given as { port: number }).port;
      }
      get path(): string {
        return this.#given.path;
      }
      get token(): string {
        return (this.#given as { token: string }).token;
      }
      get checkServerCertificate(): boolean {
        return false;
      }
    }
    for (const options of [
      new Configured(),
      Object.create(given) as object,
      Object.freeze({ ...given, telemetryEnabled: true }),
      new Proxy({ ...given }, {}),
    ]) {
      const client = new bed.driver.DBSQLClient({ logger: { log: () => {} } });
      await client.connect(options as Parameters<typeof client.connect>[0]);
      const session = await client.openSession();
      await session.close();
      await client.close();
    }
    assert.deepEqual(bed.warehouse.telemetry, []);
    assert.equal(owner.connections.length, 4);
    for (const { attributes } of bed.spansOf('open_session')) {
      assert.equal(attributes['databricks.driver.telemetry_enabled'], false);
    }
  });
});
