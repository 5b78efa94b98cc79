import Int64 from 'node-int64';

const BYTES = 8;

export function int64(value: number | bigint): Int64 {
  if (typeof value === 'number') return new Int64(value);
  const bytes = Buffer.alloc(BYTES);
  bytes.writeBigInt64BE(value);
  return new Int64(bytes);
}

export { Int64 };
