-- The keys that seal clients' content leave this store for one of their own: a copy that was backed up with the rows would undo a destroyed key.
-- What stays is their register: which there are, whose, and which were destroyed. `wrapped` holds a key until the program has moved it.

ALTER TABLE data_keys
    ALTER COLUMN wrapped DROP NOT NULL,
    ALTER COLUMN master_key DROP NOT NULL,
    ADD COLUMN destroyed_at timestamptz,
    DROP CONSTRAINT data_keys_class_check,
    DROP CONSTRAINT IF EXISTS data_keys_client_id_class_key,
    ADD CONSTRAINT data_keys_class_check CHECK (class IN ('booking', 'intake', 'session_note', 'identity'));
DROP INDEX IF EXISTS data_keys_client_id_class_key;
UPDATE data_keys SET wrapped = NULL, master_key = NULL WHERE wrapped = '';
CREATE UNIQUE INDEX data_keys_client_id_class_key ON data_keys (client_id, class) WHERE destroyed_at IS NULL;
CREATE INDEX data_keys_by_client ON data_keys (client_id, class);

-- A key may be moved out and destroyed, and nothing else.
CREATE TRIGGER data_keys_no_update BEFORE UPDATE ON data_keys
FOR EACH ROW WHEN (
    OLD.destroyed_at IS NOT NULL OR NEW.wrapped IS NOT NULL
        OR (NEW.id, NEW.client_id, NEW.class, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.client_id, OLD.class, OLD.created_at)
) EXECUTE FUNCTION stillpoint_refuse('data_keys_immutable');
CREATE TRIGGER data_keys_no_delete BEFORE DELETE ON data_keys
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('data_keys_immutable');
CREATE TRIGGER data_keys_no_truncate BEFORE TRUNCATE ON data_keys
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('data_keys_immutable');

-- What identified a client who was erased, sealed under a key that was destroyed with it.
CREATE TABLE client_identities (
    client_id uuid NOT NULL PRIMARY KEY REFERENCES clients (id),
    data_key_id uuid NOT NULL REFERENCES data_keys (id),
    sealed bytea NOT NULL,
    sealed_at timestamptz NOT NULL
);
CREATE TRIGGER client_identities_no_change BEFORE UPDATE OR DELETE ON client_identities
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('client_identities_immutable');
CREATE TRIGGER client_identities_no_truncate BEFORE TRUNCATE ON client_identities
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('client_identities_immutable');
