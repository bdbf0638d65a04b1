-- Accounts, sessions, keys, receipts and the audit log: what every request rests on.

CREATE FUNCTION stillpoint_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stillpoint:%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TABLE accounts (
    id uuid NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    state TEXT NOT NULL CONSTRAINT accounts_state_check CHECK (state IN ('active', 'disabled')),
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE account_roles (
    account_id uuid NOT NULL REFERENCES accounts (id),
    role TEXT NOT NULL CONSTRAINT account_roles_role_check CHECK (role IN ('client', 'therapist', 'front_desk', 'verifier', 'admin')),
    PRIMARY KEY (account_id, role)
);

CREATE TABLE sessions (
    id uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX sessions_by_account ON sessions (account_id);

-- A session's refresh tokens, newest unused; only hashes are kept.
CREATE TABLE refresh_tokens (
    hash bytea NOT NULL PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id),
    issued_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE one_time_tokens (
    id uuid NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL CONSTRAINT one_time_tokens_purpose_check CHECK (purpose IN ('setup', 'recovery')),
    hash bytea NOT NULL UNIQUE,
    account_id uuid REFERENCES accounts (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE invitations (
    id uuid NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    role TEXT NOT NULL CONSTRAINT invitations_role_check CHECK (role IN ('client', 'therapist', 'front_desk', 'verifier', 'admin')),
    hash bytea NOT NULL UNIQUE,
    invited_by uuid NOT NULL REFERENCES accounts (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    account_id uuid REFERENCES accounts (id),
    version integer NOT NULL
);

-- Access tokens are signed with these; the private half is sealed under the master key.
CREATE TABLE token_keys (
    id uuid NOT NULL PRIMARY KEY,
    public_key bytea NOT NULL,
    sealed_seed bytea NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE idempotency_keys (
    account_id uuid NOT NULL REFERENCES accounts (id),
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    body_mac bytea NOT NULL,
    location TEXT NOT NULL,
    version integer NOT NULL,
    answer TEXT NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, operation, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE audit_events (
    id uuid NOT NULL PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    actor_kind TEXT NOT NULL CONSTRAINT audit_events_actor_kind_check CHECK (actor_kind IN ('anonymous', 'account', 'system')),
    account_id uuid,
    role TEXT,
    operation TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id uuid NOT NULL,
    client_id uuid,
    request_id uuid NOT NULL,
    details TEXT NOT NULL
);
CREATE INDEX audit_events_by_client ON audit_events (client_id, id) WHERE client_id IS NOT NULL;
CREATE INDEX audit_events_by_subject ON audit_events (subject_id, id);
CREATE INDEX audit_events_by_account ON audit_events (account_id, id) WHERE account_id IS NOT NULL;

CREATE TRIGGER audit_events_no_change BEFORE UPDATE OR DELETE ON audit_events
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('audit_events_immutable');
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('audit_events_immutable');
