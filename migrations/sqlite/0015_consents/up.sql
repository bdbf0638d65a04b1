-- What clients consent to, who has, and the links by which those without a login answer and sign.

CREATE TABLE consent_templates (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    requirement TEXT NOT NULL CONSTRAINT consent_templates_requirement_check CHECK (requirement IN ('undecided', 'required', 'optional')),
    -- JSON: the session types that need it; all of them where none is named.
    session_types TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- What is to be asked of whoever has sessions to come, client by client: a row as long as there is work left.
CREATE TABLE consent_walks (
    template_id BLOB NOT NULL PRIMARY KEY REFERENCES consent_templates (id),
    -- The last client that was seen to.
    after_client_id BLOB
) STRICT;

CREATE TABLE consent_template_versions (
    id BLOB NOT NULL PRIMARY KEY,
    template_id BLOB NOT NULL REFERENCES consent_templates (id),
    number INTEGER NOT NULL,
    -- JSON: the text in each language, and how long a signature under it holds.
    document TEXT NOT NULL,
    -- SHA-256 of the document; a draft has none.
    content_hash TEXT,
    published_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (template_id, number),
    CONSTRAINT consent_template_versions_published_check CHECK ((published_at IS NULL) = (content_hash IS NULL))
) STRICT, WITHOUT ROWID;

-- That a clinician stands for a version.
CREATE TABLE consent_sign_offs (
    template_version_id BLOB NOT NULL PRIMARY KEY REFERENCES consent_template_versions (id),
    clinician TEXT NOT NULL,
    profession TEXT NOT NULL,
    signed_off_on TEXT NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES accounts (id),
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE form_links (
    id BLOB NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    subject TEXT NOT NULL CONSTRAINT form_links_subject_check CHECK (subject IN ('consent', 'intake_response')),
    subject_id BLOB NOT NULL,
    client_id BLOB NOT NULL REFERENCES clients (id),
    -- Who is to answer and sign: the client, or a guardian of theirs.
    signer_id BLOB NOT NULL REFERENCES clients (id),
    medium TEXT NOT NULL CONSTRAINT form_links_medium_check CHECK (medium IN ('link', 'tablet')),
    issued_by BLOB NOT NULL REFERENCES accounts (id),
    identity_check TEXT NOT NULL CONSTRAINT form_links_identity_check_check
        CHECK (identity_check IN ('known_in_person', 'photo_id', 'spoken_details', 'contact_on_record')),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    -- When it ended otherwise: a later one took its place, or its form was closed.
    replaced_at INTEGER,
    CONSTRAINT form_links_end_check CHECK (used_at IS NULL OR replaced_at IS NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX form_links_by_subject ON form_links (subject_id, id);

CREATE TABLE consents (
    id BLOB NOT NULL PRIMARY KEY,
    client_id BLOB NOT NULL REFERENCES clients (id),
    template_id BLOB NOT NULL REFERENCES consent_templates (id),
    template_version_id BLOB NOT NULL REFERENCES consent_template_versions (id),
    presented_by BLOB REFERENCES accounts (id),
    due_at INTEGER,
    presented_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_by_client ON consents (client_id, id);
CREATE INDEX consents_by_template_version ON consents (template_version_id, id);

CREATE TABLE consent_signatures (
    consent_id BLOB NOT NULL PRIMARY KEY REFERENCES consents (id),
    signer_id BLOB NOT NULL REFERENCES clients (id),
    meaning TEXT NOT NULL CONSTRAINT consent_signatures_meaning_check CHECK (meaning IN ('i_consent', 'i_consent_for_my_ward')),
    -- SHA-256 of the text that was shown, and its language.
    text_hash TEXT NOT NULL,
    language TEXT NOT NULL,
    authenticated_by TEXT NOT NULL CONSTRAINT consent_signatures_authenticated_by_check
        CHECK (authenticated_by IN ('login', 'link', 'tablet')),
    account_id BLOB REFERENCES accounts (id),
    form_link_id BLOB REFERENCES form_links (id),
    identity_checked_by BLOB REFERENCES accounts (id),
    identity_check TEXT CONSTRAINT consent_signatures_identity_check_check
        CHECK (identity_check IN ('known_in_person', 'photo_id', 'spoken_details', 'contact_on_record')),
    witness_id BLOB REFERENCES accounts (id),
    valid_until TEXT,
    signed_at INTEGER NOT NULL,
    CONSTRAINT consent_signatures_login_check CHECK ((authenticated_by = 'login') = (account_id IS NOT NULL)),
    CONSTRAINT consent_signatures_link_check CHECK (
        (authenticated_by = 'login') = (form_link_id IS NULL) AND (form_link_id IS NULL) = (identity_check IS NULL)
        AND (form_link_id IS NULL) = (identity_checked_by IS NULL)
    ),
    CONSTRAINT consent_signatures_witness_check CHECK ((authenticated_by = 'tablet') = (witness_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- What was typed under a consent: blanked when the signer, or the client, is erased, and never changed otherwise.
CREATE TABLE consent_names (
    consent_id BLOB NOT NULL PRIMARY KEY REFERENCES consent_signatures (consent_id),
    name TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE consent_ends (
    consent_id BLOB NOT NULL PRIMARY KEY REFERENCES consents (id),
    kind TEXT NOT NULL CONSTRAINT consent_ends_kind_check CHECK (kind IN ('withdrawn', 'superseded')),
    -- The client or guardian who withdrew it with a login of their own; nobody where staff wrote it down at their word.
    withdrawn_by BLOB REFERENCES clients (id),
    account_id BLOB REFERENCES accounts (id),
    -- The reason, sealed, where one was given.
    data_key_id BLOB REFERENCES data_keys (id),
    sealed BLOB,
    ended_at INTEGER NOT NULL,
    CONSTRAINT consent_ends_sealed_check CHECK ((sealed IS NULL) = (data_key_id IS NULL))
) STRICT, WITHOUT ROWID;

-- Whoever holds a form link is nobody the practice knows; what is known is the link, and who gave it out for whom.
ALTER TABLE audit_events ADD COLUMN form_link_id BLOB;

CREATE TRIGGER consent_template_versions_no_update BEFORE UPDATE ON consent_template_versions
WHEN OLD.published_at IS NOT NULL
    OR (NEW.id, NEW.template_id, NEW.number, NEW.created_at) IS NOT (OLD.id, OLD.template_id, OLD.number, OLD.created_at)
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_template_versions_immutable'); END;
CREATE TRIGGER consent_template_versions_no_delete BEFORE DELETE ON consent_template_versions
WHEN OLD.published_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_template_versions_immutable'); END;
CREATE TRIGGER consent_template_versions_no_replace BEFORE INSERT ON consent_template_versions
WHEN EXISTS (
    SELECT 1 FROM consent_template_versions WHERE id = NEW.id OR (template_id = NEW.template_id AND number = NEW.number)
)
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_template_versions_immutable'); END;
CREATE TRIGGER consent_sign_offs_no_update BEFORE UPDATE ON consent_sign_offs
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_sign_offs_immutable'); END;
CREATE TRIGGER consent_sign_offs_no_delete BEFORE DELETE ON consent_sign_offs
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_sign_offs_immutable'); END;
CREATE TRIGGER consent_sign_offs_no_replace BEFORE INSERT ON consent_sign_offs
WHEN EXISTS (SELECT 1 FROM consent_sign_offs WHERE template_version_id = NEW.template_version_id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_sign_offs_immutable'); END;
CREATE TRIGGER consents_no_update BEFORE UPDATE ON consents
BEGIN SELECT RAISE(ABORT, 'stillpoint:consents_immutable'); END;
CREATE TRIGGER consents_no_delete BEFORE DELETE ON consents
BEGIN SELECT RAISE(ABORT, 'stillpoint:consents_immutable'); END;
CREATE TRIGGER consents_no_replace BEFORE INSERT ON consents
WHEN EXISTS (SELECT 1 FROM consents WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:consents_immutable'); END;
CREATE TRIGGER consent_signatures_no_update BEFORE UPDATE ON consent_signatures
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_signatures_immutable'); END;
CREATE TRIGGER consent_signatures_no_delete BEFORE DELETE ON consent_signatures
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_signatures_immutable'); END;
CREATE TRIGGER consent_signatures_no_replace BEFORE INSERT ON consent_signatures
WHEN EXISTS (SELECT 1 FROM consent_signatures WHERE consent_id = NEW.consent_id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_signatures_immutable'); END;
CREATE TRIGGER consent_ends_no_update BEFORE UPDATE ON consent_ends
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_ends_immutable'); END;
CREATE TRIGGER consent_ends_no_delete BEFORE DELETE ON consent_ends
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_ends_immutable'); END;
CREATE TRIGGER consent_ends_no_replace BEFORE INSERT ON consent_ends
WHEN EXISTS (SELECT 1 FROM consent_ends WHERE consent_id = NEW.consent_id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_ends_immutable'); END;
CREATE TRIGGER consent_names_no_update BEFORE UPDATE ON consent_names
WHEN NEW.consent_id IS NOT OLD.consent_id OR NEW.name IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_names_immutable'); END;
CREATE TRIGGER consent_names_no_delete BEFORE DELETE ON consent_names
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_names_immutable'); END;
CREATE TRIGGER consent_names_no_replace BEFORE INSERT ON consent_names
WHEN EXISTS (SELECT 1 FROM consent_names WHERE consent_id = NEW.consent_id)
BEGIN SELECT RAISE(ABORT, 'stillpoint:consent_names_immutable'); END;
CREATE TRIGGER form_links_no_update BEFORE UPDATE ON form_links
WHEN (NEW.id, NEW.hash, NEW.subject, NEW.subject_id, NEW.client_id, NEW.signer_id, NEW.medium, NEW.issued_by, NEW.identity_check, NEW.created_at, NEW.expires_at)
    IS NOT (OLD.id, OLD.hash, OLD.subject, OLD.subject_id, OLD.client_id, OLD.signer_id, OLD.medium, OLD.issued_by, OLD.identity_check, OLD.created_at, OLD.expires_at)
    OR (OLD.used_at IS NOT NULL AND NEW.used_at IS NOT OLD.used_at)
    OR (OLD.replaced_at IS NOT NULL AND NEW.replaced_at IS NOT OLD.replaced_at)
BEGIN SELECT RAISE(ABORT, 'stillpoint:form_links_immutable'); END;
CREATE TRIGGER form_links_no_delete BEFORE DELETE ON form_links
BEGIN SELECT RAISE(ABORT, 'stillpoint:form_links_immutable'); END;
CREATE TRIGGER form_links_no_replace BEFORE INSERT ON form_links
WHEN EXISTS (SELECT 1 FROM form_links WHERE id = NEW.id OR hash = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'stillpoint:form_links_immutable'); END;
