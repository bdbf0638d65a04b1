-- Session notes: drafts may change, what is signed may not.

CREATE TABLE session_notes (
    id uuid NOT NULL PRIMARY KEY,
    booking_id uuid NOT NULL UNIQUE REFERENCES bookings (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    therapist_id uuid NOT NULL REFERENCES therapists (id),
    author_id uuid NOT NULL REFERENCES accounts (id),
    state TEXT NOT NULL CONSTRAINT session_notes_state_check CHECK (state IN ('draft', 'signed')),
    data_key_id uuid REFERENCES data_keys (id),
    sealed bytea,
    planned_starts_at timestamptz NOT NULL,
    planned_ends_at timestamptz NOT NULL,
    actual_starts_at timestamptz,
    actual_ends_at timestamptz,
    date_of_service date NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    signed_at timestamptz,
    content_hash TEXT,
    credentials_snapshot TEXT,
    CONSTRAINT session_notes_signed_check CHECK (
        state = 'draft' OR (
            sealed IS NOT NULL AND data_key_id IS NOT NULL AND signed_at IS NOT NULL AND content_hash IS NOT NULL
            AND credentials_snapshot IS NOT NULL
        )
    )
);
CREATE INDEX session_notes_by_client ON session_notes (client_id, id);
CREATE INDEX session_notes_by_therapist ON session_notes (therapist_id, id);

CREATE TABLE note_addenda (
    id uuid NOT NULL PRIMARY KEY,
    note_id uuid NOT NULL REFERENCES session_notes (id),
    author_id uuid NOT NULL REFERENCES accounts (id),
    data_key_id uuid NOT NULL REFERENCES data_keys (id),
    sealed bytea NOT NULL,
    signed_at timestamptz NOT NULL
);
CREATE INDEX note_addenda_by_note ON note_addenda (note_id, id);

CREATE TABLE note_shares (
    note_id uuid NOT NULL PRIMARY KEY REFERENCES session_notes (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    shared_by uuid NOT NULL REFERENCES accounts (id),
    shared_at timestamptz NOT NULL
);

-- A draft's content changes; whose session it is of does not.
CREATE TRIGGER session_notes_no_update BEFORE UPDATE ON session_notes
FOR EACH ROW WHEN (
    OLD.state = 'signed' OR (NEW.id, NEW.booking_id, NEW.client_id, NEW.therapist_id, NEW.author_id, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.booking_id, OLD.client_id, OLD.therapist_id, OLD.author_id, OLD.created_at)
) EXECUTE FUNCTION stillpoint_refuse('session_notes_immutable');
CREATE TRIGGER session_notes_no_delete BEFORE DELETE ON session_notes
FOR EACH ROW WHEN (OLD.state = 'signed') EXECUTE FUNCTION stillpoint_refuse('session_notes_immutable');
CREATE TRIGGER session_notes_no_truncate BEFORE TRUNCATE ON session_notes
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('session_notes_immutable');
CREATE TRIGGER note_addenda_no_change BEFORE UPDATE OR DELETE ON note_addenda
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('note_addenda_immutable');
CREATE TRIGGER note_addenda_no_truncate BEFORE TRUNCATE ON note_addenda
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('note_addenda_immutable');
CREATE TRIGGER note_shares_no_change BEFORE UPDATE OR DELETE ON note_shares
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('note_shares_immutable');
CREATE TRIGGER note_shares_no_truncate BEFORE TRUNCATE ON note_shares
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('note_shares_immutable');
