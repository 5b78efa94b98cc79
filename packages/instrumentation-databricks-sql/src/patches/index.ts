import type { PatchedFile } from '../driver/files';
import type { ClassPatch } from './method-patch';
import type { SharedState } from './shared-state';
import { clientPatch } from './client';
import { cloudFetchPatch, rowSetProviderPatch } from './cloudfetch';
import { hiveDriverPatch } from './hive-driver';
import { kernelOperationPatch, kernelResultsPatch } from './kernel';
import { operationPatch, resultSlicerPatch } from './operation';
import { retryPatch } from './retry';
import { sessionPatch } from './session';

/** The patch of each file's class. */
export const PATCHES: Readonly<
  Record<PatchedFile, (shared: SharedState, driverVersion?: string) => ClassPatch>
> = {
  'dist/DBSQLClient.js': clientPatch,
  'dist/DBSQLSession.js': sessionPatch,
  'dist/DBSQLOperation.js': operationPatch,
  'dist/hive/HiveDriver.js': hiveDriverPatch,
  'dist/result/CloudFetchResultHandler.js': cloudFetchPatch,
  'dist/result/RowSetProvider.js': rowSetProviderPatch,
  'dist/result/ResultSlicer.js': resultSlicerPatch,
  'dist/connection/connections/HttpRetryPolicy.js': retryPatch,
  'dist/kernel/KernelOperationBackend.js': kernelOperationPatch,
  'dist/kernel/KernelResultsProvider.js': kernelResultsPatch,
};

export { InstanceDiscovery } from './discovery';
