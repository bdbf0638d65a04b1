ALTER TABLE audit_events DROP COLUMN form_link_id;
DROP TABLE consent_ends;
DROP TABLE consent_signatures;
DROP TABLE consents;
DROP TABLE form_links;
DROP TABLE consent_sign_offs;
DROP TABLE consent_template_versions;
DROP TABLE consent_walks;
DROP TABLE consent_templates;
