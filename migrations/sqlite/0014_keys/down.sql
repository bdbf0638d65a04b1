-- The keys themselves do not come back into this store; what they sealed can be opened again once the update is made again.
-- That something was destroyed could not be said any more, so then it is not undone.
CREATE TABLE data_keys_destroyed (id BLOB CONSTRAINT nothing_was_destroyed CHECK (id IS NULL)) STRICT;
INSERT INTO data_keys_destroyed SELECT id FROM data_keys WHERE destroyed_at IS NOT NULL;
DROP TABLE data_keys_destroyed;
PRAGMA defer_foreign_keys = ON;
DROP TABLE client_identities;
CREATE INDEX bookings_by_key ON bookings (reasons_key);
CREATE INDEX intake_answers_by_key ON intake_answers (data_key_id);
CREATE INDEX screening_decisions_by_key ON screening_decisions (data_key_id);
CREATE INDEX intake_reviews_by_key ON intake_reviews (data_key_id);
CREATE INDEX clearances_by_key ON clearances (data_key_id);
CREATE INDEX session_notes_by_key ON session_notes (data_key_id);
CREATE INDEX note_addenda_by_key ON note_addenda (data_key_id);
CREATE TABLE data_keys_kept AS SELECT id, client_id, class, wrapped, master_key, created_at FROM data_keys WHERE class <> 'identity';
DROP TABLE data_keys;
CREATE TABLE data_keys (
    id BLOB NOT NULL PRIMARY KEY,
    client_id BLOB NOT NULL REFERENCES clients (id),
    class TEXT NOT NULL CONSTRAINT data_keys_class_check CHECK (class IN ('booking', 'intake', 'session_note')),
    wrapped BLOB NOT NULL,
    master_key TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO data_keys
SELECT id, client_id, class, coalesce(wrapped, x''), coalesce(master_key, ''), created_at FROM data_keys_kept;
DROP TABLE data_keys_kept;
DROP INDEX bookings_by_key;
DROP INDEX intake_answers_by_key;
DROP INDEX screening_decisions_by_key;
DROP INDEX intake_reviews_by_key;
DROP INDEX clearances_by_key;
DROP INDEX session_notes_by_key;
DROP INDEX note_addenda_by_key;
CREATE UNIQUE INDEX data_keys_client_id_class_key ON data_keys (client_id, class);
