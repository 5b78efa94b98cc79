import { sdkDisabled, telemetryDisabled } from '../config';
import { optionsFromEnvironment } from '../register/environment';
import { note, ok, problem } from './finding';
import type { Finding } from './finding';

type Environment = Readonly<Record<string, string | undefined>>;

const TELEMETRY_SWITCH = 'DATABRICKS_TELEMETRY_DISABLED';

function names(list: string | undefined): string[] {
  return (list ?? '').split(',').map((name) => name.trim().toLowerCase());
}

const PROTOCOLS = ['grpc', 'http/protobuf', 'http/json'];
/** The port of a collector for gRPC, which speaks no HTTP/1. */
const GRPC_PORT = /:4317(?:\/|$)/;
const HTTP_PORT = /:4318(?:\/|$)/;

/** OTLP settings that cannot work, whatever listens there. */
function checkOtlp(environment: Environment): Finding[] {
  const findings: Finding[] = [];
  const of = (name: string): readonly [variable: string, value: string] | undefined =>
    [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`]
      .map((variable) => [variable, environment[variable]?.trim() ?? ''] as const)
      .find(([, value]) => value !== '');
  const [protocolVariable = '', protocol = 'http/protobuf'] = of('PROTOCOL') ?? [];
  if (!PROTOCOLS.includes(protocol)) {
    findings.push(
      problem(`${protocolVariable} is not a protocol of OTLP`, `write ${PROTOCOLS.join(', ')}`),
    );
  }
  const [variable, endpoint = ''] = of('ENDPOINT') ?? [];
  if (variable === undefined) return findings;
  if (protocol !== 'grpc' && !/^https?:\/\/[^/]/.test(endpoint)) {
    findings.push(problem(`${variable} is not a URL`, 'write http://host:4318, with the scheme'));
  } else if (protocol === 'grpc' ? HTTP_PORT.test(endpoint) : GRPC_PORT.test(endpoint)) {
    const [right, wrong] = protocol === 'grpc' ? [4317, 4318] : [4318, 4317];
    findings.push(
      problem(
        `${variable} has port ${wrong}, and the protocol is ${protocol}`,
        `port ${right} is the usual one for it; else set OTEL_EXPORTER_OTLP_PROTOCOL`,
      ),
    );
  }
  return findings;
}

/** Variables that no part of this project reads: a misspelt one has no effect. */
function checkOwnVariables(environment: Environment): Finding[] {
  const findings: Finding[] = [];
  optionsFromEnvironment(environment, (message) => {
    findings.push(problem(message, 'correct the name or unset it'));
  });
  return findings;
}

const SAMPLERS_OF_NOTHING = /^(?:parentbased_)?always_off$/;

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
  if (SAMPLERS_OF_NOTHING.test(environment['OTEL_TRACES_SAMPLER']?.trim() ?? '')) {
    findings.push(
      note('OTEL_TRACES_SAMPLER samples nothing', 'there are no traces then; telemetry needs none'),
    );
  }
  for (const variable of [
    'OTEL_NODE_DISABLED_INSTRUMENTATIONS',
    'OTEL_NODE_ENABLED_INSTRUMENTATIONS',
  ]) {
    if (names(environment[variable]).some((name) => /databricks/.test(name))) {
      findings.push(
        problem(
          `${variable} names Databricks, which it has no effect on`,
          'it lists packages of auto-instrumentations-node; use enabled: false of DatabricksSqlInstrumentation',
        ),
      );
    }
  }
  if (environment['AWS_LAMBDA_FUNCTION_NAME']) {
    findings.push(
      note(
        'this is a Lambda function, which is frozen between invocations',
        'await forceFlush() of the SDK or of the processor before each invocation ends',
      ),
    );
  }
  findings.push(...checkOtlp(environment), ...checkOwnVariables(environment));
  return findings.length > 0 ? findings : [ok('environment: nothing is switched off')];
}
