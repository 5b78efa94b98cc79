/**
 * As much of the driver as the patches touch, answering at once: what is measured on it is the patches. Their classes
 * come anew with each call, so that one set is patched and another is not.
 */
import { diag } from '@opentelemetry/api';
import type { Tracer } from '@opentelemetry/api';
import { randomBytes } from 'node:crypto';
import { OPTIONS } from '../../../../packages/instrumentation-databricks-sql/build/src/config';
import type { ResolvedConfig } from '../../../../packages/instrumentation-databricks-sql/build/src/config';
import { DriverReport } from '../../../../packages/instrumentation-databricks-sql/build/src/driver/report';
import { Guard } from '../../../../packages/instrumentation-databricks-sql/build/src/guard';
import { Metrics } from '../../../../packages/instrumentation-databricks-sql/build/src/telemetry/metrics';
import { cloudFetchPatch } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/cloudfetch';
import { hiveDriverPatch } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/hive-driver';
import { operationPatch } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/operation';
import { sessionPatch } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/session';
import { PrototypePatches } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/prototype-patches';
import type { ClassPatch } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/method-patch';
import { SharedState } from '../../../../packages/instrumentation-databricks-sql/build/src/patches/shared-state';
import { Telemetry } from '../../../../packages/instrumentation-databricks-sql/build/src/telemetry/telemetry';
import { createNoopMeter } from '@opentelemetry/api';
import { SESSION_ID } from '../harness/ids';

const DEFAULTS = Object.fromEntries(
  Object.entries(OPTIONS).map(([name, { defaultValue }]) => [name, defaultValue]),
) as unknown as ResolvedConfig;

/** What the patches share, for spans of `tracer`. */
export function sharedStateOf(tracer: Tracer, config: Partial<ResolvedConfig> = {}): SharedState {
  const shared = new SharedState(
    new Telemetry(
      new Guard(diag.createComponentLogger({ namespace: 'benchmark' })),
      { ...DEFAULTS, ...config },
      new Metrics(createNoopMeter()),
      () => tracer,
    ),
    new DriverReport(diag),
  );
  shared.enabled = true;
  return shared;
}

const FINISHED_STATE = 2;
const URL_BASED_SET = 3;
const CHUNK = { batches: [{ byteLength: 1_048_576 }], rowCount: 1_000 };

/** `TOperationHandle`. */
class Handle {
  readonly hasResultSet = true;

  constructor(readonly operationId: { readonly guid: Buffer }) {}
}

function handle(): Handle {
  return new Handle({ guid: randomBytes(16) });
}

/** Handles made beforehand: their ids are not what is measured. */
const HANDLES = Array.from({ length: 4_096 }, handle);
let next = 0;

export function submitResponse() {
  next = (next + 1) % HANDLES.length;
  // A handle of its own, because the statement is found by it.
  const operationHandle = new Handle((HANDLES[next] ?? handle()).operationId);
  return {
    status: { statusCode: 0 },
    operationHandle,
    directResults: {
      operationStatus: { status: { statusCode: 0 }, operationState: FINISHED_STATE },
    },
  };
}

export type SubmitResponse = ReturnType<typeof submitResponse>;

/** `DBSQLOperation` as far as the patches read it. */
export function operationOf({ operationHandle }: SubmitResponse) {
  return {
    id: SESSION_ID,
    operationHandle,
    backend: { operationHandle, metadata: { resultFormat: URL_BASED_SET, lz4Compressed: true } },
  };
}

const CLIENT = {
  connectionProvider: {
    options: {
      host: 'workspace.cloud.databricks.com',
      port: 443,
      path: '/sql/1.0/warehouses/0123456789abcdef',
    },
  },
};

/** The patches of each class of the stub. */
export interface StubPatches {
  readonly hiveDriver: ClassPatch;
  readonly operation: ClassPatch;
  readonly cloudFetch: ClassPatch;
  readonly session: ClassPatch;
}

/** Those of the instrumentation. */
export function ourPatches(shared: SharedState): StubPatches {
  return {
    hiveDriver: hiveDriverPatch(shared),
    operation: operationPatch(shared),
    cloudFetch: cloudFetchPatch(shared),
    session: sessionPatch(shared),
  };
}

/** One session of a stub driver. */
export function stubSession(patched?: StubPatches) {
  class HiveDriver {
    async executeStatement(_request: object): Promise<SubmitResponse> {
      return submitResponse();
    }
  }
  class Operation {
    readonly id = SESSION_ID;
    readonly backend;

    constructor({ operationHandle }: SubmitResponse) {
      this.backend = operationOf({ operationHandle } as SubmitResponse).backend;
    }

    async close(): Promise<void> {}
  }
  class CloudFetchResultHandler {
    readonly isLZ4Compressed = true;

    constructor(readonly source: { readonly operationHandle: object }) {}

    async downloadLink(_link: object): Promise<typeof CHUNK> {
      return CHUNK;
    }
  }
  class Session {
    readonly id = SESSION_ID;
    readonly context = CLIENT;
    readonly driver = new HiveDriver();

    async executeStatement(statement: string): Promise<Operation> {
      return new Operation(await this.driver.executeStatement({ statement }));
    }
  }
  if (patched !== undefined) {
    const patches = new PrototypePatches(new DriverReport(diag));
    patches.apply('HiveDriver', HiveDriver, patched.hiveDriver);
    patches.apply('Operation', Operation, patched.operation);
    patches.apply('CloudFetchResultHandler', CloudFetchResultHandler, patched.cloudFetch);
    patches.apply('Session', Session, patched.session);
    patches.installAll();
  }
  const session = new Session();
  const link = {};
  return {
    execute: (sql: string) => session.executeStatement(sql),
    /** A statement whose result comes in `chunks` files. */
    async query(sql: string, chunks: number): Promise<void> {
      const operation = await session.executeStatement(sql);
      const handler = new CloudFetchResultHandler({
        operationHandle: operation.backend.operationHandle,
      });
      for (let index = 0; index < chunks; index++) {
        await handler.downloadLink(link);
      }
    },
  };
}
