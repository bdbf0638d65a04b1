-- The health history: forms, answers and what screening says of them.

CREATE TABLE intake_forms (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE intake_form_versions (
    id BLOB NOT NULL PRIMARY KEY,
    form_id BLOB NOT NULL REFERENCES intake_forms (id),
    number INTEGER NOT NULL,
    definition TEXT NOT NULL,
    -- SHA-256 of the definition.
    content_hash TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    UNIQUE (form_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE screening_rulesets (
    id BLOB NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    document TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    published_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE intake_responses (
    id BLOB NOT NULL PRIMARY KEY,
    client_id BLOB NOT NULL REFERENCES clients (id),
    -- The booking that asked for it; no reference, since bookings come later in the house.
    booking_id BLOB,
    form_version_id BLOB NOT NULL REFERENCES intake_form_versions (id),
    state TEXT NOT NULL CONSTRAINT intake_responses_state_check CHECK (state IN ('issued', 'in_progress', 'submitted', 'screened', 'reviewed_clear', 'clearance_pending', 'cleared', 'declined', 'superseded', 'expired')),
    outcome TEXT CONSTRAINT intake_responses_outcome_check CHECK (outcome IN ('clear', 'caution', 'needs_clearance', 'refuse')),
    due_at INTEGER,
    submitted_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX intake_responses_by_client ON intake_responses (client_id, id);

CREATE TABLE intake_answers (
    response_id BLOB NOT NULL REFERENCES intake_responses (id),
    question TEXT NOT NULL,
    data_key_id BLOB NOT NULL REFERENCES data_keys (id),
    sealed BLOB NOT NULL,
    PRIMARY KEY (response_id, question)
) STRICT;

-- Each decision with the rules it went by; never changed.
CREATE TABLE screening_decisions (
    id BLOB NOT NULL PRIMARY KEY,
    response_id BLOB NOT NULL REFERENCES intake_responses (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    ruleset_id BLOB NOT NULL REFERENCES screening_rulesets (id),
    -- The version of the response it was decided on.
    response_version INTEGER NOT NULL,
    outcome TEXT NOT NULL CONSTRAINT screening_decisions_outcome_check CHECK (outcome IN ('clear', 'caution', 'needs_clearance', 'refuse')),
    data_key_id BLOB NOT NULL REFERENCES data_keys (id),
    -- The findings, sealed.
    sealed BLOB NOT NULL,
    -- The days it holds on, where it rests on a written clearance; none when it holds until a newer one.
    holds_from TEXT,
    holds_until TEXT,
    -- Whether that clearance names the client's age, so that the age rule is answered for on those days.
    age_cleared INTEGER NOT NULL,
    decided_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX screening_decisions_by_response ON screening_decisions (response_id, id);

-- What the therapist concluded, with the modification they chose, sealed; never changed.
CREATE TABLE intake_reviews (
    response_id BLOB NOT NULL REFERENCES intake_responses (id),
    -- The version of the response that the review made.
    response_version INTEGER NOT NULL,
    reviewed_by BLOB NOT NULL REFERENCES accounts (id),
    verdict TEXT NOT NULL CONSTRAINT intake_reviews_verdict_check CHECK (verdict IN ('clear', 'clearance_pending', 'decline')),
    data_key_id BLOB REFERENCES data_keys (id),
    sealed BLOB,
    reviewed_at INTEGER NOT NULL,
    PRIMARY KEY (response_id, response_version),
    CONSTRAINT intake_reviews_sealed_check CHECK ((sealed IS NULL) = (data_key_id IS NULL))
) STRICT, WITHOUT ROWID;

-- What a clinician wrote about a client's findings, recorded by the therapist; never changed.
CREATE TABLE clearances (
    id BLOB NOT NULL PRIMARY KEY,
    response_id BLOB NOT NULL REFERENCES intake_responses (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    recorded_by BLOB NOT NULL REFERENCES accounts (id),
    valid_from TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    data_key_id BLOB NOT NULL REFERENCES data_keys (id),
    -- Who wrote it and which findings it names, sealed.
    sealed BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    CONSTRAINT clearances_valid_check CHECK (valid_from <= valid_until)
) STRICT, WITHOUT ROWID;
CREATE INDEX clearances_by_client ON clearances (client_id, id);

CREATE TRIGGER intake_form_versions_no_update BEFORE UPDATE ON intake_form_versions
BEGIN SELECT RAISE(ABORT, 'stillpoint:intake_form_versions_immutable'); END;
CREATE TRIGGER intake_form_versions_no_delete BEFORE DELETE ON intake_form_versions
BEGIN SELECT RAISE(ABORT, 'stillpoint:intake_form_versions_immutable'); END;
CREATE TRIGGER intake_form_versions_no_replace BEFORE INSERT ON intake_form_versions
WHEN EXISTS (
    SELECT 1 FROM intake_form_versions WHERE id = NEW.id OR (form_id = NEW.form_id AND number = NEW.number)
)
BEGIN SELECT RAISE(ABORT, 'stillpoint:intake_form_versions_immutable'); END;
CREATE TRIGGER screening_rulesets_no_update BEFORE UPDATE ON screening_rulesets
BEGIN SELECT RAISE(ABORT, 'stillpoint:screening_rulesets_immutable'); END;
CREATE TRIGGER screening_rulesets_no_delete BEFORE DELETE ON screening_rulesets
BEGIN SELECT RAISE(ABORT, 'stillpoint:screening_rulesets_immutable'); END;
CREATE TRIGGER screening_rulesets_no_replace BEFORE INSERT ON screening_rulesets
WHEN EXISTS (SELECT 1 FROM screening_rulesets WHERE id = NEW.id OR number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'stillpoint:screening_rulesets_immutable'); END;
CREATE TRIGGER screening_decisions_no_update BEFORE UPDATE ON screening_decisions
BEGIN SELECT RAISE(ABORT, 'stillpoint:screening_decisions_immutable'); END;
CREATE TRIGGER screening_decisions_no_delete BEFORE DELETE ON screening_decisions
BEGIN SELECT RAISE(ABORT, 'stillpoint:screening_decisions_immutable'); END;
CREATE TRIGGER screening_decisions_no_replace BEFORE INSERT ON screening_decisions
WHEN EXISTS (SELECT 1 FROM screening_decisions WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:screening_decisions_immutable'); END;
CREATE TRIGGER intake_reviews_no_update BEFORE UPDATE ON intake_reviews
BEGIN SELECT RAISE(ABORT, 'stillpoint:intake_reviews_immutable'); END;
CREATE TRIGGER intake_reviews_no_delete BEFORE DELETE ON intake_reviews
BEGIN SELECT RAISE(ABORT, 'stillpoint:intake_reviews_immutable'); END;
CREATE TRIGGER intake_reviews_no_replace BEFORE INSERT ON intake_reviews
WHEN EXISTS (SELECT 1 FROM intake_reviews WHERE response_id = NEW.response_id AND response_version = NEW.response_version)
BEGIN SELECT RAISE(ABORT, 'stillpoint:intake_reviews_immutable'); END;
CREATE TRIGGER clearances_no_update BEFORE UPDATE ON clearances
BEGIN SELECT RAISE(ABORT, 'stillpoint:clearances_immutable'); END;
CREATE TRIGGER clearances_no_delete BEFORE DELETE ON clearances
BEGIN SELECT RAISE(ABORT, 'stillpoint:clearances_immutable'); END;
CREATE TRIGGER clearances_no_replace BEFORE INSERT ON clearances
WHEN EXISTS (SELECT 1 FROM clearances WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:clearances_immutable'); END;
