DROP TABLE data_keys;
DROP TABLE claim_codes;
DROP TABLE care_relationships;
DROP TABLE guardianships;
DROP TABLE clients;
