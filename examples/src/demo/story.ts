import { DBSQLClient } from '@databricks/sql';
import { trace } from '@opentelemetry/api';

type ConnectionOptions = Parameters<DBSQLClient['connect']>[0];

/** How one step of the story ended: what the application got, or what it was told. */
export type Outcome =
  | { readonly value: unknown }
  | { readonly failure: { readonly type: string; readonly message: string } };

/** One step as the application sees it. */
export interface StoryStep {
  readonly title: string;
  readonly outcome: Outcome;
}

/** The driver's own log goes to the console otherwise. */
const SILENT = { log: (): void => undefined };

/** The hints in the statements script what the local warehouse does with them. */
export const STATEMENTS = {
  oneRow: 'SELECT 1 AS one',
  cloudFetch: '/* local-warehouse: cloudfetch=20 polls=2 pages=4 */ SELECT * FROM range(100000)',
  failing:
    "/* local-warehouse: polls=3 error=poll:TABLE_OR_VIEW_NOT_FOUND:42P01 */ SELECT * FROM sales.missing WHERE customer = 'Jane Roe'",
  endless: '/* local-warehouse: polls=forever */ SELECT count(*) FROM range(1000000000)',
} as const;

async function outcomeOf(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await work() };
  } catch (error) {
    const type = error instanceof Error ? error.constructor.name : typeof error;
    return { failure: { type, message: String(error) } };
  }
}

/** The statements one after another, each with all of its rows as its value. */
export async function runStatements(
  options: ConnectionOptions,
  statements: readonly string[],
): Promise<StoryStep[]> {
  const steps: StoryStep[] = [];
  const client = new DBSQLClient({ logger: SILENT });
  await client.connect(options);
  const session = await client.openSession({ initialCatalog: 'main', initialSchema: 'sales' });
  for (const title of statements) {
    const outcome = await outcomeOf(async () => {
      const operation = await session.executeStatement(title);
      try {
        return await operation.fetchAll();
      } finally {
        await operation.close();
      }
    });
    steps.push({ title, outcome });
  }
  await session.close();
  await client.close();
  return steps;
}

/**
 * A small application's day: connect, a one-row query, 20 CloudFetch files, a query that fails after polling,
 * metadata, a cancelled query, close. Rejects when there is no warehouse; after that each step says how it ended.
 */
export async function runStory(options: ConnectionOptions): Promise<StoryStep[]> {
  const steps: StoryStep[] = [];
  const tracer = trace.getTracer('demo');
  const step = (title: string, work: () => Promise<unknown>): Promise<void> =>
    tracer.startActiveSpan(title, async (span) => {
      steps.push({ title, outcome: await outcomeOf(work) });
      span.end();
    });

  const client = new DBSQLClient({ logger: SILENT });
  await client.connect(options);
  const session = await client.openSession({ initialCatalog: 'main', initialSchema: 'sales' });

  const query = async (sql: string): Promise<unknown[]> => {
    const operation = await session.executeStatement(sql);
    try {
      return await operation.fetchAll();
    } finally {
      await operation.close();
    }
  };

  await step('one row', () => query(STATEMENTS.oneRow));
  await step('20 CloudFetch files', () => query(STATEMENTS.cloudFetch));
  await step('a failure after polling', () => query(STATEMENTS.failing));
  await step('metadata', async () => {
    const operation = await session.getTables({ catalogName: 'main', schemaName: 'sales' });
    const tables = await operation.fetchAll();
    await operation.close();
    return tables;
  });
  await step('a cancelled query', async () => {
    const operation = await session.executeStatement(STATEMENTS.endless);
    await operation.cancel();
    return operation.fetchAll();
  });
  await step('close', async () => {
    await session.close();
    await client.close();
  });
  return steps;
}
