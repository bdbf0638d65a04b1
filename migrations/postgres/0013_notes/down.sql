-- A session that has two notes, one of them entered in error, keeps a store from going back: neither may be given up.
DROP TRIGGER session_notes_no_update ON session_notes;
DROP INDEX session_notes_corrects_id_key;
DROP INDEX session_notes_booking_id_key;
ALTER TABLE session_notes
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
ALTER TABLE therapists DROP COLUMN supervisor_id;
ALTER TABLE sessions DROP COLUMN stepped_up_at;
