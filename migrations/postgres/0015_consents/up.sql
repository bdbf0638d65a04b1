-- What clients consent to, who has, and the links by which those without a login answer and sign.

CREATE TABLE consent_templates (
    id uuid NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    requirement TEXT NOT NULL CONSTRAINT consent_templates_requirement_check CHECK (requirement IN ('undecided', 'required', 'optional')),
    -- JSON: the session types that need it; all of them where none is named.
    session_types TEXT NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);

-- What is to be asked of whoever has sessions to come, client by client: a row as long as there is work left.
CREATE TABLE consent_walks (
    template_id uuid NOT NULL PRIMARY KEY REFERENCES consent_templates (id),
    -- The last client that was seen to.
    after_client_id uuid
);

CREATE TABLE consent_template_versions (
    id uuid NOT NULL PRIMARY KEY,
    template_id uuid NOT NULL REFERENCES consent_templates (id),
    number integer NOT NULL,
    -- JSON: the text in each language, and how long a signature under it holds.
    document TEXT NOT NULL,
    -- SHA-256 of the document; a draft has none.
    content_hash TEXT,
    published_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (template_id, number),
    CONSTRAINT consent_template_versions_published_check CHECK ((published_at IS NULL) = (content_hash IS NULL))
);

-- That a clinician stands for a version.
CREATE TABLE consent_sign_offs (
    template_version_id uuid NOT NULL PRIMARY KEY REFERENCES consent_template_versions (id),
    clinician TEXT NOT NULL,
    profession TEXT NOT NULL,
    signed_off_on date NOT NULL,
    recorded_by uuid NOT NULL REFERENCES accounts (id),
    recorded_at timestamptz NOT NULL
);

