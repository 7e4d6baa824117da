import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

/**
 * What concerns security, for ever as it was written: nothing changes a row, and none goes before its time, which each row
 * says itself, so that a shorter time in the settings does not take away what is there. Users are named by their ids without
 * a foreign key, because events come from other parts too. There is an index for each filter of the list, by time.
 */
export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  const statements = [
    `CREATE TABLE security_events (
      id uuid PRIMARY KEY,
      type text NOT NULL,
      created_at timestamptz(3) NOT NULL,
      actor_id uuid,
      subject_id uuid,
      address text,
      user_agent text,
      request_id text,
      count integer NOT NULL CHECK (count > 0),
      details jsonb NOT NULL,
      keep_until timestamptz(3) NOT NULL
    )`,
    'CREATE INDEX security_events_newest ON security_events (created_at DESC, id DESC)',
    'CREATE INDEX security_events_of_type ON security_events (type, created_at DESC, id DESC)',
    'CREATE INDEX security_events_by_actor ON security_events (actor_id, created_at DESC, id DESC)',
    'CREATE INDEX security_events_of_subject ON security_events (subject_id, created_at DESC, id DESC)',
    'CREATE INDEX security_events_from_address ON security_events (address, created_at DESC, id DESC)',
    'CREATE INDEX security_events_expiry ON security_events (keep_until)',
    `CREATE FUNCTION refuse_change_of_security_events() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'security_events can only be added to' USING ERRCODE = 'insufficient_privilege';
      END $$`,
    `CREATE TRIGGER security_events_stay BEFORE UPDATE OR TRUNCATE ON security_events
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_security_events()`,
    `CREATE TRIGGER security_events_stay_for_their_time BEFORE DELETE ON security_events
      FOR EACH ROW WHEN (OLD.keep_until > now()) EXECUTE FUNCTION refuse_change_of_security_events()`,
  ];
  for (const statement of statements) await database.query(statement, { transaction });
};
