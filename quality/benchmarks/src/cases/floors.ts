/** What everything else is held against: the peers and the floors, measured without a line of ours. */
import type { Arm } from '../harness/alternate';
import { alternate } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';
import { SESSION_ID, statementId } from '../harness/ids';
import { inTurns } from '../harness/turn';
import { DriverTelemetry } from '../peers/driver-telemetry';
import { mysql2Arms } from '../peers/mysql2';
import {
  bareSpan,
  batching,
  noSdkProvider,
  providerOf,
  RecordOnlySampler,
  startBareSpan,
} from '../peers/spans';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';

const SPAN = 'one span';

function turning(name: string, work: () => void): Arm {
  return { name, run: (units) => inTurns(units, work) };
}

function arms(): Arm[] {
  const sampled = providerOf([batching()]).getTracer('bare');
  const recorded = providerOf([batching()], new RecordOnlySampler()).getTracer('bare');
  const off = providerOf([batching()], new AlwaysOffSampler()).getTracer('bare');
  const none = noSdkProvider().getTracer('bare');
  const driver = new DriverTelemetry();
  const plain = mysql2Arms(providerOf([batching()]), false);
  const masked = mysql2Arms(providerOf([batching()]), true);
  const statement =
    (chunks: number): (() => void) =>
    () => {
      driver.statement(statementId(), SESSION_ID, chunks);
    };
  return [
    turning(SPAN, () => {
      bareSpan(sampled);
    }),
    turning('one span, recorded only', () => {
      bareSpan(recorded);
    }),
    turning('one span, sampled out', () => {
      bareSpan(off);
    }),
    turning('one span, no SDK', () => {
      bareSpan(none);
    }),
    turning('1 + 20 spans', () => {
      const parent = startBareSpan(sampled);
      for (let child = 0; child < 20; child++) {
        bareSpan(sampled);
      }
      parent.end();
    }),
    turning('mysql2 query', plain.patched),
    turning('mysql2 query, masked', masked.patched),
    turning('mysql2 query, unpatched', plain.unpatched),
    turning('built-in telemetry, 0 chunks', statement(0)),
    turning('built-in telemetry, 20 chunks', statement(20)),
    turning('built-in telemetry, 200 chunks', statement(200)),
  ];
}

export const benchmark: Benchmark = {
  name: 'floors',
  title: 'Peers and floors, against one bare span',
  fullOnly: true,
  async run(effort): Promise<Figure[]> {
    const compared = arms();
    const others = compared.filter(({ name }) => name !== SPAN);
    const rounds = await alternate(
      compared,
      others.map(({ name }) => [name, SPAN] as const),
      { ...effort, budgetMs: effort.budgetMs * 3 },
    );
    return others.map(({ name }) => rounds.figure(name, SPAN, { label: name }));
  },
};
