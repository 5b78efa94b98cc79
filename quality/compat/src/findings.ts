import { isDeepStrictEqual } from 'node:util';

/** Collects what is not as it should be, so that one look shows all of it. */
export class Findings {
  readonly defects: string[] = [];

  equal(what: string, actual: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(actual, expected)) {
      this.defects.push(`${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
    }
  }

  holds(what: string, condition: boolean): void {
    if (!condition) this.defects.push(`${what} does not hold`);
  }

  /** Throws when there is a defect, naming all of them. */
  raise(): void {
    if (this.defects.length > 0) throw new Error(this.defects.join('\n'));
  }
}
