import TCLIService from '@databricks/sql/thrift/TCLIService';
import { TBinaryProtocol, TBufferedTransport } from 'thrift';

/** One decoded call. Exactly one of `reply` and `fail` is to be called, once. */
export interface ThriftCall {
  readonly method: string;
  /** The decoded request struct. */
  readonly request: unknown;
  /** Encodes a result struct. */
  reply(result: unknown): Buffer;
  /** Encodes a TApplicationException. */
  fail(message: string): Buffer;
}

type Respond = (error: { message: string } | null, result?: unknown) => void;

/** Decodes a TBinaryProtocol message with the driver's own generated code; undefined when it is not one. */
export function decodeCall(message: Buffer): ThriftCall | undefined {
  let encoded: Buffer = Buffer.alloc(0);
  let call: ThriftCall | undefined;
  const output = new TBufferedTransport(undefined, (bytes) => {
    encoded = bytes;
  });
  const handler = new Proxy(
    {},
    {
      get: (_, method) => (request: unknown, respond: Respond) => {
        call = {
          method: String(method),
          request,
          reply: (result) => {
            respond(null, result);
            return encoded;
          },
          fail: (text) => {
            respond({ message: text });
            return encoded;
          },
        };
      },
    },
  );
  const receive = TBufferedTransport.receiver((transport) => {
    new TCLIService.Processor(handler).process(
      new TBinaryProtocol(transport),
      new TBinaryProtocol(output),
    );
  }, 0);
  try {
    receive(message);
  } catch {
    return undefined;
  }
  return call;
}
