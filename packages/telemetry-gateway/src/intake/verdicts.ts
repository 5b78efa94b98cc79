/** The name of one count. */
type Verdict = Exclude<keyof Verdicts, 'add' | 'toJSON'>;

/** What became of the received spans, each counted once. */
export class Verdicts {
  /** In the journal, or remembered as facts of a connection. */
  accepted = 0;
  /** Came before. */
  duplicate = 0;
  /** Belongs to a statement that was reported. */
  late = 0;
  /** Another scope, an operation that is not known, or a call that records are not made of. */
  ignored = 0;
  /** Cannot be read. */
  malformed = 0;
  /** The host is not in the list, or is not that of its connection. */
  hostRefused = 0;
  /** The driver reports the connection by itself. */
  reportedByDriver = 0;
  /** The application opted out. */
  optedOut = 0;
  /** Neither the span nor its connection named a host in time. */
  hostUnknown = 0;

  add(others: Verdicts): void {
    for (const name of Object.keys(others) as Verdict[]) this[name] += others[name];
  }

  toJSON(): Readonly<Record<Verdict, number>> {
    return Object.fromEntries(Object.entries(this)) as Record<Verdict, number>;
  }
}
