import type { Benchmark } from './harness/benchmark';

/** Every benchmark by name, loaded only in the process that runs it. */
export const BENCHMARKS: Readonly<Record<string, () => Promise<{ benchmark: Benchmark }>>> = {
  floors: () => import('./cases/floors.js'),
  counters: () => import('./cases/counters.js'),
  pipeline: () => import('./cases/pipeline.js'),
  patch: () => import('./cases/patch.js'),
  spans: () => import('./cases/spans.js'),
  encode: () => import('./cases/encode.js'),
  redaction: () => import('./cases/redaction.js'),
  'in-flight': () => import('./cases/in-flight.js'),
  allocation: () => import('./cases/allocation.js'),
  'driver-cpu': () => import('./cases/driver-cpu.js'),
  'event-loop': () => import('./cases/event-loop.js'),
  growth: () => import('./cases/growth.js'),
  connect: () => import('./cases/connect.js'),
  'end-to-end': () => import('./cases/end-to-end.js'),
  overflow: () => import('./cases/overflow.js'),
  sql: () => import('./cases/sql.js'),
  load: () => import('./cases/load.js'),
};
