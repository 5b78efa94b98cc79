import type { AppliedScript, Script, StatementMatch, StatementScript } from './script';
import { parseHint } from './script-hint';

class RegisteredScript implements Script {
  hits = 0;
  released = false;

  constructor(
    readonly match: StatementMatch,
    readonly script: StatementScript,
    readonly times: number,
    readonly onRemove: (script: RegisteredScript) => void,
  ) {}

  release(): void {
    this.released = true;
  }

  remove(): void {
    this.onRemove(this);
  }
}

/** The scripts in force. The latest that matches wins; a hint in the SQL wins over both. */
export class Scripts {
  readonly #scripts = new Set<RegisteredScript>();

  add(match: StatementMatch, script: StatementScript, times: number): Script {
    const registered = new RegisteredScript(match, script, times, (removed) => {
      this.#scripts.delete(removed);
    });
    this.#scripts.add(registered);
    return registered;
  }

  clear(): void {
    this.#scripts.clear();
  }

  /** `statement` is the SQL, or the name of a metadata operation. */
  apply(statement: string): AppliedScript {
    const registered = [...this.#scripts]
      .toReversed()
      .find(({ match, hits, times }) => hits < times && matchesStatement(match, statement));
    if (registered) registered.hits += 1;
    return {
      script: { ...registered?.script, ...parseHint(statement) },
      isReleased: () => registered?.released ?? false,
    };
  }
}

function matchesStatement(match: StatementMatch, statement: string): boolean {
  if (typeof match === 'function') return match(statement);
  return match instanceof RegExp ? match.test(statement) : statement.includes(match);
}
