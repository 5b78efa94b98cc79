import types from '@databricks/sql/thrift/TCLIService_types';
import type {
  TGetColumnsReq,
  TGetCrossReferenceReq,
  TGetFunctionsReq,
  TGetPrimaryKeysReq,
  TGetSchemasReq,
  TGetTablesReq,
} from '@databricks/sql/thrift/TCLIService_types';
import * as keys from '../engine/keys';
import * as metadata from '../engine/metadata';
import type { Relation } from '../engine/types';

/** One metadata call: its operation type on the handle and the relation it answers with. */
interface MetadataCall {
  readonly operationType: number;
  readonly relation: (request: unknown) => Relation;
}

const { TOperationType } = types;

/** The nine metadata calls; the two about keys have no operation type of their own. */
export const METADATA_CALLS: ReadonlyMap<string, MetadataCall> = new Map(
  Object.entries<MetadataCall>({
    GetTypeInfo: { operationType: TOperationType.GET_TYPE_INFO, relation: metadata.typeInfo },
    GetCatalogs: { operationType: TOperationType.GET_CATALOGS, relation: metadata.catalogs },
    GetSchemas: {
      operationType: TOperationType.GET_SCHEMAS,
      relation: (request) => {
        const { catalogName, schemaName } = request as TGetSchemasReq;
        return metadata.schemas(catalogName, schemaName);
      },
    },
    GetTables: {
      operationType: TOperationType.GET_TABLES,
      relation: (request) => {
        const { catalogName, schemaName, tableName, tableTypes } = request as TGetTablesReq;
        const pattern = { catalog: catalogName, schema: schemaName, table: tableName };
        return metadata.tables(pattern, tableTypes);
      },
    },
    GetTableTypes: { operationType: TOperationType.GET_TABLE_TYPES, relation: metadata.tableTypes },
    GetColumns: {
      operationType: TOperationType.GET_COLUMNS,
      relation: (request) => {
        const { catalogName, schemaName, tableName, columnName } = request as TGetColumnsReq;
        const pattern = { catalog: catalogName, schema: schemaName, table: tableName };
        return metadata.tableColumns(pattern, columnName);
      },
    },
    GetFunctions: {
      operationType: TOperationType.GET_FUNCTIONS,
      relation: (request) => {
        const { catalogName, schemaName, functionName } = request as TGetFunctionsReq;
        return metadata.functions(catalogName, schemaName, functionName);
      },
    },
    GetPrimaryKeys: {
      operationType: TOperationType.UNKNOWN,
      relation: (request) => {
        const { catalogName, schemaName, tableName } = request as TGetPrimaryKeysReq;
        return keys.primaryKeys({ catalog: catalogName, schema: schemaName, table: tableName });
      },
    },
    GetCrossReference: {
      operationType: TOperationType.UNKNOWN,
      relation: (request) => {
        const reference = request as TGetCrossReferenceReq;
        return keys.crossReference(
          {
            catalog: reference.parentCatalogName,
            schema: reference.parentSchemaName,
            table: reference.parentTableName,
          },
          {
            catalog: reference.foreignCatalogName,
            schema: reference.foreignSchemaName,
            table: reference.foreignTableName,
          },
        );
      },
    },
  }),
);
