import type { ProcessorStats } from '@dbsql-otel/exporter-databricks-telemetry';
import type { ConnectionOptions } from './workload';

/** Who reports: the telemetry built into the driver, ours in its place, or ours beside it with `driverTelemetry: 'keep'`. */
export type Reporter = 'theirs' | 'ours' | 'both';

/** What the application's process is to do: its only argument, as JSON. */
export interface Task {
  readonly act: string;
  readonly reporter: Reporter;
  readonly connection: ConnectionOptions;
}

/** What the application's process tells. It waits for an answer, whatever it is, to each `begin` and `end`. */
export type Message =
  | { readonly type: 'begin'; readonly event: string }
  | { readonly type: 'end'; readonly event: string; readonly sessionIds: readonly string[] }
  | { readonly type: 'done'; readonly stats: ProcessorStats | undefined };
