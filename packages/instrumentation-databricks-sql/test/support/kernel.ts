import { createRequire } from 'node:module';
import { DRIVER_MAIN, DRIVER_VERSION, isDriverAtLeast } from './driver';

/** Whether the driver's native part, an optional dependency of the platform's own name, is there. The first is 1.16's. */
export const HAS_KERNEL = isDriverAtLeast(1, 16) && isInstalled();

/** For the titles of tests that are skipped without it. */
export const KERNEL_ABSENCE = HAS_KERNEL
  ? ''
  : ` (skipped: no native kernel for ${DRIVER_VERSION} on ${process.platform} ${process.arch})`;

function isInstalled(): boolean {
  try {
    createRequire(DRIVER_MAIN)('@databricks/databricks-sql-kernel-linux-x64-gnu');
    return true;
  } catch {
    return false;
  }
}
