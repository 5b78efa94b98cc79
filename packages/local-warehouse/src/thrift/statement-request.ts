import type {
  TExecuteStatementReq,
  TSparkParameter,
} from '@databricks/sql/thrift/TCLIService_types';
import type { QueryParameter } from '../engine/engine';
import type { ClientCapabilities } from '../results/result-plan';

/** What the client of an ExecuteStatement can read. */
export function capabilitiesOf(request: TExecuteStatementReq): ClientCapabilities {
  const native = request.useArrowNativeTypes;
  return {
    arrow: request.canReadArrowResult === true,
    download: request.canReadArrowResult === true && request.canDownloadResult === true,
    lz4: request.canDecompressLZ4Result === true,
    native: {
      timestamps: native?.timestampAsArrow === true,
      decimals: native?.decimalAsArrow === true,
      complexTypes: native?.complexTypesAsArrow === true,
    },
  };
}

export function queryParameter(parameter: TSparkParameter): QueryParameter {
  const { stringValue, doubleValue, booleanValue } = parameter.value ?? {};
  const value = stringValue ?? doubleValue ?? booleanValue;
  return {
    name: parameter.name ?? undefined,
    type: parameter.type ?? 'STRING',
    value: value === undefined || value === null ? null : String(value),
  };
}
