-- What only this migration has a place for keeps a store from going back: it may not be given up.
CREATE TABLE notes_to_lose (count INTEGER CONSTRAINT notes_would_be_lost CHECK (count = 0));
INSERT INTO notes_to_lose SELECT (SELECT count(*) FROM note_siblings) + (SELECT count(*) FROM note_summaries)
    + (SELECT count(*) FROM note_cosignatures) + (SELECT count(*) FROM note_errors);
DROP TABLE notes_to_lose;
DROP TRIGGER session_notes_no_update ON session_notes;
DROP TRIGGER session_notes_signed_whole ON session_notes;
DROP TRIGGER note_addenda_signed ON note_addenda;
DROP TRIGGER note_shares_signed ON note_shares;
DROP INDEX session_notes_by_booking;
DROP INDEX session_notes_by_supervisor;
DROP INDEX session_notes_by_author;
DROP INDEX session_notes_drafts;
DROP INDEX session_notes_corrects_id_key;
DROP INDEX session_notes_booking_id_key;
ALTER TABLE session_notes
    DROP CONSTRAINT session_notes_corrects_booking_fkey,
    DROP CONSTRAINT session_notes_id_booking_id_key,
    DROP COLUMN supervisor_id,
    DROP COLUMN document_hash,
    DROP COLUMN decision_snapshot,
    DROP COLUMN content_mac,
    DROP COLUMN carried,
    DROP COLUMN corrects_id,
    ADD CONSTRAINT session_notes_booking_id_key UNIQUE (booking_id);
CREATE TRIGGER session_notes_no_update BEFORE UPDATE ON session_notes
FOR EACH ROW WHEN (
    OLD.state = 'signed' OR (NEW.id, NEW.booking_id, NEW.client_id, NEW.therapist_id, NEW.author_id, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.booking_id, OLD.client_id, OLD.therapist_id, OLD.author_id, OLD.created_at)
) EXECUTE FUNCTION stillpoint_refuse('session_notes_immutable');
DROP TABLE note_vocabularies;
DROP TABLE note_templates;
DROP TABLE note_siblings;
DROP TABLE note_summaries;
DROP TABLE note_cosignatures;
DROP TABLE note_errors;
DROP FUNCTION stillpoint_note_is_signed();
ALTER TABLE therapists DROP COLUMN supervisor_id;
ALTER TABLE sessions DROP COLUMN stepped_up_at;
