DROP TABLE note_shares;
DROP TABLE note_addenda;
DROP TABLE session_notes;
