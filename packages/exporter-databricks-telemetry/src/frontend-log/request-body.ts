const PIECE_BYTES = 32 * 1_024;

/**
 * The body of a request, in pieces. One string of a hundred logs would be a large heap object, which costs more than
 * encoding the logs. The service answers 500 when `items` is not an empty array.
 */
export function encodeBody(logs: readonly string[], uploadTimeMs: number): Buffer[] {
  const pieces: Buffer[] = [];
  let text = `{"uploadTime":${uploadTimeMs},"items":[],"protoLogs":[`;
  let separator = '"';
  for (const log of logs) {
    text += separator + log;
    separator = '","';
    if (text.length > PIECE_BYTES) {
      pieces.push(Buffer.from(text, 'latin1'));
      text = '';
    }
  }
  pieces.push(Buffer.from(`${text}${logs.length === 0 ? '' : '"'}]}`, 'latin1'));
  return pieces;
}
