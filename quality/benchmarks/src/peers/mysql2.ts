/** Another instrumentation in wide use, on a connection that answers at once. */
import type { TracerProvider } from '@opentelemetry/api';
import { MySQL2Instrumentation } from '@opentelemetry/instrumentation-mysql2';

type Callback = (error: Error | null, rows: readonly unknown[]) => void;

const ROWS: readonly unknown[] = [];

function ignore(): void {}

/** As much of a mysql2 connection as its instrumentation touches. */
function fakeConnectionClass() {
  return class Connection {
    readonly config = { host: 'db.example.com', port: 3306, database: 'sales', user: 'app' };

    query(_sql: string, done: Callback): void {
      done(null, ROWS);
    }

    execute(_sql: string, done: Callback): void {
      done(null, ROWS);
    }
  };
}

class AttachedMySQL2Instrumentation extends MySQL2Instrumentation {
  /** Patches a connection class as if `require` had just loaded it. */
  attach(connection: unknown): void {
    for (const definition of this.init()) {
      for (const file of definition.files) {
        if (file.name.includes('connection')) file.patch(connection);
      }
    }
  }
}

export interface Mysql2Arms {
  readonly patched: () => void;
  readonly unpatched: () => void;
}

const SQL = "SELECT * FROM orders WHERE id = 42 AND state = 'open'";

/** One query through the instrumentation, and the same one without it. */
export function mysql2Arms(provider: TracerProvider, maskStatement: boolean): Mysql2Arms {
  const Patched = fakeConnectionClass();
  const Unpatched = fakeConnectionClass();
  const instrumentation = new AttachedMySQL2Instrumentation({ enabled: false, maskStatement });
  instrumentation.setTracerProvider(provider);
  instrumentation.attach(Patched);
  const patched = new Patched();
  const unpatched = new Unpatched();
  return {
    patched: () => {
      patched.query(SQL, ignore);
    },
    unpatched: () => {
      unpatched.query(SQL, ignore);
    },
  };
}
