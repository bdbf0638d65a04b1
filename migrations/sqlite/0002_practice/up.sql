-- The practice, its places, its therapists and what they may do.

CREATE TABLE practices (
    id BLOB NOT NULL PRIMARY KEY,
    -- A store holds one practice.
    one INTEGER NOT NULL DEFAULT 1 UNIQUE CONSTRAINT practices_one_check CHECK (one = 1),
    name TEXT NOT NULL,
    contact_email TEXT NOT NULL,
    phone TEXT,
    zone TEXT NOT NULL,
    currency TEXT NOT NULL,
    cancellation_text TEXT NOT NULL,
    privacy_notice TEXT NOT NULL,
    -- Canonical JSON, read as a whole.
    settings TEXT NOT NULL,
    settings_version INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE locations (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- A JSON list of lines.
    address_lines TEXT NOT NULL,
    zone TEXT NOT NULL,
    active INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE therapists (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB UNIQUE REFERENCES accounts (id),
    name TEXT NOT NULL,
    bio TEXT NOT NULL,
    -- A JSON list of BCP 47 tags.
    languages TEXT NOT NULL,
    listed INTEGER NOT NULL,
    state TEXT NOT NULL CONSTRAINT therapists_state_check CHECK (state IN ('active', 'offboarded')),
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE credential_types (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT credential_types_kind_check CHECK (kind IN ('licence', 'certification', 'course', 'insurance', 'first_aid', 'board_certification')),
    issuer TEXT NOT NULL,
    jurisdiction TEXT,
    grants_adjustment INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE credentials (
    id BLOB NOT NULL PRIMARY KEY,
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    credential_type_id BLOB NOT NULL REFERENCES credential_types (id),
    number TEXT NOT NULL,
    issued_on TEXT NOT NULL,
    expires_on TEXT,
    reverify_by TEXT NOT NULL,
    state TEXT NOT NULL CONSTRAINT credentials_state_check CHECK (state IN ('submitted', 'verified', 'rejected', 'suspended', 'revoked')),
    self_attested INTEGER NOT NULL,
    supersedes BLOB REFERENCES credentials (id),
    submitted_by BLOB NOT NULL REFERENCES accounts (id),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    asserted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX credentials_by_therapist ON credentials (therapist_id);

-- What was said of a credential, when it took effect and when it was recorded: never changed, so any past day can be asked.
CREATE TABLE credential_assertions (
    id BLOB NOT NULL PRIMARY KEY,
    credential_id BLOB NOT NULL REFERENCES credentials (id),
    kind TEXT NOT NULL CONSTRAINT credential_assertions_kind_check CHECK (kind IN ('submitted', 'verified', 'rejected', 'resubmitted', 'suspended', 'reinstated', 'revoked')),
    effective_on TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id),
    method TEXT CONSTRAINT credential_assertions_method_check CHECK (method IN ('primary_source', 'document_seen', 'self_attested')),
    reason TEXT NOT NULL,
    source TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX credential_assertions_by_credential ON credential_assertions (credential_id, recorded_at);

CREATE TABLE session_types (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    duration_minutes INTEGER NOT NULL CONSTRAINT session_types_duration_check CHECK (duration_minutes BETWEEN 30 AND 60),
    price_minor INTEGER NOT NULL CONSTRAINT session_types_price_check CHECK (price_minor >= 0),
    currency TEXT NOT NULL,
    preparation_text TEXT NOT NULL,
    -- JSON lists: the schools' words, and groups of credential types of which one each is needed.
    schools TEXT NOT NULL,
    requirements TEXT NOT NULL,
    buffer_before_minutes INTEGER NOT NULL,
    buffer_after_minutes INTEGER NOT NULL,
    increment_minutes INTEGER NOT NULL,
    active INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TRIGGER credential_assertions_no_update BEFORE UPDATE ON credential_assertions
BEGIN SELECT RAISE(ABORT, 'stillpoint:credential_assertions_immutable'); END;
CREATE TRIGGER credential_assertions_no_delete BEFORE DELETE ON credential_assertions
BEGIN SELECT RAISE(ABORT, 'stillpoint:credential_assertions_immutable'); END;
CREATE TRIGGER credential_assertions_no_replace BEFORE INSERT ON credential_assertions
WHEN EXISTS (SELECT 1 FROM credential_assertions WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:credential_assertions_immutable'); END;
