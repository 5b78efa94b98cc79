import { compressFrameSync } from 'lz4-napi';

/** One LZ4 frame, as the drivers expect it around a record batch or a whole result file. */
export function lz4Frame(bytes: Buffer): Buffer {
  return compressFrameSync(bytes);
}
