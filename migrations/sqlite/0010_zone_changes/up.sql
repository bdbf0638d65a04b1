-- Bookings whose zone's clocks were changed after they were agreed, and bookings that came from another calendar.

CREATE TABLE zone_changes (
    id BLOB NOT NULL PRIMARY KEY,
    booking_id BLOB NOT NULL REFERENCES bookings (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    -- What the clock was to show, as it was agreed.
    local_start TEXT NOT NULL,
    zone TEXT NOT NULL,
    old_tz_version TEXT NOT NULL,
    new_tz_version TEXT NOT NULL,
    old_starts_at INTEGER NOT NULL,
    -- When the clock shows it by the new rules; absent where it never does, or twice.
    new_starts_at INTEGER,
    outcome TEXT NOT NULL CONSTRAINT zone_changes_outcome_check CHECK (outcome IN ('kept_local_time', 'collides', 'nonexistent', 'ambiguous')),
    noticed_at INTEGER NOT NULL,
    acknowledged_by BLOB REFERENCES accounts (id),
    acknowledged_at INTEGER,
    version INTEGER NOT NULL,
    CONSTRAINT zone_changes_acknowledged_check CHECK ((acknowledged_by IS NULL) = (acknowledged_at IS NULL))
) STRICT;
CREATE INDEX zone_changes_by_booking ON zone_changes (booking_id);
CREATE INDEX zone_changes_open ON zone_changes (id) WHERE acknowledged_at IS NULL;

CREATE TABLE booking_imports (
    id BLOB NOT NULL PRIMARY KEY,
    imported_by BLOB NOT NULL REFERENCES accounts (id),
    imported_at INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    created_count INTEGER NOT NULL,
    -- A keyed hash of the file.
    fingerprint BLOB NOT NULL
) STRICT;

CREATE TABLE imported_bookings (
    booking_id BLOB NOT NULL PRIMARY KEY REFERENCES bookings (id),
    import_id BLOB NOT NULL REFERENCES booking_imports (id),
    -- What the other calendar calls it.
    reference TEXT NOT NULL,
    CONSTRAINT imported_bookings_reference_key UNIQUE (reference)
) STRICT;
CREATE INDEX imported_bookings_by_import ON imported_bookings (import_id);
