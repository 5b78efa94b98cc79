/** What the keys of the journal begin with: spans, connections, and what is done. */
export const SPANS = 's!';
export const CONNECTIONS = 'c!';
export const DONE = 'd!';

const POSITIONS_PER_MILLISECOND = 4_096;
const SEQUENCE_DIGITS = 11;
const RADIX = 36;
const KEY = /^s!([0-9a-z]{11})!([^!]*)!([0-9a-f]{48})$/;

/** The first position of a millisecond. */
export function positionAt(epochMs: number): number {
  return epochMs * POSITIONS_PER_MILLISECOND;
}

/** All keys that begin with `prefix`, up to the end of its kind. */
export function range(prefix: string): { readonly gte: string; readonly lt: string } {
  return { gte: prefix, lt: `${prefix.slice(0, 1)}"` };
}

/** Where a span is in the journal: in the order of arrival, with what has to be known without reading the span. */
export class SpanPosition {
  readonly key: string;

  /**
   * @param sequence grows with each span
   * @param workspace key of the workspace; empty where only the connection tells it
   * @param spanKey the span's ids
   */
  constructor(
    readonly sequence: number,
    readonly workspace: string,
    readonly spanKey: string,
  ) {
    this.key = `${SPANS}${SpanPosition.textOf(sequence)}!${workspace}!${spanKey}`;
  }

  static textOf(sequence: number): string {
    return sequence.toString(RADIX).padStart(SEQUENCE_DIGITS, '0');
  }

  static parse(key: string): SpanPosition | undefined {
    const [, sequence, workspace = '', spanKey = ''] = KEY.exec(key) ?? [];
    return sequence === undefined
      ? undefined
      : new SpanPosition(Number.parseInt(sequence, RADIX), workspace, spanKey);
  }
}
