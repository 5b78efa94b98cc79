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

/**
 * One line for `diag` at info: the versions, the options that differ from their defaults, and who reports telemetry.
 * @param driverVersion unknown for a driver that was passed to `patch()`
 */
export function startupMessage(driverVersion: string | undefined, config: ResolvedConfig): string {
  const options = Object.entries(OPTIONS)
    .map(([name, { defaultValue }]) => ({ name, defaultValue, value: Reflect.get(config, name) }))
    .filter(({ value, defaultValue }) => value !== defaultValue)
    .map(({ name, value }) => `${name} ${shown(value)}`);
  const driver = driverVersion === undefined ? DRIVER_MODULE : `${DRIVER_MODULE} ${driverVersion}`;
  return [
    `${driver} is instrumented (${PACKAGE_VERSION})`,
    `options: ${options.length === 0 ? 'the defaults' : options.join(', ')}`,
    `telemetry: ${REPORTERS[config.driverTelemetry]}`,
  ].join('; ');
}
