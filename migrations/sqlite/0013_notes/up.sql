-- Notes that say what they carry over, whom they wait for, and what became of them; and the password asked for again before a signature.

ALTER TABLE sessions ADD COLUMN stepped_up_at INTEGER;
-- Who answers for a trainee's notes; absent for everybody else.
ALTER TABLE therapists ADD COLUMN supervisor_id BLOB REFERENCES therapists (id);

-- A booking has one note, and another only after the first was entered in error. SQLite keeps a table's own UNIQUE for as long as it keeps the
-- table, so the notes move to a new one, and what hangs on them with them.
CREATE TABLE new_session_notes (
    id BLOB NOT NULL PRIMARY KEY,
    booking_id BLOB NOT NULL REFERENCES bookings (id),
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
    -- The note of the same session that this one replaces.
    corrects_id BLOB REFERENCES note_errors (note_id),
    -- A JSON object: the parts carried over and not changed since, each with a keyed hash while it is a draft.
    carried TEXT NOT NULL,
    content_mac BLOB,
    decision_snapshot TEXT,
    document_hash TEXT,
    -- Whose co-signature the signature asked for.
    supervisor_id BLOB REFERENCES therapists (id),
    CONSTRAINT session_notes_id_booking_id_key UNIQUE (id, booking_id),
    CONSTRAINT session_notes_corrects_booking_fkey
        FOREIGN KEY (corrects_id, booking_id) REFERENCES new_session_notes (id, booking_id),
    CONSTRAINT session_notes_signed_check CHECK (
        state = 'draft' OR (
            sealed IS NOT NULL AND data_key_id IS NOT NULL AND signed_at IS NOT NULL AND content_hash IS NOT NULL
            AND credentials_snapshot IS NOT NULL
        )
    )
) STRICT, WITHOUT ROWID;
CREATE TABLE new_note_addenda (
    id BLOB NOT NULL PRIMARY KEY,
    note_id BLOB NOT NULL REFERENCES new_session_notes (id),
    author_id BLOB NOT NULL REFERENCES accounts (id),
    data_key_id BLOB NOT NULL REFERENCES data_keys (id),
    sealed BLOB NOT NULL,
    signed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE new_note_shares (
    note_id BLOB NOT NULL PRIMARY KEY REFERENCES new_session_notes (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    shared_by BLOB NOT NULL REFERENCES accounts (id),
    shared_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE note_errors (
    note_id BLOB NOT NULL PRIMARY KEY REFERENCES new_session_notes (id),
    entered_by BLOB NOT NULL REFERENCES accounts (id),
    data_key_id BLOB NOT NULL REFERENCES data_keys (id),
    sealed BLOB NOT NULL,
    entered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO new_session_notes
    SELECT id, booking_id, client_id, therapist_id, author_id, state, data_key_id, sealed, planned_starts_at, planned_ends_at,
        actual_starts_at, actual_ends_at, date_of_service, version, created_at, signed_at, content_hash, credentials_snapshot,
        NULL, '{}', NULL, NULL, NULL, NULL
    FROM session_notes;
INSERT INTO new_note_addenda SELECT id, note_id, author_id, data_key_id, sealed, signed_at FROM note_addenda;
INSERT INTO new_note_shares SELECT note_id, client_id, shared_by, shared_at FROM note_shares;
DROP TABLE note_shares;
DROP TABLE note_addenda;
DROP TABLE session_notes;
ALTER TABLE new_session_notes RENAME TO session_notes;
ALTER TABLE new_note_addenda RENAME TO note_addenda;
ALTER TABLE new_note_shares RENAME TO note_shares;
CREATE UNIQUE INDEX session_notes_booking_id_key ON session_notes (booking_id) WHERE corrects_id IS NULL;
CREATE UNIQUE INDEX session_notes_corrects_id_key ON session_notes (corrects_id);
CREATE INDEX session_notes_by_booking ON session_notes (booking_id);
CREATE INDEX session_notes_by_author ON session_notes (author_id, id);
CREATE INDEX session_notes_by_supervisor ON session_notes (supervisor_id) WHERE supervisor_id IS NOT NULL;
CREATE INDEX session_notes_drafts ON session_notes (therapist_id, planned_ends_at) WHERE state = 'draft';
CREATE INDEX session_notes_by_client ON session_notes (client_id, id);
CREATE INDEX session_notes_by_therapist ON session_notes (therapist_id, id);
CREATE INDEX note_addenda_by_note ON note_addenda (note_id, id);

CREATE TABLE note_cosignatures (
    note_id BLOB NOT NULL PRIMARY KEY REFERENCES session_notes (id),
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    cosigned_by BLOB NOT NULL REFERENCES accounts (id),
    document_hash TEXT NOT NULL,
    signed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE note_summaries (
    id BLOB NOT NULL PRIMARY KEY,
    note_id BLOB NOT NULL REFERENCES session_notes (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    author_id BLOB NOT NULL REFERENCES accounts (id),
    data_key_id BLOB NOT NULL REFERENCES data_keys (id),
    sealed BLOB NOT NULL,
    shared_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX note_summaries_by_note ON note_summaries (note_id, id);
CREATE INDEX note_summaries_by_client ON note_summaries (client_id, note_id);

-- What the losing side of a conflict sent; it goes when its author has taken it up or does not want it.
CREATE TABLE note_siblings (
    id BLOB NOT NULL PRIMARY KEY,
    note_id BLOB NOT NULL REFERENCES session_notes (id),
    base_version INTEGER NOT NULL,
    content_mac BLOB NOT NULL,
    carried TEXT NOT NULL,
    data_key_id BLOB NOT NULL REFERENCES data_keys (id),
    sealed BLOB NOT NULL,
    actual_starts_at INTEGER,
    actual_ends_at INTEGER,
    kept_at INTEGER NOT NULL,
    CONSTRAINT note_siblings_note_id_content_mac_key UNIQUE (note_id, content_mac)
) STRICT;

-- What a note may begin with. Nothing of any client, so nothing sealed.
CREATE TABLE note_templates (
    id BLOB NOT NULL PRIMARY KEY,
    -- Whose; the practice's, if absent.
    therapist_id BLOB REFERENCES therapists (id),
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;

-- The words a note is offered, one row a change; the last counts.
CREATE TABLE note_vocabularies (
    version INTEGER NOT NULL PRIMARY KEY,
    words TEXT NOT NULL,
    changed_by BLOB NOT NULL REFERENCES accounts (id),
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER session_notes_no_update BEFORE UPDATE ON session_notes
WHEN OLD.state = 'signed'
    OR (NEW.id, NEW.booking_id, NEW.client_id, NEW.therapist_id, NEW.author_id, NEW.created_at, NEW.corrects_id)
    IS NOT (OLD.id, OLD.booking_id, OLD.client_id, OLD.therapist_id, OLD.author_id, OLD.created_at, OLD.corrects_id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:session_notes_immutable'); END;
CREATE TRIGGER session_notes_no_delete BEFORE DELETE ON session_notes
WHEN OLD.state = 'signed'
BEGIN SELECT RAISE(ABORT, 'stillpoint:session_notes_immutable'); END;
CREATE TRIGGER session_notes_no_replace BEFORE INSERT ON session_notes
WHEN EXISTS (SELECT 1 FROM session_notes WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:session_notes_immutable'); END;
CREATE TRIGGER session_notes_one_a_booking BEFORE INSERT ON session_notes
WHEN NEW.corrects_id IS NULL
    AND EXISTS (SELECT 1 FROM session_notes WHERE booking_id = NEW.booking_id AND corrects_id IS NULL)
BEGIN SELECT RAISE(ABORT, 'stillpoint:session_notes_booking_id_key'); END;
CREATE TRIGGER session_notes_one_correction BEFORE INSERT ON session_notes
WHEN EXISTS (SELECT 1 FROM session_notes WHERE corrects_id = NEW.corrects_id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:session_notes_corrects_id_key'); END;
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
CREATE TRIGGER note_errors_no_update BEFORE UPDATE ON note_errors
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_errors_immutable'); END;
CREATE TRIGGER note_errors_no_delete BEFORE DELETE ON note_errors
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_errors_immutable'); END;
CREATE TRIGGER note_errors_no_replace BEFORE INSERT ON note_errors
WHEN EXISTS (SELECT 1 FROM note_errors WHERE note_id = NEW.note_id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_errors_immutable'); END;
CREATE TRIGGER note_cosignatures_no_update BEFORE UPDATE ON note_cosignatures
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_cosignatures_immutable'); END;
CREATE TRIGGER note_cosignatures_no_delete BEFORE DELETE ON note_cosignatures
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_cosignatures_immutable'); END;
CREATE TRIGGER note_cosignatures_no_replace BEFORE INSERT ON note_cosignatures
WHEN EXISTS (SELECT 1 FROM note_cosignatures WHERE note_id = NEW.note_id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_cosignatures_immutable'); END;
CREATE TRIGGER note_summaries_no_update BEFORE UPDATE ON note_summaries
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_summaries_immutable'); END;
CREATE TRIGGER note_summaries_no_delete BEFORE DELETE ON note_summaries
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_summaries_immutable'); END;
CREATE TRIGGER note_summaries_no_replace BEFORE INSERT ON note_summaries
WHEN EXISTS (SELECT 1 FROM note_summaries WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_summaries_immutable'); END;
-- Who signs now signs the whole; what was signed before there was a document went over as it was.
CREATE TRIGGER session_notes_signed_whole BEFORE UPDATE ON session_notes
WHEN NEW.state = 'signed' AND (NEW.document_hash IS NULL OR NEW.decision_snapshot IS NULL)
BEGIN SELECT RAISE(ABORT, 'stillpoint:session_notes_signed_whole'); END;
CREATE TRIGGER session_notes_born_whole BEFORE INSERT ON session_notes
WHEN NEW.state = 'signed' AND (NEW.document_hash IS NULL OR NEW.decision_snapshot IS NULL)
BEGIN SELECT RAISE(ABORT, 'stillpoint:session_notes_signed_whole'); END;
-- Nothing follows a draft.
CREATE TRIGGER note_addenda_signed BEFORE INSERT ON note_addenda
WHEN NOT EXISTS (SELECT 1 FROM session_notes WHERE id = NEW.note_id AND state = 'signed')
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_addenda_signed'); END;
CREATE TRIGGER note_shares_signed BEFORE INSERT ON note_shares
WHEN NOT EXISTS (SELECT 1 FROM session_notes WHERE id = NEW.note_id AND state = 'signed')
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_shares_signed'); END;
CREATE TRIGGER note_errors_signed BEFORE INSERT ON note_errors
WHEN NOT EXISTS (SELECT 1 FROM session_notes WHERE id = NEW.note_id AND state = 'signed')
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_errors_signed'); END;
CREATE TRIGGER note_cosignatures_signed BEFORE INSERT ON note_cosignatures
WHEN NOT EXISTS (SELECT 1 FROM session_notes WHERE id = NEW.note_id AND state = 'signed')
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_cosignatures_signed'); END;
CREATE TRIGGER note_summaries_signed BEFORE INSERT ON note_summaries
WHEN NOT EXISTS (SELECT 1 FROM session_notes WHERE id = NEW.note_id AND state = 'signed')
BEGIN SELECT RAISE(ABORT, 'stillpoint:note_summaries_signed'); END;
