-- People who receive sessions, who answers for them, who treats them, and the keys that seal their content.

CREATE TABLE clients (
    id uuid NOT NULL PRIMARY KEY,
    account_id uuid UNIQUE REFERENCES accounts (id),
    name TEXT NOT NULL,
    -- The name in lower case, to search by.
    name_key TEXT NOT NULL,
    date_of_birth date,
    email TEXT,
    phone TEXT,
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE guardianships (
    id uuid NOT NULL PRIMARY KEY,
    ward_id uuid NOT NULL REFERENCES clients (id),
    guardian_id uuid NOT NULL REFERENCES clients (id),
    basis TEXT NOT NULL CONSTRAINT guardianships_basis_check CHECK (basis IN ('parent', 'legal_guardian', 'foster_carer', 'other')),
    state TEXT NOT NULL CONSTRAINT guardianships_state_check CHECK (state IN ('pending', 'accepted', 'declined', 'ended')),
    decided_by uuid REFERENCES accounts (id),
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX guardianships_by_ward ON guardianships (ward_id);
CREATE INDEX guardianships_by_guardian ON guardianships (guardian_id);

CREATE TABLE care_relationships (
    id uuid NOT NULL PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients (id),
    therapist_id uuid NOT NULL REFERENCES therapists (id),
    kind TEXT NOT NULL CONSTRAINT care_relationships_kind_check CHECK (kind IN ('treating', 'covering', 'supervising')),
    since timestamptz NOT NULL,
    until timestamptz,
    booking_id uuid,
    granted_by uuid REFERENCES accounts (id),
    reason TEXT,
    version integer NOT NULL
);
CREATE INDEX care_relationships_by_client ON care_relationships (client_id, therapist_id);
CREATE INDEX care_relationships_by_therapist ON care_relationships (therapist_id);
CREATE INDEX care_relationships_by_booking ON care_relationships (booking_id) WHERE booking_id IS NOT NULL;

-- With one of these a person takes over the record that staff made for them; only the code's hash is kept.
CREATE TABLE claim_codes (
    hash bytea NOT NULL PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX claim_codes_by_client ON claim_codes (client_id);

-- One key for one client and one retention class, wrapped by the master key; destroying it destroys what it sealed.
CREATE TABLE data_keys (
    id uuid NOT NULL PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients (id),
    class TEXT NOT NULL CONSTRAINT data_keys_class_check CHECK (class IN ('booking', 'intake', 'session_note')),
    wrapped bytea NOT NULL,
    master_key TEXT NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (client_id, class)
);
