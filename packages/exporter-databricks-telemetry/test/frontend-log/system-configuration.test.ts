import assert from 'node:assert/strict';
import { arch, platform, release } from 'node:os';
import { restore, stub } from 'sinon';
import { systemConfiguration } from '../../src/frontend-log/system-configuration';

function configurationWith(
  environment: Readonly<Record<string, string>>,
): ReturnType<typeof systemConfiguration> {
  stub(process, 'env').value(environment);
  try {
    return systemConfiguration();
  } finally {
    restore();
  }
}

describe('systemConfiguration', () => {
  it('says what process, runtime and system there is', () => {
    const { process_name: processName, ...others } = configurationWith({});
    assert.deepEqual(others, {
      driver_name: 'nodejs-sql-driver',
      runtime_name: 'Node.js',
      runtime_version: process.version,
      runtime_vendor: 'Node.js Foundation',
      os_name: platform(),
      os_version: release(),
      os_arch: arch(),
      char_set_encoding: 'UTF-8',
    });
    assert.ok(processName);
  });

  const LOCALES: readonly (readonly [Readonly<Record<string, string>>, string | undefined])[] = [
    [{ LANG: 'de_CH.UTF-8' }, 'de_CH'],
    [{ LANG: 'gsw_CH' }, 'gsw_CH'],
    [{ LANG: 'ca_ES@valencia' }, 'ca_ES'],
    [{ LANG: 'de_CH', LC_MESSAGES: 'fr_CH' }, 'fr_CH'],
    [{ LANG: 'de_CH', LC_MESSAGES: 'fr_CH', LC_ALL: 'it_CH' }, 'it_CH'],
    [{ LANG: 'de_CH', LC_MESSAGES: '', LC_ALL: '' }, 'de_CH'],
    [{ LANG: 'C.UTF-8' }, undefined],
    [{ LANG: 'POSIX' }, undefined],
    [{ LANG: 'de_CHE' }, undefined],
    [{ LANG: '/home/de_CH' }, undefined],
    [{}, undefined],
  ];
  for (const [environment, locale] of LOCALES) {
    it(`reads the locale ${locale} from ${JSON.stringify(environment)}`, () => {
      const configuration = configurationWith(environment);
      assert.equal(configuration.locale_name, locale);
      assert.equal('locale_name' in configuration, locale !== undefined);
    });
  }

  it('describes another process by its resource, and leaves out what the resource does not say', () => {
    assert.deepEqual(
      JSON.parse(
        JSON.stringify(
          systemConfiguration({
            'process.runtime.version': '22.1.0',
            'os.type': 'windows',
            'os.version': '10.0.1',
            'host.arch': 'amd64',
            'process.executable.name': 'node',
            'process.command': 'C:\\Users\\ann\\shop\\worker.js',
          }),
        ),
      ),
      {
        driver_name: 'nodejs-sql-driver',
        runtime_name: 'Node.js',
        runtime_version: 'v22.1.0',
        runtime_vendor: 'Node.js Foundation',
        os_name: 'win32',
        os_version: '10.0.1',
        os_arch: 'x64',
        char_set_encoding: 'UTF-8',
        process_name: 'worker',
      },
    );
    assert.deepEqual(
      JSON.parse(JSON.stringify(systemConfiguration({ 'os.type': 7, 'host.arch': '' }))),
      {
        driver_name: 'nodejs-sql-driver',
        runtime_name: 'Node.js',
        runtime_vendor: 'Node.js Foundation',
        char_set_encoding: 'UTF-8',
      },
    );
  });

  it('names the process by its title, else by its program', () => {
    try {
      stub(process, 'title').value('/srv/shop/worker.js --token=x');
      assert.equal(systemConfiguration().process_name, 'worker');
      for (const title of ['', 'node', '/usr/local/bin/node', 'C:\\nodejs\\node.exe']) {
        restore();
        stub(process, 'title').value(title);
        stub(process, 'argv').value(['node', '/srv/shop/report.mjs', '--token=x']);
        assert.equal(systemConfiguration().process_name, 'report');
      }
      stub(process, 'argv').value(['node']);
      assert.ok(!('process_name' in systemConfiguration()));
    } finally {
      restore();
    }
  });
});