CREATE TABLE form_links (
    id uuid NOT NULL PRIMARY KEY,
    hash bytea NOT NULL UNIQUE,
    subject TEXT NOT NULL CONSTRAINT form_links_subject_check CHECK (subject IN ('consent', 'intake_response')),
    subject_id uuid NOT NULL,
    client_id uuid NOT NULL REFERENCES clients (id),
    -- Who is to answer and sign: the client, or a guardian of theirs.
    signer_id uuid NOT NULL REFERENCES clients (id),
    medium TEXT NOT NULL CONSTRAINT form_links_medium_check CHECK (medium IN ('link', 'tablet')),
    issued_by uuid NOT NULL REFERENCES accounts (id),
    identity_check TEXT NOT NULL CONSTRAINT form_links_identity_check_check
        CHECK (identity_check IN ('known_in_person', 'photo_id', 'spoken_details', 'contact_on_record')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    -- When it ended otherwise: a later one took its place, or its form was closed.
    replaced_at timestamptz,
    CONSTRAINT form_links_end_check CHECK (used_at IS NULL OR replaced_at IS NULL)
);
CREATE INDEX form_links_by_subject ON form_links (subject_id, id);

CREATE TABLE consents (
    id uuid NOT NULL PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients (id),
    template_id uuid NOT NULL REFERENCES consent_templates (id),
    template_version_id uuid NOT NULL REFERENCES consent_template_versions (id),
    presented_by uuid REFERENCES accounts (id),
    due_at timestamptz,
    presented_at timestamptz NOT NULL
);
CREATE INDEX consents_by_client ON consents (client_id, id);
CREATE INDEX consents_by_template_version ON consents (template_version_id, id);

CREATE TABLE consent_signatures (
    consent_id uuid NOT NULL PRIMARY KEY REFERENCES consents (id),
    signer_id uuid NOT NULL REFERENCES clients (id),
    meaning TEXT NOT NULL CONSTRAINT consent_signatures_meaning_check CHECK (meaning IN ('i_consent', 'i_consent_for_my_ward')),
    -- SHA-256 of the text that was shown, and its language.
    text_hash TEXT NOT NULL,
    language TEXT NOT NULL,
    authenticated_by TEXT NOT NULL CONSTRAINT consent_signatures_authenticated_by_check
        CHECK (authenticated_by IN ('login', 'link', 'tablet')),
    account_id uuid REFERENCES accounts (id),
    form_link_id uuid REFERENCES form_links (id),
    identity_checked_by uuid REFERENCES accounts (id),
    identity_check TEXT CONSTRAINT consent_signatures_identity_check_check
        CHECK (identity_check IN ('known_in_person', 'photo_id', 'spoken_details', 'contact_on_record')),
    witness_id uuid REFERENCES accounts (id),
    valid_until date,
    signed_at timestamptz NOT NULL,
    CONSTRAINT consent_signatures_login_check CHECK ((authenticated_by = 'login') = (account_id IS NOT NULL)),
    CONSTRAINT consent_signatures_link_check CHECK (
        (authenticated_by = 'login') = (form_link_id IS NULL) AND (form_link_id IS NULL) = (identity_check IS NULL)
        AND (form_link_id IS NULL) = (identity_checked_by IS NULL)
    ),
    CONSTRAINT consent_signatures_witness_check CHECK ((authenticated_by = 'tablet') = (witness_id IS NOT NULL))
);

-- What was typed under a consent: blanked when the signer, or the client, is erased, and never changed otherwise.
CREATE TABLE consent_names (
    consent_id uuid NOT NULL PRIMARY KEY REFERENCES consent_signatures (consent_id),
    name TEXT
);

CREATE TABLE consent_ends (
    consent_id uuid NOT NULL PRIMARY KEY REFERENCES consents (id),
    kind TEXT NOT NULL CONSTRAINT consent_ends_kind_check CHECK (kind IN ('withdrawn', 'superseded')),
    -- The client or guardian who withdrew it with a login of their own; nobody where staff wrote it down at their word.
    withdrawn_by uuid REFERENCES clients (id),
    account_id uuid REFERENCES accounts (id),
    -- The reason, sealed, where one was given.
    data_key_id uuid REFERENCES data_keys (id),
    sealed bytea,
    ended_at timestamptz NOT NULL,
    CONSTRAINT consent_ends_sealed_check CHECK ((sealed IS NULL) = (data_key_id IS NULL))
);

-- Whoever holds a form link is nobody the practice knows; what is known is the link, and who gave it out for whom.
ALTER TABLE audit_events ADD COLUMN form_link_id uuid;

CREATE TRIGGER consent_template_versions_no_update BEFORE UPDATE ON consent_template_versions
FOR EACH ROW WHEN (
    OLD.published_at IS NOT NULL
    OR (NEW.id, NEW.template_id, NEW.number, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.template_id, OLD.number, OLD.created_at)
) EXECUTE FUNCTION stillpoint_refuse('consent_template_versions_immutable');
CREATE TRIGGER consent_template_versions_no_delete BEFORE DELETE ON consent_template_versions
FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION stillpoint_refuse('consent_template_versions_immutable');
CREATE TRIGGER consent_template_versions_no_truncate BEFORE TRUNCATE ON consent_template_versions
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('consent_template_versions_immutable');
CREATE TRIGGER consent_sign_offs_no_change BEFORE UPDATE OR DELETE ON consent_sign_offs
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('consent_sign_offs_immutable');
CREATE TRIGGER consent_sign_offs_no_truncate BEFORE TRUNCATE ON consent_sign_offs
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('consent_sign_offs_immutable');
CREATE TRIGGER consents_no_change BEFORE UPDATE OR DELETE ON consents
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('consents_immutable');
CREATE TRIGGER consents_no_truncate BEFORE TRUNCATE ON consents
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('consents_immutable');
CREATE TRIGGER consent_signatures_no_change BEFORE UPDATE OR DELETE ON consent_signatures
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('consent_signatures_immutable');
CREATE TRIGGER consent_signatures_no_truncate BEFORE TRUNCATE ON consent_signatures
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('consent_signatures_immutable');
CREATE TRIGGER consent_ends_no_change BEFORE UPDATE OR DELETE ON consent_ends
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('consent_ends_immutable');
CREATE TRIGGER consent_ends_no_truncate BEFORE TRUNCATE ON consent_ends
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('consent_ends_immutable');
CREATE TRIGGER consent_names_no_update BEFORE UPDATE ON consent_names
FOR EACH ROW WHEN (NEW.consent_id IS DISTINCT FROM OLD.consent_id OR NEW.name IS NOT NULL)
EXECUTE FUNCTION stillpoint_refuse('consent_names_immutable');
CREATE TRIGGER consent_names_no_delete BEFORE DELETE ON consent_names
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('consent_names_immutable');
CREATE TRIGGER consent_names_no_truncate BEFORE TRUNCATE ON consent_names
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('consent_names_immutable');
CREATE TRIGGER form_links_no_update BEFORE UPDATE ON form_links
FOR EACH ROW WHEN (
    (NEW.id, NEW.hash, NEW.subject, NEW.subject_id, NEW.client_id, NEW.signer_id, NEW.medium, NEW.issued_by, NEW.identity_check, NEW.created_at, NEW.expires_at)
        IS DISTINCT FROM (OLD.id, OLD.hash, OLD.subject, OLD.subject_id, OLD.client_id, OLD.signer_id, OLD.medium, OLD.issued_by, OLD.identity_check, OLD.created_at, OLD.expires_at)
    OR (OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at)
    OR (OLD.replaced_at IS NOT NULL AND NEW.replaced_at IS DISTINCT FROM OLD.replaced_at)
) EXECUTE FUNCTION stillpoint_refuse('form_links_immutable');
CREATE TRIGGER form_links_no_delete BEFORE DELETE ON form_links
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('form_links_immutable');
CREATE TRIGGER form_links_no_truncate BEFORE TRUNCATE ON form_links
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('form_links_immutable');
