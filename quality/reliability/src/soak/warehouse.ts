/** The warehouse of a soak, in a process of its own so that its memory is not measured. Its telemetry endpoint flaps. */
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { Fault } from '@dbsql-otel/local-warehouse';
import type { FromWarehouse, ToWarehouse } from './messages';

const FLAP_PERIOD_MS = 3_000;
const LOG_CAPACITY = 200;
const TROUBLES = [
  { status: 503 },
  { reset: true },
  { status: 429, retryAfter: 1 },
  { hang: 'headers' },
  { status: 200, body: '[]' },
] as const;

function tell(message: FromWarehouse): void {
  process.send?.(message);
}

async function main(): Promise<void> {
  const warehouse = await LocalWarehouse.start({ logCapacity: LOG_CAPACITY });
  const ids = new Set<unknown>();
  let accepted = 0;
  const count = async (): Promise<never> => {
    for (;;) {
      const post = await warehouse.nextTelemetry();
      accepted += post.accepted.length;
      for (const log of post.accepted) ids.add(log['frontend_log_event_id']);
    }
  };
  void count();

  let fault: Fault | undefined;
  let turn = 0;
  const flapping = setInterval(() => {
    if (fault) {
      fault.remove();
      fault = undefined;
    } else {
      fault = warehouse.fault({ match: 'telemetry', ...TROUBLES[turn % TROUBLES.length] });
      turn += 1;
    }
  }, FLAP_PERIOD_MS / 2);

  process.on('message', (message: ToWarehouse) => {
    if (message === 'count') tell({ kind: 'count', accepted, repeated: accepted - ids.size });
    else {
      clearInterval(flapping);
      warehouse.reset();
      if (message === 'stop') process.disconnect();
    }
  });
  // Also when the soak died.
  process.on('disconnect', () => {
    clearInterval(flapping);
    void warehouse.stop();
  });
  tell({ kind: 'ready', connection: warehouse.connectionOptions() });
}

void main();
