-- Notes that say what they carry over, whom they wait for, and what became of them; and the password asked for again before a signature.

ALTER TABLE sessions ADD COLUMN stepped_up_at timestamptz;
-- Who answers for a trainee's notes; absent for everybody else.
ALTER TABLE therapists ADD COLUMN supervisor_id uuid REFERENCES therapists (id);

CREATE TABLE note_errors (
    note_id uuid NOT NULL PRIMARY KEY REFERENCES session_notes (id),
    entered_by uuid NOT NULL REFERENCES accounts (id),
    data_key_id uuid NOT NULL REFERENCES data_keys (id),
    sealed bytea NOT NULL,
    entered_at timestamptz NOT NULL
);
CREATE TABLE note_cosignatures (
    note_id uuid NOT NULL PRIMARY KEY REFERENCES session_notes (id),
    therapist_id uuid NOT NULL REFERENCES therapists (id),
    cosigned_by uuid NOT NULL REFERENCES accounts (id),
    document_hash TEXT NOT NULL,
    signed_at timestamptz NOT NULL
);
CREATE TABLE note_summaries (
    id uuid NOT NULL PRIMARY KEY,
    note_id uuid NOT NULL REFERENCES session_notes (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    author_id uuid NOT NULL REFERENCES accounts (id),
    data_key_id uuid NOT NULL REFERENCES data_keys (id),
    sealed bytea NOT NULL,
    shared_at timestamptz NOT NULL
);
CREATE INDEX note_summaries_by_note ON note_summaries (note_id, id);
CREATE INDEX note_summaries_by_client ON note_summaries (client_id, note_id);

-- A booking has one note, and another only after the first was entered in error.
ALTER TABLE session_notes
    DROP CONSTRAINT session_notes_booking_id_key,
    -- The note of the same session that this one replaces.
    ADD COLUMN corrects_id uuid REFERENCES note_errors (note_id),
    -- A JSON object: the parts carried over and not changed since, each with a keyed hash while it is a draft.
    ADD COLUMN carried TEXT NOT NULL DEFAULT '{}',
    ADD COLUMN content_mac bytea,
    ADD COLUMN decision_snapshot TEXT,
    ADD COLUMN document_hash TEXT,
    -- Whose co-signature the signature asked for.
    ADD COLUMN supervisor_id uuid REFERENCES therapists (id),
    ADD CONSTRAINT session_notes_id_booking_id_key UNIQUE (id, booking_id);
ALTER TABLE session_notes
    ADD CONSTRAINT session_notes_corrects_booking_fkey
        FOREIGN KEY (corrects_id, booking_id) REFERENCES session_notes (id, booking_id);
ALTER TABLE session_notes ALTER COLUMN carried DROP DEFAULT;
CREATE INDEX session_notes_by_booking ON session_notes (booking_id);
CREATE INDEX session_notes_by_author ON session_notes (author_id, id);
CREATE INDEX session_notes_by_supervisor ON session_notes (supervisor_id) WHERE supervisor_id IS NOT NULL;
CREATE INDEX session_notes_drafts ON session_notes (therapist_id, planned_ends_at) WHERE state = 'draft';
CREATE UNIQUE INDEX session_notes_booking_id_key ON session_notes (booking_id) WHERE corrects_id IS NULL;
CREATE UNIQUE INDEX session_notes_corrects_id_key ON session_notes (corrects_id);

-- What the losing side of a conflict sent; it goes when its author has taken it up or does not want it.
CREATE TABLE note_siblings (
    id uuid NOT NULL PRIMARY KEY,
    note_id uuid NOT NULL REFERENCES session_notes (id),
    base_version integer NOT NULL,
    content_mac bytea NOT NULL,
    carried TEXT NOT NULL,
    data_key_id uuid NOT NULL REFERENCES data_keys (id),
    sealed bytea NOT NULL,
    actual_starts_at timestamptz,
    actual_ends_at timestamptz,
    kept_at timestamptz NOT NULL,
    CONSTRAINT note_siblings_note_id_content_mac_key UNIQUE (note_id, content_mac)
);

-- What a note may begin with. Nothing of any client, so nothing sealed.
CREATE TABLE note_templates (
    id uuid NOT NULL PRIMARY KEY,
    -- Whose; the practice's, if absent.
    therapist_id uuid REFERENCES therapists (id),
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz
);

-- The words a note is offered, one row a change; the last counts.
CREATE TABLE note_vocabularies (
    version integer NOT NULL PRIMARY KEY,
    words TEXT NOT NULL,
    changed_by uuid NOT NULL REFERENCES accounts (id),
    changed_at timestamptz NOT NULL
);

DROP TRIGGER session_notes_no_update ON session_notes;
CREATE TRIGGER session_notes_no_update BEFORE UPDATE ON session_notes
FOR EACH ROW WHEN (
    OLD.state = 'signed'
    OR (NEW.id, NEW.booking_id, NEW.client_id, NEW.therapist_id, NEW.author_id, NEW.created_at, NEW.corrects_id)
        IS DISTINCT FROM
        (OLD.id, OLD.booking_id, OLD.client_id, OLD.therapist_id, OLD.author_id, OLD.created_at, OLD.corrects_id)
) EXECUTE FUNCTION stillpoint_refuse('session_notes_immutable');
CREATE TRIGGER note_errors_no_change BEFORE UPDATE OR DELETE ON note_errors
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('note_errors_immutable');
CREATE TRIGGER note_errors_no_truncate BEFORE TRUNCATE ON note_errors
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('note_errors_immutable');
CREATE TRIGGER note_cosignatures_no_change BEFORE UPDATE OR DELETE ON note_cosignatures
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('note_cosignatures_immutable');
CREATE TRIGGER note_cosignatures_no_truncate BEFORE TRUNCATE ON note_cosignatures
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('note_cosignatures_immutable');
CREATE TRIGGER note_summaries_no_change BEFORE UPDATE OR DELETE ON note_summaries
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('note_summaries_immutable');
CREATE TRIGGER note_summaries_no_truncate BEFORE TRUNCATE ON note_summaries
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('note_summaries_immutable');
-- Who signs now signs the whole; what was signed before there was a document stands as it was.
CREATE TRIGGER session_notes_signed_whole BEFORE INSERT OR UPDATE ON session_notes
FOR EACH ROW WHEN (NEW.state = 'signed' AND (NEW.document_hash IS NULL OR NEW.decision_snapshot IS NULL))
EXECUTE FUNCTION stillpoint_refuse('session_notes_signed_whole');
-- Nothing follows a draft.
CREATE FUNCTION stillpoint_note_is_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM session_notes WHERE id = NEW.note_id AND state = 'signed') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'stillpoint:%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER note_addenda_signed BEFORE INSERT ON note_addenda
FOR EACH ROW EXECUTE FUNCTION stillpoint_note_is_signed('note_addenda_signed');
CREATE TRIGGER note_shares_signed BEFORE INSERT ON note_shares
FOR EACH ROW EXECUTE FUNCTION stillpoint_note_is_signed('note_shares_signed');
CREATE TRIGGER note_errors_signed BEFORE INSERT ON note_errors
FOR EACH ROW EXECUTE FUNCTION stillpoint_note_is_signed('note_errors_signed');
CREATE TRIGGER note_cosignatures_signed BEFORE INSERT ON note_cosignatures
FOR EACH ROW EXECUTE FUNCTION stillpoint_note_is_signed('note_cosignatures_signed');
CREATE TRIGGER note_summaries_signed BEFORE INSERT ON note_summaries
FOR EACH ROW EXECUTE FUNCTION stillpoint_note_is_signed('note_summaries_signed');
