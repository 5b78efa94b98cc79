/** What of a failure may leave: a stack reduced to frames and redacted once, against the built-in rules run twice. */
import { redactSensitive } from '@databricks/sql/dist/telemetry/telemetryUtils';
import {
  describeError,
  stackFrames as capturedFrames,
} from '../../../../packages/instrumentation-databricks-sql/build/src/telemetry/failure';
import { redact } from '../../../../packages/exporter-databricks-telemetry/build/src/frontend-log/redact';
import { stackFrames } from '../../../../packages/exporter-databricks-telemetry/build/src/frontend-log/stack-frames';
import { alternate } from '../harness/alternate';
import type { Arm } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';

const PEER = 'built-in telemetry';
const FRAME_COUNT = 10;

function failure(message: string, directory: string): Error {
  const error = new Error(message);
  const frames = Array.from(
    { length: FRAME_COUNT },
    (_, index) =>
      `    at async Operation.step${index} (${directory}/node_modules/@databricks/sql/dist/DBSQLOperation.js:${100 + index}:17)`,
  );
  error.stack = [`Error: ${message}`, ...frames].join('\n');
  return error;
}

const ERRORS = {
  clean: failure(
    '[TABLE_OR_VIEW_NOT_FOUND] The table cannot be found. SQLSTATE: 42P01',
    '/usr/src',
  ),
  dirty: failure(
    'Authorization: Bearer dapi0123456789abcdef0123456789abcdef for https://user:secret@example.com',
    '/home/alice/shop',
  ),
};

const FRAME = /^ {4}at .+:\d+:\d+\)?$/;

/** The least that keeps a message out: frames are told from other lines, nothing of them is left out, one test in the end. */
function leastRedaction(stack: string): string {
  const lines = stack.split('\n').filter((line) => FRAME.test(line));
  return redact(lines.join('\n'));
}

let sink = 0;

function arm(name: string, work: () => string | undefined): Arm {
  return {
    name,
    run(units) {
      for (let unit = 0; unit < units; unit++) {
        sink += work()?.length ?? 0;
      }
    },
  };
}

export const benchmark: Benchmark = {
  name: 'redaction',
  title: 'Redacting a failure, against the built-in telemetry',
  async run(effort): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const [kind, target, gate] of [
      ['clean', 0.15, 0.3],
      ['dirty', 0.6, 0.7],
    ] as const) {
      const error = ERRORS[kind];
      const stack = error.stack ?? '';
      const captured = capturedFrames(describeError(error).error) ?? '';
      const reduced = stackFrames(captured);
      const rounds = await alternate(
        [
          arm('redaction', () => stackFrames(captured)),
          arm('rules', () => redact(reduced)),
          arm('frames', () => leastRedaction(captured)),
          arm('capture and redaction', () =>
            stackFrames(capturedFrames(describeError(error).error) ?? ''),
          ),
          // At the emitter both texts, at the exporter the stack once more.
          arm(PEER, () => redactSensitive(error.message) + redactSensitive(redactSensitive(stack))),
        ],
        [['redaction', PEER]],
        effort,
      );
      figures.push(
        rounds.figure('redaction', PEER, { row: 12, label: `${kind} stack`, target, gate }),
        ...(kind === 'clean'
          ? [
              rounds.figure('frames', PEER, {
                label: `floor: ${kind} stack, frames told from other lines, redaction`,
              }),
            ]
          : []),
        rounds.figure('rules', PEER, {
          label: `${kind} stack, the redaction in it alone`,
        }),
        rounds.figure('capture and redaction', PEER, {
          label: `${kind} stack, with what the span's exception event takes`,
        }),
      );
    }
    if (sink === 0) throw new Error('nothing was redacted');
    return figures;
  },
};
