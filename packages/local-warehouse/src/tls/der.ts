/** The few ASN.1 DER encodings that an X.509 certificate is made of (ITU-T X.690). */

const CONSTRUCTED_CONTEXT_CLASS = 0xa0;
const PRIMITIVE_CONTEXT_CLASS = 0x80;

function encode(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), encodeLength(content.length), content]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export function sequence(...items: Buffer[]): Buffer {
  return encode(0x30, Buffer.concat(items));
}

export function set(...items: Buffer[]): Buffer {
  return encode(0x31, Buffer.concat(items));
}

export function boolean(value: boolean): Buffer {
  return encode(0x01, Buffer.from([value ? 0xff : 0x00]));
}

/** A non-negative integer, given big-endian. */
export function unsignedInteger(bytes: Buffer): Buffer {
  const firstSignificant = bytes.findIndex((byte) => byte !== 0);
  const magnitude = firstSignificant < 0 ? Buffer.from([0]) : bytes.subarray(firstSignificant);
  const needsSignByte = ((magnitude[0] ?? 0) & 0x80) !== 0;
  return encode(0x02, needsSignByte ? Buffer.concat([Buffer.from([0]), magnitude]) : magnitude);
}

export function bitString(bytes: Buffer, unusedBits = 0): Buffer {
  return encode(0x03, Buffer.concat([Buffer.from([unusedBits]), bytes]));
}

export function octetString(bytes: Buffer): Buffer {
  return encode(0x04, bytes);
}

/** An object identifier in dotted form, e.g. `2.5.29.17`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest.flatMap(base128)];
  return encode(0x06, Buffer.from(bytes));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

export function utf8String(text: string): Buffer {
  return encode(0x0c, Buffer.from(text, 'utf8'));
}

/** Valid for the years 1950 to 2049, as RFC 5280 asks. */
export function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return encode(0x17, Buffer.from(`${digits}Z`, 'ascii'));
}

export function explicitContext(tag: number, content: Buffer): Buffer {
  return encode(CONSTRUCTED_CONTEXT_CLASS | tag, content);
}

export function implicitContext(tag: number, content: Buffer): Buffer {
  return encode(PRIMITIVE_CONTEXT_CLASS | tag, content);
}
