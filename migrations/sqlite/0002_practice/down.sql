DROP TABLE session_types;
DROP TABLE credential_assertions;
DROP TABLE credentials;
DROP TABLE credential_types;
DROP TABLE therapists;
DROP TABLE locations;
DROP TABLE practices;
