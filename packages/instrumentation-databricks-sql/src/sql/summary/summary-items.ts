import { UNKNOWN_NAME, dottedName, isTargetPart, nameEnd, namePart } from '../tokens/identifiers';
import type { TokenList } from '../tokens/token-list';

/** Longest `db.query.summary` in UTF-16 units, as the conventions demand. */
const MAX_SUMMARY_LENGTH = 255;

/** Collects the operations and targets of a summary, in order. */
export class SummaryItems {
  readonly #tokens: TokenList;
  /** Whether an item did not fit; it and all later items are left out. */
  isFull = false;
  /** While set, items are kept back and added after those of the statement that the common table expressions serve. */
  isDeferring = false;
  #summary = '';
  #deferred: string[] | undefined;
  /** Number of visible common table expressions by name, in lower case. */
  #cteNames: Map<string, number> | undefined;

  constructor(tokens: TokenList) {
    this.#tokens = tokens;
  }

  /** Adds the word at `index` as written. */
  operation(index: number): void {
    this.#add(this.#tokens.slice(index));
  }

  /**
   * Adds the dotted name at `index`, unless it is unknown. Returns the position of the last token of the name, or
   * `index - 1` when there is no name.
   */
  target(index: number): number {
    return this.#name(index, false);
  }

  /** Like {@link target}, for a name that is read: the name of a common table expression is left out. */
  source(index: number): number {
    return this.#name(index, true);
  }

  #name(index: number, isRead: boolean): number {
    const tokens = this.#tokens;
    if (!isTargetPart(tokens, index)) return index - 1;
    const last = nameEnd(tokens, index);
    if (last === UNKNOWN_NAME) return index;
    const name = dottedName(tokens, index, last);
    if (!isRead || last > index || !this.#isCte(index)) this.#add(name);
    return last;
  }

  /** Marks `name`, in lower case, as the name of a common table expression, which is not a target. */
  showCte(name: string): void {
    this.#cteNames ??= new Map();
    this.#cteNames.set(name, (this.#cteNames.get(name) ?? 0) + 1);
  }

  /** Undoes {@link showCte} at the end of the scope of a common table expression. */
  hideCte(name: string): void {
    const count = this.#cteNames?.get(name) ?? 0;
    if (count > 1) this.#cteNames?.set(name, count - 1);
    else this.#cteNames?.delete(name);
  }

  /** Returns the summary; `undefined` when it is empty. */
  toSummary(): string | undefined {
    for (const item of this.#deferred ?? []) this.#append(item);
    return this.#summary === '' ? undefined : this.#summary;
  }

  #isCte(index: number): boolean {
    const names = this.#cteNames;
    return names !== undefined && names.has(namePart(this.#tokens, index).toLowerCase());
  }

  #add(item: string): void {
    if (!this.isDeferring) {
      this.#append(item);
    } else if (this.#deferred === undefined) {
      this.#deferred = [item];
    } else if (this.#deferred.length < MAX_SUMMARY_LENGTH) {
      this.#deferred.push(item);
    }
  }

  #append(item: string): void {
    if (this.isFull) return;
    const summary = this.#summary === '' ? item : `${this.#summary} ${item}`;
    if (summary.length > MAX_SUMMARY_LENGTH) this.isFull = true;
    else this.#summary = summary;
  }
}
