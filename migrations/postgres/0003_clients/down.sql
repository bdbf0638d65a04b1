DROP TABLE data_keys;
DROP TABLE care_relationships;
DROP TABLE guardianships;
DROP TABLE clients;
