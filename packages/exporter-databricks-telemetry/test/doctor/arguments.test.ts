import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { parseArguments } from '../../src/doctor/arguments';

const NOTHING = {
  setup: undefined,
  host: undefined,
  port: undefined,
  httpPath: undefined,
  token: undefined,
  allowPrivateHosts: false,
  send: false,
};

describe('arguments of the doctor', () => {
  it('are all optional', () => {
    assert.deepEqual(parseArguments(['doctor'], {}), { kind: 'run', options: NOTHING });
  });

  it('are read in both spellings', () => {
    const parsed = parseArguments(
      ['doctor', '--host=h', '--http-path', '/p?o=1', '--token', 't', '--port=1', '--send'],
      {},
    );
    assert.deepEqual(parsed, {
      kind: 'run',
      options: { ...NOTHING, host: 'h', httpPath: '/p?o=1', token: 't', port: 1, send: true },
    });
  });

  it('win over the environment, which fills what they leave out', () => {
    const parsed = parseArguments(['doctor', '--host', 'given'], {
      DATABRICKS_SERVER_HOSTNAME: 'environment',
      DATABRICKS_HTTP_PATH: '/p',
      DATABRICKS_TOKEN: '',
    });
    assert.deepEqual(parsed, {
      kind: 'run',
      options: { ...NOTHING, host: 'given', httpPath: '/p' },
    });
  });

  it('take the host out of a URL', () => {
    const parsed = parseArguments(['doctor'], { DATABRICKS_HOST: 'https://workspace.example/' });
    assert.deepEqual(parsed, { kind: 'run', options: { ...NOTHING, host: 'workspace.example' } });
  });

  const mistakes: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no command', [], /a command is needed/],
    ['another command', ['operate'], /only command/],
    ['an unknown option', ['doctor', '--hots', 'x'], /unknown option --hots/],
    ['a stray word', ['doctor', 'now'], /only options/],
    ['a missing value', ['doctor', '--host'], /--host needs a value/],
    ['an option in place of a value', ['doctor', '--host', '--send'], /--host needs a value/],
    ['a value for a switch', ['doctor', '--send=1'], /--send takes no value/],
    ['a port that is none', ['doctor', '--port', '65536'], /--port must be/],
    ['a port in words', ['doctor', '--port', '0x10'], /--port must be/],
    ['sending to nowhere', ['doctor', '--send'], /--send needs a host/],
  ];
  for (const [title, words, expected] of mistakes) {
    it(`refuse ${title} in one line`, () => {
      const parsed = parseArguments(words, {});
      assert.equal(parsed.kind, 'error');
      assert.match(parsed.kind === 'error' ? parsed.message : '', expected);
      assert.ok(parsed.kind === 'error' && !parsed.message.includes('\n'));
    });
  }

  it('never quote a value, for it may be the token', () => {
    const option = fc.constantFrom('--token', '--token=', '--host', '--port', '--send=', '--prot');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(option, fc.constant('dapi-secret')), { maxLength: 4 }),
        (list) => {
          const words = list.flatMap(([name, value]) =>
            name.endsWith('=') ? [`${name}${value}`] : [name, value],
          );
          const parsed = parseArguments(['doctor', ...words], {});
          if (parsed.kind === 'error') {
            assert.ok(!parsed.message.includes('secret'), parsed.message);
          }
        },
      ),
    );
  });
});
