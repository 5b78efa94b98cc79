import types from '@databricks/sql/thrift/TCLIService_types';
import type {
  TColumnDesc,
  TTableSchema,
  TTypeQualifiers,
} from '@databricks/sql/thrift/TCLIService_types';
import type { Column, DataType } from '../engine/types';

const { TTypeId } = types;

export function tableSchema(columns: readonly Column[]): TTableSchema {
  return new types.TTableSchema({ columns: columns.map(columnDescription) });
}

function columnDescription(column: Column, index: number): TColumnDesc {
  const qualifiers = typeQualifiers(column.type);
  const primitiveEntry = new types.TPrimitiveTypeEntry({
    type: typeId(column.type),
    ...(qualifiers ? { typeQualifiers: qualifiers } : {}),
  });
  return new types.TColumnDesc({
    columnName: column.name,
    typeDesc: new types.TTypeDesc({ types: [new types.TTypeEntry({ primitiveEntry })] }),
    position: index + 1,
    comment: column.comment ?? '',
  });
}

function typeId(type: DataType): number {
  switch (type.kind) {
    case 'VOID':
      return TTypeId.NULL_TYPE;
    case 'TIMESTAMP_NTZ':
      return TTypeId.TIMESTAMP_TYPE;
    default:
      return TTypeId[`${type.kind}_TYPE`];
  }
}

function typeQualifiers(type: DataType): TTypeQualifiers | undefined {
  if (type.kind !== 'DECIMAL') return undefined;
  return new types.TTypeQualifiers({
    qualifiers: {
      precision: new types.TTypeQualifierValue({ i32Value: type.precision }),
      scale: new types.TTypeQualifierValue({ i32Value: type.scale }),
    },
  });
}
