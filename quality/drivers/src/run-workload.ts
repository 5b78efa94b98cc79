import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDbEngine, LocalWarehouse, WORKSPACE_HOST } from '@dbsql-otel/local-warehouse';
import type { JsonObject } from '@dbsql-otel/local-warehouse';
import type { Driver } from './driver';
import { run } from './processes';
import { WORKLOAD } from './workload';
import type { Step } from './workload';

const TIME_LIMIT_MS = 120_000;

export interface StepResult {
  readonly step: string;
  readonly outcome: 'passed' | 'failed' | 'not in the driver';
  /** What went wrong. */
  readonly detail: string;
}

export interface DriverResult {
  readonly steps: readonly StepResult[];
  /** The telemetry that the driver posted. */
  readonly logs: readonly JsonObject[];
}

/** Runs the workload with one driver on a warehouse of its own. */
export async function runWorkload(driver: Driver, folder: string): Promise<DriverResult> {
  const warehouse = await LocalWarehouse.start({ engine: await DuckDbEngine.create() });
  const files = mkdtempSync(join(tmpdir(), 'drivers-'));
  try {
    const caFile = join(files, 'ca.pem');
    const workloadFile = join(files, 'workload.tsv');
    writeFileSync(caFile, warehouse.authority.certificate);
    writeFileSync(
      workloadFile,
      WORKLOAD.map(({ name, kind, text }) => `${name}\t${kind}\t${text}\n`).join(''),
    );
    const command = driver.command(folder, {
      host: WORKSPACE_HOST,
      port: warehouse.port,
      path: warehouse.httpPath,
      warehouseId: warehouse.warehouseId,
      token: warehouse.token,
      caFile,
      workloadFile,
    });
    const env = {
      NODE_EXTRA_CA_CERTS: caFile,
      HTTPS_PROXY: `http://127.0.0.1:${warehouse.port}`,
      NO_PROXY: '127.0.0.1',
    };
    const { output, errors } = await run(command, { env, timeoutMs: TIME_LIMIT_MS });
    const steps = WORKLOAD.map((step) =>
      step.hasInlineChunks === true && driver.readsOneInlineChunk === true
        ? notInTheDriver(step)
        : judge(step, output, errors),
    );
    return { steps, logs: warehouse.telemetry.flatMap(({ logs }) => logs) };
  } finally {
    await warehouse.stop();
    rmSync(files, { recursive: true, force: true });
  }
}

/** A program writes `step<TAB>ok|error|absent<TAB>answer` per step; a step without a line was not reached. */
function judge(step: Step, output: string, errors: string): StepResult {
  const line = output.split('\n').find((text) => text.startsWith(`${step.name}\t`));
  if (line === undefined) {
    return { step: step.name, outcome: 'failed', detail: lastLine(errors) };
  }
  const [, outcome, answer = ''] = line.split('\t');
  if (outcome === 'absent') return notInTheDriver(step);
  const isExpected =
    outcome === (step.fails === true ? 'error' : 'ok') && step.expected.test(answer);
  return { step: step.name, outcome: isExpected ? 'passed' : 'failed', detail: answer };
}

function notInTheDriver({ name }: Step): StepResult {
  return { step: name, outcome: 'not in the driver', detail: '' };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
