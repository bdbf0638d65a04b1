-- Session notes: drafts may change, what is signed may not.
--
-- A row that INSERT OR REPLACE or UPDATE OR REPLACE displaces fires no DELETE trigger. So whatever it could be displaced by is refused
-- before: its id, its booking, and (WITHOUT ROWID) there is no hidden row number to come by.

CREATE TABLE session_notes (
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
CREATE INDEX session_notes_by_client ON session_notes (client_id, id);
CREATE INDEX session_notes_by_therapist ON session_notes (therapist_id, id);

CREATE TABLE note_addenda (
    id BLOB NOT NULL PRIMARY KEY,
    note_id BLOB NOT NULL REFERENCES session_notes (id),
    author_id BLOB NOT NULL REFERENCES accounts (id),
    data_key_id BLOB NOT NULL REFERENCES data_keys (id),
    sealed BLOB NOT NULL,
    signed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX note_addenda_by_note ON note_addenda (note_id, id);

CREATE TABLE note_shares (
    note_id BLOB NOT NULL PRIMARY KEY REFERENCES session_notes (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    shared_by BLOB NOT NULL REFERENCES accounts (id),
    shared_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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
