-- The health history: forms, answers and what screening says of them.

CREATE TABLE intake_forms (
    id uuid NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
);

CREATE TABLE intake_form_versions (
    id uuid NOT NULL PRIMARY KEY,
    form_id uuid NOT NULL REFERENCES intake_forms (id),
    number integer NOT NULL,
    definition TEXT NOT NULL,
    -- SHA-256 of the definition.
    content_hash TEXT NOT NULL,
    published_at timestamptz NOT NULL,
    UNIQUE (form_id, number)
);

CREATE TABLE screening_rulesets (
    id uuid NOT NULL PRIMARY KEY,
    number integer NOT NULL UNIQUE,
    document TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    published_at timestamptz NOT NULL
);

CREATE TABLE intake_responses (
    id uuid NOT NULL PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients (id),
    -- The booking that asked for it; no reference, since bookings come later in the house.
    booking_id uuid,
    form_version_id uuid NOT NULL REFERENCES intake_form_versions (id),
    state TEXT NOT NULL CONSTRAINT intake_responses_state_check CHECK (state IN ('issued', 'in_progress', 'submitted', 'screened', 'reviewed_clear', 'clearance_pending', 'cleared', 'declined', 'superseded', 'expired')),
    outcome TEXT CONSTRAINT intake_responses_outcome_check CHECK (outcome IN ('clear', 'caution', 'needs_clearance', 'refuse')),
    due_at timestamptz,
    submitted_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX intake_responses_by_client ON intake_responses (client_id, id);

CREATE TABLE intake_answers (
    response_id uuid NOT NULL REFERENCES intake_responses (id),
    question TEXT NOT NULL,
    data_key_id uuid NOT NULL REFERENCES data_keys (id),
    sealed bytea NOT NULL,
    PRIMARY KEY (response_id, question)
);

-- Each decision with the rules it went by; never changed.
CREATE TABLE screening_decisions (
    id uuid NOT NULL PRIMARY KEY,
    response_id uuid NOT NULL REFERENCES intake_responses (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    ruleset_id uuid NOT NULL REFERENCES screening_rulesets (id),
    -- The version of the response it was decided on.
    response_version integer NOT NULL,
    outcome TEXT NOT NULL CONSTRAINT screening_decisions_outcome_check CHECK (outcome IN ('clear', 'caution', 'needs_clearance', 'refuse')),
    data_key_id uuid NOT NULL REFERENCES data_keys (id),
    -- The findings, sealed.
    sealed bytea NOT NULL,
    -- The days it holds on, where it rests on a written clearance; none when it holds until a newer one.
    holds_from date,
    holds_until date,
    -- Whether that clearance names the client's age, so that the age rule is answered for on those days.
    age_cleared boolean NOT NULL,
    decided_at timestamptz NOT NULL
);
CREATE INDEX screening_decisions_by_response ON screening_decisions (response_id, id);

-- What the therapist concluded, with the modification they chose, sealed; never changed.
CREATE TABLE intake_reviews (
    response_id uuid NOT NULL REFERENCES intake_responses (id),
    -- The version of the response that the review made.
    response_version integer NOT NULL,
    reviewed_by uuid NOT NULL REFERENCES accounts (id),
    verdict TEXT NOT NULL CONSTRAINT intake_reviews_verdict_check CHECK (verdict IN ('clear', 'clearance_pending', 'decline')),
    data_key_id uuid REFERENCES data_keys (id),
    sealed bytea,
    reviewed_at timestamptz NOT NULL,
    PRIMARY KEY (response_id, response_version),
    CONSTRAINT intake_reviews_sealed_check CHECK ((sealed IS NULL) = (data_key_id IS NULL))
);

-- What a clinician wrote about a client's findings, recorded by the therapist; never changed.
CREATE TABLE clearances (
    id uuid NOT NULL PRIMARY KEY,
    response_id uuid NOT NULL REFERENCES intake_responses (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    recorded_by uuid NOT NULL REFERENCES accounts (id),
    valid_from date NOT NULL,
    valid_until date NOT NULL,
    data_key_id uuid NOT NULL REFERENCES data_keys (id),
    -- Who wrote it and which findings it names, sealed.
    sealed bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT clearances_valid_check CHECK (valid_from <= valid_until)
);
CREATE INDEX clearances_by_client ON clearances (client_id, id);

CREATE TRIGGER intake_form_versions_no_change BEFORE UPDATE OR DELETE ON intake_form_versions
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('intake_form_versions_immutable');
CREATE TRIGGER intake_form_versions_no_truncate BEFORE TRUNCATE ON intake_form_versions
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('intake_form_versions_immutable');
CREATE TRIGGER screening_rulesets_no_change BEFORE UPDATE OR DELETE ON screening_rulesets
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('screening_rulesets_immutable');
CREATE TRIGGER screening_rulesets_no_truncate BEFORE TRUNCATE ON screening_rulesets
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('screening_rulesets_immutable');
CREATE TRIGGER screening_decisions_no_change BEFORE UPDATE OR DELETE ON screening_decisions
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('screening_decisions_immutable');
CREATE TRIGGER screening_decisions_no_truncate BEFORE TRUNCATE ON screening_decisions
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('screening_decisions_immutable');
CREATE TRIGGER intake_reviews_no_change BEFORE UPDATE OR DELETE ON intake_reviews
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('intake_reviews_immutable');
CREATE TRIGGER intake_reviews_no_truncate BEFORE TRUNCATE ON intake_reviews
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('intake_reviews_immutable');
CREATE TRIGGER clearances_no_change BEFORE UPDATE OR DELETE ON clearances
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('clearances_immutable');
CREATE TRIGGER clearances_no_truncate BEFORE TRUNCATE ON clearances
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('clearances_immutable');
