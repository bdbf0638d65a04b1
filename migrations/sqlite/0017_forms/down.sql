ALTER TABLE intake_responses DROP COLUMN attested_at;
ALTER TABLE intake_responses DROP COLUMN carried_from;
ALTER TABLE intake_responses DROP COLUMN answered_as;
ALTER TABLE intake_responses DROP COLUMN answered_by;
DROP TABLE intake_form_drafts;
