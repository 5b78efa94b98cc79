import { Int64 } from './int64';

/** A decoded Thrift value as plain data: 64-bit integers are numbers, 16-byte handles are UUIDs, other binary is hex. */
export type PlainValue =
  | undefined
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [field: string]: PlainValue };

const UUID_BYTES = 16;

export function plainValue(value: unknown): PlainValue {
  if (value instanceof Int64) return value.toNumber(true);
  if (Buffer.isBuffer(value)) {
    return value.length === UUID_BYTES ? uuidOf(value) : value.toString('hex');
  }
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(
      ([, field]) => field !== null && field !== undefined,
    );
    return Object.fromEntries(fields.map(([name, field]) => [name, plainValue(field)]));
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}

/** 16 bytes in the canonical form `8-4-4-4-12`. */
export function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}
