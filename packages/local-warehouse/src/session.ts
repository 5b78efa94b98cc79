import { randomUUID } from 'node:crypto';
import { DEFAULT_CATALOG, DEFAULT_SCHEMA } from './engine/catalog';
import type { QueryTags } from './query-tags';
import type { Statement } from './statement';

/** A session and the statements that are open in it. */
export class Session {
  readonly id = randomUUID();
  readonly statements = new Map<string, Statement>();

  constructor(
    readonly tenant: string,
    readonly queryTags: QueryTags,
    public catalog: string = DEFAULT_CATALOG,
    public schema: string = DEFAULT_SCHEMA,
  ) {}

  close(): void {
    for (const statement of this.statements.values()) statement.close();
    this.statements.clear();
  }
}

/** The open sessions. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  get size(): number {
    return this.#sessions.size;
  }

  open(session: Session): Session {
    this.#sessions.set(session.id, session);
    return session;
  }

  find(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  findStatement(id: string): { session: Session; statement: Statement } | undefined {
    for (const session of this.#sessions.values()) {
      const statement = session.statements.get(id);
      if (statement) return { session, statement };
    }
    return undefined;
  }

  close(id: string): boolean {
    this.#sessions.get(id)?.close();
    return this.#sessions.delete(id);
  }

  closeAll(): void {
    for (const id of this.#sessions.keys()) this.close(id);
  }
}
