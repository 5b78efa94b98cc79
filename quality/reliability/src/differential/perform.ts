import type * as Driver from '@databricks/sql';
import { describeThrown, describeValue } from './describe';
import type { OperationStep, Program, Step } from './program';
import { shaped } from './option-shapes';

type Client = InstanceType<typeof Driver.DBSQLClient>;
type Session = Awaited<ReturnType<Client['openSession']>>;
type Operation = Awaited<ReturnType<Session['executeStatement']>>;
type ConnectionOptions = Parameters<Client['connect']>[0];
type AuthProvider = NonNullable<Parameters<Client['connect']>[1]>;

class ApplicationError extends Error {
  override readonly name = 'ApplicationError';
  readonly code = 42;
}

/** Things an application may throw; each keeps its identity on the way through the driver. */
export const OWN_VALUES: readonly unknown[] = [
  new ApplicationError('thrown by the application'),
  Object.freeze(new TypeError('frozen')),
  Object.freeze({ message: 'no error at all' }),
  'a text',
  undefined,
  Symbol('application'),
];

/** Retries without the driver's seconds of patience. */
const SWIFT = { retryMaxAttempts: 3, retryDelayMin: 1, retryDelayMax: 4 } as const;
const SILENT = { log: (): void => undefined };

/** Takes what a call came to. */
type Note = (line: string) => void;

/** Runs a program on the driver; notes what each call came to, in order. */
export async function perform(
  driver: typeof Driver,
  options: ConnectionOptions,
  program: Program,
  note: Note,
): Promise<void> {
  await new Performance(driver, program, note).run(options);
}

class Performance {
  private readonly operations: Operation[] = [];
  private session: Session | undefined;
  /** The throwing provider throws from the second step on. */
  private isRevoked = false;

  constructor(
    private readonly driver: typeof Driver,
    private readonly program: Program,
    private readonly record: Note,
    private readonly client: Client = new driver.DBSQLClient({ logger: SILENT }),
  ) {}

  private stepIndex = 0;

  async run(options: ConnectionOptions): Promise<void> {
    const { program } = this;
    await this.note('connect', async () => {
      const connected = await this.client.connect(
        shaped(
          {
            ...options,
            ...program.connect,
            ...SWIFT,
            ...(program.credentials === 'wrong-token' ? { token: 'wrong' } : {}),
          },
          program.shape,
        ),
        this.provider(options),
      );
      return connected === this.client;
    });
    await this.step({ do: 'openSession', request: program.session }, '');
    for (const [index, step] of program.steps.entries()) {
      this.isRevoked = index > 0;
      this.stepIndex = index;
      await this.step(step, `${index} `);
    }
    await this.note('session.close', () => this.session?.close());
    await this.note('client.close', () => this.client.close());
  }

  private provider(options: ConnectionOptions): AuthProvider | undefined {
    const { credentials, thrown } = this.program;
    const headers = { Authorization: `Bearer ${'token' in options ? options.token : ''}` };
    switch (credentials) {
      case 'provider':
        return { authenticate: () => Promise.resolve(headers) };
      case 'recovering-provider':
        return {
          authenticate: () =>
            this.stepIndex % 2 === 1 ? reject(OWN_VALUES[thrown]) : Promise.resolve(headers),
        };
      case 'throwing-provider':
        return {
          // By the step, not by the call: telemetry asks for credentials, too.
          authenticate: () =>
            this.isRevoked ? reject(OWN_VALUES[thrown]) : Promise.resolve(headers),
        };
      default:
        return undefined;
    }
  }

  private async step(step: Step, prefix: string): Promise<void> {
    const { session } = this;
    switch (step.do) {
      case 'openSession':
        await this.note(`${prefix}openSession`, async () => {
          this.session = await this.client.openSession(step.request);
          return this.session.constructor.name;
        });
        return;
      case 'execute':
        await this.opened(`${prefix}execute`, step.uses, () =>
          session?.executeStatement(
            step.sql,
            step.options && shaped(step.options, this.program.shape),
          ),
        );
        return;
      case 'metadata':
        await this.opened(`${prefix}${step.method}`, step.uses, () => {
          const methods = session as unknown as Record<
            string,
            (request?: object) => Promise<Operation>
          >;
          return methods[step.method]?.call(session, step.request);
        });
        return;
      case 'getInfo':
        await this.note(`${prefix}getInfo`, async () =>
          (await session?.getInfo(step.type))?.getValue(),
        );
        return;
      case 'together':
        await this.together(step.steps, prefix);
        return;
      case 'again': {
        const operation = this.operations[step.operation % Math.max(1, this.operations.length)];
        if (operation) await this.use(operation, step.uses, `${prefix}again `);
        return;
      }
      case 'misuse':
        await this.misuse(step.call, prefix);
        return;
      case 'closeSession':
        await this.note(`${prefix}session.close`, () => session?.close());
        return;
      default:
        await this.note(`${prefix}client.close`, () => this.client.close());
    }
  }

