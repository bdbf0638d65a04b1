-- The keys that seal clients' content leave this store for one of their own: a copy that was backed up with the rows would undo a destroyed key.
-- What stays is their register: which there are, whose, and which were destroyed. `wrapped` holds a key until the program has moved it.

-- Sealed rows refer to the register, frozen ones too, so it is laid anew under them; the indexes are for finding them, twice.
PRAGMA defer_foreign_keys = ON;
CREATE INDEX bookings_by_key ON bookings (reasons_key);
CREATE INDEX intake_answers_by_key ON intake_answers (data_key_id);
CREATE INDEX screening_decisions_by_key ON screening_decisions (data_key_id);
CREATE INDEX intake_reviews_by_key ON intake_reviews (data_key_id);
CREATE INDEX clearances_by_key ON clearances (data_key_id);
CREATE INDEX session_notes_by_key ON session_notes (data_key_id);
CREATE INDEX note_addenda_by_key ON note_addenda (data_key_id);
CREATE TABLE data_keys_kept AS SELECT id, client_id, class, wrapped, master_key, created_at FROM data_keys;
DROP TABLE data_keys;
CREATE TABLE data_keys (
    id BLOB NOT NULL PRIMARY KEY,
    client_id BLOB NOT NULL REFERENCES clients (id),
    class TEXT NOT NULL CONSTRAINT data_keys_class_check CHECK (class IN ('booking', 'intake', 'session_note', 'identity')),
    wrapped BLOB,
    master_key TEXT,
    created_at INTEGER NOT NULL,
    destroyed_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO data_keys (id, client_id, class, wrapped, master_key, created_at)
SELECT id, client_id, class, nullif(wrapped, x''), nullif(master_key, ''), created_at FROM data_keys_kept;
DROP TABLE data_keys_kept;
DROP INDEX bookings_by_key;
DROP INDEX intake_answers_by_key;
DROP INDEX screening_decisions_by_key;
DROP INDEX intake_reviews_by_key;
DROP INDEX clearances_by_key;
DROP INDEX session_notes_by_key;
DROP INDEX note_addenda_by_key;
CREATE UNIQUE INDEX data_keys_client_id_class_key ON data_keys (client_id, class) WHERE destroyed_at IS NULL;
CREATE INDEX data_keys_by_client ON data_keys (client_id, class);

-- A key may be moved out and destroyed, and nothing else.
CREATE TRIGGER data_keys_no_update BEFORE UPDATE ON data_keys
WHEN OLD.destroyed_at IS NOT NULL OR NEW.wrapped IS NOT NULL
    OR (NEW.id, NEW.client_id, NEW.class, NEW.created_at) IS NOT (OLD.id, OLD.client_id, OLD.class, OLD.created_at)
BEGIN SELECT RAISE(ABORT, 'stillpoint:data_keys_immutable'); END;
CREATE TRIGGER data_keys_no_delete BEFORE DELETE ON data_keys
BEGIN SELECT RAISE(ABORT, 'stillpoint:data_keys_immutable'); END;
CREATE TRIGGER data_keys_no_replace BEFORE INSERT ON data_keys
WHEN EXISTS (SELECT 1 FROM data_keys WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:data_keys_immutable'); END;
CREATE TRIGGER data_keys_one_a_class BEFORE INSERT ON data_keys
WHEN NEW.destroyed_at IS NULL
    AND EXISTS (SELECT 1 FROM data_keys WHERE client_id = NEW.client_id AND class = NEW.class AND destroyed_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'stillpoint:data_keys_client_id_class_key'); END;

-- What identified a client who was erased, sealed under a key that was destroyed with it.
CREATE TABLE client_identities (
    client_id BLOB NOT NULL PRIMARY KEY REFERENCES clients (id),
    data_key_id BLOB NOT NULL REFERENCES data_keys (id),
    sealed BLOB NOT NULL,
    sealed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER client_identities_no_update BEFORE UPDATE ON client_identities
BEGIN SELECT RAISE(ABORT, 'stillpoint:client_identities_immutable'); END;
CREATE TRIGGER client_identities_no_delete BEFORE DELETE ON client_identities
BEGIN SELECT RAISE(ABORT, 'stillpoint:client_identities_immutable'); END;
CREATE TRIGGER client_identities_no_replace BEFORE INSERT ON client_identities
WHEN EXISTS (SELECT 1 FROM client_identities WHERE client_id = NEW.client_id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:client_identities_immutable'); END;
