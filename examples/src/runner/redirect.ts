/**
 * Loaded with `--require` before an example: connections to the fictitious workspace end at the local warehouse, so
 * that the example itself can be what an application is, with a host name, port 443 and no option for tests.
 * Must load nothing that an instrumentation has to see loading.
 */
import { Socket } from 'node:net';

const LOOPBACK_ADDRESS = '127.0.0.1';
const hosts = new Set((process.env['LOCAL_WAREHOUSE_HOSTS'] ?? '').split(','));
const port = Number(process.env['LOCAL_WAREHOUSE_PORT']);

function isFictitious(options: unknown): options is { host: string } {
  return (
    typeof options === 'object' &&
    options !== null &&
    'host' in options &&
    typeof options.host === 'string' &&
    hosts.has(options.host)
  );
}

function redirected(options: unknown): unknown {
  return isFictitious(options) ? { ...options, host: LOOPBACK_ADDRESS, port } : options;
}

const connect = Reflect.get(Socket.prototype, 'connect') as (...list: unknown[]) => Socket;

Reflect.set(
  Socket.prototype,
  'connect',
  function connectLocally(this: Socket, ...list: unknown[]): Socket {
    const [first] = list;
    // `net.connect` calls the method with one list it has normalised, and marked as such by a symbol.
    if (Array.isArray(first)) first[0] = redirected(first[0]);
    else list[0] = redirected(first);
    return connect.apply(this, list);
  },
);
