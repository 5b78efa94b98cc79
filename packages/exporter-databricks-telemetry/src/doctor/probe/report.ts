import { writeSync } from 'node:fs';
import type { Finding } from '../finding';

/** The file descriptor of the pipe to the doctor: the setup may use the standard streams and the IPC channel itself. */
export const REPORT_FD = 3;

/** An OTLP endpoint that a span exporter of the setup sends to. */
export interface OtlpTarget {
  readonly protocol: 'http/protobuf' | 'http/json' | 'grpc';
  /** A URL; for gRPC also `host:port`. */
  readonly url: string;
  /** Headers of the exporter; they may hold secrets, which are sent to `url` only and never shown. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What the process of the setup tells the doctor, one JSON text per line. */
export type Report =
  | { readonly kind: 'failed'; readonly cause: string }
  | {
      readonly kind: 'checked';
      readonly findings: readonly Finding[];
      readonly targets: readonly OtlpTarget[];
    };

export function sendReport(report: Report): void {
  writeSync(REPORT_FD, `${JSON.stringify(report)}\n`);
}