  /** The lines of each branch stay together, whichever comes first. */
  private async together(steps: readonly Step[], prefix: string): Promise<void> {
    const branches = steps.map((inner, index) => {
      const lines: string[] = [];
      const branch = this.branch((line) => lines.push(line));
      return { branch, lines, done: branch.step(inner, `${prefix}${index} together `) };
    });
    await Promise.all(branches.map(({ done }) => done));
    for (const { branch, lines } of branches) {
      for (const line of lines) this.record(line);
      this.operations.push(...branch.operations);
    }
  }

  private branch(record: Note): Performance {
    const branch = new Performance(this.driver, this.program, record, this.client);
    branch.session = this.session;
    return branch;
  }

  private async misuse(call: (Step & { do: 'misuse' })['call'], prefix: string): Promise<void> {
    const { session } = this;
    const wrong: unknown = call === 'tagsOfNumbers' ? { queryTags: { a: 1 } } : undefined;
    await this.note(`${prefix}${call}`, async () => {
      const operation =
        call === 'executeUndefined'
          ? await session?.executeStatement(undefined as unknown as string)
          : await session?.executeStatement('SELECT 1', wrong as object);
      return call === 'fetchNothing'
        ? operation?.fetchChunk(null as unknown as undefined)
        : operation?.fetchAll();
    });
  }

  private async opened(
    name: string,
    uses: readonly OperationStep[],
    open: () => Promise<Operation> | undefined,
  ): Promise<void> {
    const { operations } = this;
    let operation: Operation | undefined;
    await this.note(name, async () => {
      operation = await open();
      if (operation) operations.push(operation);
      return operation?.constructor.name;
    });
    if (operation) await this.use(operation, uses, `${name} `);
  }

  private async use(
    operation: Operation,
    steps: readonly OperationStep[],
    prefix: string,
  ): Promise<void> {
    for (const step of steps) {
      await this.note(`${prefix}${step.do}`, () => act(operation, step));
    }
  }

  /** One line for what a call came to; whether it threw or rejected is part of it. */
  private async note(name: string, call: () => unknown): Promise<void> {
    const line = (what: string): void => {
      this.record(`${name}: ${what}`);
    };
    let returned: unknown;
    try {
      returned = call();
    } catch (error) {
      line(`threw ${describeThrown(error, OWN_VALUES)}`);
      return;
    }
    try {
      line(describeValue(await returned));
    } catch (error) {
      line(`rejected with ${describeThrown(error, OWN_VALUES)}`);
    }
  }
}

/** As `Promise.reject`, for what need not be an error. */
function reject(thrown: unknown): Promise<never> {
  return new Promise((_resolve, fail: (reason: unknown) => void) => {
    fail(thrown);
  });
}

async function act(operation: Operation, step: OperationStep): Promise<unknown> {
  switch (step.do) {
    case 'fetchAll':
    case 'fetchChunk':
      return operation[step.do](step.maxRows === undefined ? undefined : { maxRows: step.maxRows });
    case 'iterateRows':
    case 'iterateChunks': {
      const seen: unknown[] = [];
      for await (const item of operation[step.do]({ maxRows: 100 })) {
        seen.push(item);
        if (step.stopAfter !== undefined && seen.length > step.stopAfter) break;
      }
      return seen;
    }
    case 'stream':
      return stream(operation, step);
    case 'finished': {
      const { thrown } = step;
      return operation.finished(
        thrown === undefined
          ? undefined
          : {
              progress: true,
              callback: () => {
                // The application may throw anything.
                const value: unknown = OWN_VALUES[thrown];
                throw value;
              },
            },
      );
    }
    default:
      return (operation as unknown as Record<string, () => unknown>)[step.do]?.();
  }
}

async function stream(
  operation: Operation,
  { mode, autoClose, destroyAfter }: OperationStep & { do: 'stream' },
): Promise<unknown> {
  const readable = operation.toNodeStream({
    mode,
    iteratorOptions: { autoClose, maxRows: 100 },
  });
  const seen: unknown[] = [];
  for await (const item of readable) {
    seen.push(item);
    if (destroyAfter !== undefined && seen.length > destroyAfter) {
      readable.destroy(OWN_VALUES[0] as Error);
    }
  }
  return seen;
}
