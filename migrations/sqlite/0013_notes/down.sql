-- What only this migration has a place for keeps a store from going back: it may not be given up.
CREATE TABLE notes_to_lose (count INTEGER CONSTRAINT notes_would_be_lost CHECK (count = 0));
INSERT INTO notes_to_lose SELECT (SELECT count(*) FROM note_siblings) + (SELECT count(*) FROM note_summaries)
    + (SELECT count(*) FROM note_cosignatures) + (SELECT count(*) FROM note_errors);
DROP TABLE notes_to_lose;
DROP TABLE note_vocabularies;
DROP TABLE note_templates;
DROP TABLE note_siblings;
DROP TABLE note_summaries;
DROP TABLE note_cosignatures;
CREATE TABLE old_session_notes (
    id BLOB NOT NULL PRIMARY KEY,
    booking_id BLOB NOT NULL UNIQUE REFERENCES bookings (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    author_id BLOB NOT NULL REFERENCES accounts (id),
    state TEXT NOT NULL CONSTRAINT session_notes_state_check CHECK (state IN ('draft', 'signed')),
    data_key_id BLOB REFERENCES data_keys (id),
    sealed BLOB,
    planned_starts_at INTEGER NOT NULL,
    planned_ends_at INTEGER NOT NULL,
    actual_starts_at INTEGER,
    actual_ends_at INTEGER,
    date_of_service TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    signed_at INTEGER,
    content_hash TEXT,
    credentials_snapshot TEXT,
    CONSTRAINT session_notes_signed_check CHECK (
        state = 'draft' OR (
            sealed IS NOT NULL AND data_key_id IS NOT NULL AND signed_at IS NOT NULL AND content_hash IS NOT NULL
            AND credentials_snapshot IS NOT NULL
        )
    )
) STRICT, WITHOUT ROWID;
CREATE TABLE old_note_addenda (
    id BLOB NOT NULL PRIMARY KEY,
    note_id BLOB NOT NULL REFERENCES old_session_notes (id),
    author_id BLOB NOT NULL REFERENCES accounts (id),
    data_key_id BLOB NOT NULL REFERENCES data_keys (id),
    sealed BLOB NOT NULL,
    signed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE old_note_shares (
    note_id BLOB NOT NULL PRIMARY KEY REFERENCES old_session_notes (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    shared_by BLOB NOT NULL REFERENCES accounts (id),
    shared_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO old_session_notes
    SELECT id, booking_id, client_id, therapist_id, author_id, state, data_key_id, sealed, planned_starts_at, planned_ends_at,
        actual_starts_at, actual_ends_at, date_of_service, version, created_at, signed_at, content_hash, credentials_snapshot
    FROM session_notes;
INSERT INTO old_note_addenda SELECT id, note_id, author_id, data_key_id, sealed, signed_at FROM note_addenda;
INSERT INTO old_note_shares SELECT note_id, client_id, shared_by, shared_at FROM note_shares;
DROP TABLE note_shares;
DROP TABLE note_addenda;
DROP TABLE note_errors;
DROP TABLE session_notes;
ALTER TABLE old_session_notes RENAME TO session_notes;
ALTER TABLE old_note_addenda RENAME TO note_addenda;
ALTER TABLE old_note_shares RENAME TO note_shares;
CREATE INDEX session_notes_by_client ON session_notes (client_id, id);
CREATE INDEX session_notes_by_therapist ON session_notes (therapist_id, id);
CREATE INDEX note_addenda_by_note ON note_addenda (note_id, id);
-- A draft's content changes; whose session it is of does not.
CREATE TRIGGER session_notes_no_update BEFORE UPDATE ON session_notes
WHEN OLD.state = 'signed' OR (NEW.id, NEW.booking_id, NEW.client_id, NEW.therapist_id, NEW.author_id, NEW.created_at)
    IS NOT (OLD.id, OLD.booking_id, OLD.client_id, OLD.therapist_id, OLD.author_id, OLD.created_at)
BEGIN SELECT RAISE(ABORT, 'stillpoint:session_notes_immutable'); END;
CREATE TRIGGER session_notes_no_delete BEFORE DELETE ON session_notes
WHEN OLD.state = 'signed'
BEGIN SELECT RAISE(ABORT, 'stillpoint:session_notes_immutable'); END;
CREATE TRIGGER session_notes_no_replace BEFORE INSERT ON session_notes
WHEN EXISTS (SELECT 1 FROM session_notes WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:session_notes_immutable'); END;
CREATE TRIGGER session_notes_one_a_booking BEFORE INSERT ON session_notes
WHEN EXISTS (SELECT 1 FROM session_notes WHERE booking_id = NEW.booking_id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:session_notes_booking_id_key'); END;
CREATE TRIGGER note_addenda_no_update BEFORE UPDATE ON note_addenda
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_addenda_immutable'); END;
CREATE TRIGGER note_addenda_no_delete BEFORE DELETE ON note_addenda
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_addenda_immutable'); END;
CREATE TRIGGER note_addenda_no_replace BEFORE INSERT ON note_addenda
WHEN EXISTS (SELECT 1 FROM note_addenda WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_addenda_immutable'); END;
CREATE TRIGGER note_shares_no_update BEFORE UPDATE ON note_shares
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_shares_immutable'); END;
CREATE TRIGGER note_shares_no_delete BEFORE DELETE ON note_shares
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_shares_immutable'); END;
CREATE TRIGGER note_shares_no_replace BEFORE INSERT ON note_shares
WHEN EXISTS (SELECT 1 FROM note_shares WHERE note_id = NEW.note_id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_shares_immutable'); END;
ALTER TABLE therapists DROP COLUMN supervisor_id;
ALTER TABLE sessions DROP COLUMN stepped_up_at;
