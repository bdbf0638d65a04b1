-- Courses of sessions, and the bookings that each became.

CREATE TABLE booking_series (
    id BLOB NOT NULL PRIMARY KEY,
    client_id BLOB NOT NULL REFERENCES clients (id),
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    session_type_id BLOB NOT NULL REFERENCES session_types (id),
    -- Absent where each start was given.
    cadence TEXT CONSTRAINT booking_series_cadence_check CHECK (cadence IN ('weekly', 'every_two_weeks', 'every_three_weeks', 'monthly', 'graduated')),
    requested_by BLOB NOT NULL REFERENCES accounts (id),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX booking_series_by_client ON booking_series (client_id, id);

CREATE TABLE booking_series_members (
    series_id BLOB NOT NULL REFERENCES booking_series (id),
    ordinal INTEGER NOT NULL CONSTRAINT booking_series_members_ordinal_check CHECK (ordinal >= 1),
    booking_id BLOB NOT NULL UNIQUE REFERENCES bookings (id),
    PRIMARY KEY (series_id, ordinal)
) STRICT, WITHOUT ROWID;
