// The parts of Apache Thrift's runtime that the warehouse uses; the package ships no types of its own.
declare module 'thrift' {
  export interface TTransport {
    flush(): void;
  }
  export class TBufferedTransport implements TTransport {
    constructor(buffer?: Buffer, onFlush?: (message: Buffer, sequenceId: number) => void);
    static receiver(
      callback: (transport: TBufferedTransport, sequenceId: number) => void,
      sequenceId: number,
    ): (data: Buffer) => void;
    flush(): void;
  }
  export interface MessageHeader {
    readonly fname: string;
    readonly mtype: number;
    readonly rseqid: number;
  }
  export class TBinaryProtocol {
    constructor(transport: TTransport);
    readMessageBegin(): MessageHeader;
  }
}

declare module 'node-int64' {
  class Int64 {
    constructor(value: number | Buffer);
    readonly buffer: Buffer;
    toNumber(allowImprecise?: boolean): number;
    toBuffer(): Buffer;
  }
  export = Int64;
}
