import { OPTIONS } from './config';
import type { ResolvedConfig } from './config';
import { DRIVER_MODULE } from './driver/files';
import { PACKAGE_VERSION } from './scope';

const CLAIMED = 'reported by the telemetry processor that claims a connection, else by the driver';
const REPORTERS: Readonly<Record<ResolvedConfig['driverTelemetry'], string>> = {
  auto: CLAIMED,
  replace: CLAIMED,
  keep: 'the driver sends its own; a telemetry processor reports connections where it does not',
  gateway: 'reported by a gateway that gets the spans; the driver sends none',
};

function shown(value: unknown): string {
  return typeof value === 'function' ? 'set' : JSON.stringify(value);
}

/** From this version on the driver can report telemetry by itself. */
const DRIVER_WITH_TELEMETRY = [1, 15] as const;

function hasOwnTelemetry(driverVersion: string | undefined): boolean {
  const [major = 0, minor = 0] = driverVersion?.split('.').map(Number) ?? DRIVER_WITH_TELEMETRY;
  const [withMajor, withMinor] = DRIVER_WITH_TELEMETRY;
  return major > withMajor || (major === withMajor && minor >= withMinor);
}

type Environment = Readonly<Record<string, string | undefined>>;

function isTrue(value: string | undefined, ...others: readonly string[]): boolean {
  return ['true', ...others].includes(value?.trim().toLowerCase() ?? '');
}

/** Who reports telemetry, as far as it is decided before a client connects. */
function reporter(
  driverVersion: string | undefined,
  { driverTelemetry }: ResolvedConfig,
  environment: Environment,
): string {
  if (isTrue(environment['DATABRICKS_TELEMETRY_DISABLED'], '1', 'yes', 'on')) {
    return 'off, DATABRICKS_TELEMETRY_DISABLED is set';
  }
  const driver = hasOwnTelemetry(driverVersion);
  if (isTrue(environment['OTEL_SDK_DISABLED'])) {
    const isSent = driver && driverTelemetry !== 'gateway';
    return `${isSent ? 'the driver sends its own' : 'none'}, OTEL_SDK_DISABLED is true`;
  }
  if (!driver && driverTelemetry !== 'gateway') {
    return 'reported by the telemetry processor that claims a connection; this driver has none of its own';
  }
  return REPORTERS[driverTelemetry];
}

/**
 * One line for `diag` at info: the versions, the options that differ from their defaults, and who reports telemetry.
 * @param driverVersion unknown for a driver that was passed to `patch()`
 * @param isEnabled whether the patches trace
 */
export function startupMessage(
  driverVersion: string | undefined,
  config: ResolvedConfig,
  isEnabled = true,
  environment: Environment = process.env,
): string {
  const options = Object.entries(OPTIONS)
    .map(([name, { defaultValue }]) => ({ name, defaultValue, value: Reflect.get(config, name) }))
    .filter(({ value, defaultValue }) => value !== defaultValue)
    .map(({ name, value }) => `${name} ${shown(value)}`);
  const driver = driverVersion === undefined ? DRIVER_MODULE : `${DRIVER_MODULE} ${driverVersion}`;
  if (!isEnabled) return `${driver} is not traced until enable() is called (${PACKAGE_VERSION})`;
  const isSdkDisabled = isTrue(environment['OTEL_SDK_DISABLED']);
  return [
    isSdkDisabled
      ? `${driver} is instrumented (${PACKAGE_VERSION}), and OTEL_SDK_DISABLED keeps NodeSDK from tracing it`
      : `${driver} is instrumented (${PACKAGE_VERSION})`,
    `options: ${options.length === 0 ? 'the defaults' : options.join(', ')}`,
    `telemetry: ${reporter(driverVersion, config, environment)}`,
  ].join('; ');
}
