-- Forms of the practice's own, and who answered how: in which capacity, from which earlier response, and whether they said that nothing has changed.

-- The next version of a form while it is written; it becomes a row of intake_form_versions under the same id and goes.
CREATE TABLE intake_form_drafts (
    id BLOB NOT NULL PRIMARY KEY,
    form_id BLOB NOT NULL UNIQUE REFERENCES intake_forms (id),
    number INTEGER NOT NULL,
    definition TEXT NOT NULL,
    version INTEGER NOT NULL,
    begun_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE intake_responses ADD COLUMN answered_by BLOB REFERENCES accounts (id);
ALTER TABLE intake_responses ADD COLUMN answered_as TEXT CONSTRAINT intake_responses_answered_as_check CHECK (answered_as IN ('own', 'guardian', 'link', 'tablet'));
ALTER TABLE intake_responses ADD COLUMN carried_from BLOB REFERENCES intake_responses (id);
ALTER TABLE intake_responses ADD COLUMN attested_at INTEGER;
