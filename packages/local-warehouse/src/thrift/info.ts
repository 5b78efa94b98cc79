import types from '@databricks/sql/thrift/TCLIService_types';
import type {
  TGetInfoType as InfoType,
  TGetInfoValue,
} from '@databricks/sql/thrift/TCLIService_types';

const { TGetInfoType } = types;
const MAX_IDENTIFIER_LENGTH = 255;

/** What the warehouse says about itself to GetInfo; an empty text where there is nothing to say. */
export function infoValue(infoType: InfoType): TGetInfoValue {
  switch (infoType) {
    case TGetInfoType.CLI_SERVER_NAME:
    case TGetInfoType.CLI_DBMS_NAME:
      return new types.TGetInfoValue({ stringValue: 'Spark SQL' });
    case TGetInfoType.CLI_DBMS_VER:
      return new types.TGetInfoValue({ stringValue: '3.1.1' });
    case TGetInfoType.CLI_MAX_COLUMN_NAME_LEN:
    case TGetInfoType.CLI_MAX_SCHEMA_NAME_LEN:
    case TGetInfoType.CLI_MAX_TABLE_NAME_LEN:
      return new types.TGetInfoValue({ smallIntValue: MAX_IDENTIFIER_LENGTH });
    default:
      return new types.TGetInfoValue({ stringValue: '' });
  }
}
