import type { Account, Role, User } from '@live-orders/contracts/domain/users.ts';
import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from 'sequelize';

export class UserRow extends Model<InferAttributes<UserRow>, InferCreationAttributes<UserRow>> {
  declare id: string;
  declare email: string;
  /** bcrypt hash */
  declare password: string;
  declare name: string;
  declare role: Role;
  declare active: CreationOptional<boolean>;
  declare version: CreationOptional<number>;
  declare created_at: CreationOptional<Date>;
  declare updated_at: CreationOptional<Date>;
}

export class SessionRow extends Model<InferAttributes<SessionRow>, InferCreationAttributes<SessionRow>> {
  declare id: string;
  declare user_id: string;
  /** SHA-256 of the refresh secret that is good now, and of the one before it */
  declare secret_hash: Buffer;
  declare previous_hash: Buffer | null;
  declare refreshed_at: Date;
  declare expires_at: Date;
  declare created_at: CreationOptional<Date>;
}

/** Binds the models to a connection pool. */
export const defineModels = (database: Sequelize): void => {
  UserRow.init(
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      email: DataTypes.TEXT,
      password: DataTypes.TEXT,
      name: DataTypes.TEXT,
      role: DataTypes.TEXT,
      active: { type: DataTypes.BOOLEAN, defaultValue: true },
      version: { type: DataTypes.INTEGER, defaultValue: 1 },
      created_at: DataTypes.DATE,
      updated_at: DataTypes.DATE,
    },
    { sequelize: database, tableName: 'users' },
  );
  SessionRow.init(
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      user_id: DataTypes.UUID,
      secret_hash: DataTypes.BLOB,
      previous_hash: DataTypes.BLOB,
      refreshed_at: DataTypes.DATE,
      expires_at: DataTypes.DATE,
      created_at: DataTypes.DATE,
    },
    { sequelize: database, tableName: 'sessions', updatedAt: false },
  );
};

export const toUser = ({ id, email, name, role, created_at }: UserRow): User => ({
  id,
  email,
  name,
  role,
  created_at: created_at.toISOString(),
});

export const toAccount = (row: UserRow): Account => ({
  ...toUser(row),
  active: row.active,
  version: row.version,
  updated_at: row.updated_at.toISOString(),
});
