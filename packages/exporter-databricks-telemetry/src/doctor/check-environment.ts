import { sdkDisabled, telemetryDisabled } from '../config';
import { note, ok, problem } from './finding';
import type { Finding } from './finding';

type Environment = Readonly<Record<string, string | undefined>>;

const TELEMETRY_SWITCH = 'DATABRICKS_TELEMETRY_DISABLED';

function names(list: string | undefined): string[] {
  return (list ?? '').split(',').map((name) => name.trim().toLowerCase());
}

/** Checks the environment variables that turn something off. */
export function checkEnvironment(environment: Environment): Finding[] {
  const findings: Finding[] = [];
  if (sdkDisabled(environment)) {
    findings.push(
      problem(
        'OTEL_SDK_DISABLED is true',
        'nothing is traced, and the driver sends its own telemetry, until it is unset',
      ),
    );
  }
  if (names(environment['OTEL_TRACES_EXPORTER']).includes('none')) {
    findings.push(
      note(
        'OTEL_TRACES_EXPORTER is none',
        'NodeSDK exports only to the spanProcessors in its options',
      ),
    );
  }
  if (telemetryDisabled(environment)) {
    findings.push(
      problem(`${TELEMETRY_SWITCH} is set`, 'no telemetry is reported until it is unset'),
    );
  } else if (
    environment[TELEMETRY_SWITCH] !== undefined &&
    !['', '0', 'false', 'no', 'off'].includes(environment[TELEMETRY_SWITCH].trim().toLowerCase())
  ) {
    findings.push(
      problem(
        `${TELEMETRY_SWITCH} is not 1, true, yes or on`,
        'telemetry stays on; set one of these values to turn it off',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok('environment: nothing is switched off')];
}
