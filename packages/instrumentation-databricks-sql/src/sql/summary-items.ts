import { UNKNOWN_NAME, dottedName, nameEnd } from './names';
import type { TokenList } from './tokens';

/** The conventions' bound on `db.query.summary`, in UTF-16 units. */
const MAX_SUMMARY_LENGTH = 255;

/** The operations and targets of a summary, in the order they are told. */
export class SummaryItems {
  /** Whether an item did not fit: it and all that come after it are left out. */
  isFull = false;
  /** Items of common table expressions are held back until the statement they serve has been told. */
  isDeferring = false;
  private summary = '';
  private deferred: string[] | undefined;
  private cteNames: Set<string> | undefined;

  constructor(private readonly tokens: TokenList) {}

  /** Adds the word at `index` as it is written. */
  operation(index: number): void {
    this.add(this.tokens.slice(index));
  }

  /**
   * Adds the dotted name at `index`, unless it is that of a common table expression or cannot be told; returns the
   * position of the last token that was taken, the one before `index` when there is no name.
   */
  target(index: number): number {
    const { tokens } = this;
    if (!tokens.isName(index)) return index - 1;
    const last = nameEnd(tokens, index);
    if (last === UNKNOWN_NAME) return index;
    const name = dottedName(tokens, index, last);
    if (last > index || this.cteNames?.has(name.toLowerCase()) !== true) this.add(name);
    return last;
  }

  /** From here on `name`, in lower case, is no target. */
  nameCte(name: string): void {
    this.cteNames ??= new Set();
    this.cteNames.add(name);
  }

  /** `undefined` when there are none. */
  toSummary(): string | undefined {
    for (const item of this.deferred ?? []) this.append(item);
    return this.summary === '' ? undefined : this.summary;
  }

  private add(item: string): void {
    if (!this.isDeferring) {
      this.append(item);
    } else if (this.deferred === undefined) {
      this.deferred = [item];
    } else if (this.deferred.length < MAX_SUMMARY_LENGTH) {
      this.deferred.push(item);
    }
  }

  private append(item: string): void {
    if (this.isFull) return;
    const summary = this.summary === '' ? item : `${this.summary} ${item}`;
    if (summary.length > MAX_SUMMARY_LENGTH) this.isFull = true;
    else this.summary = summary;
  }
}
