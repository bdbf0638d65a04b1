DROP INDEX bookings_by_co_therapist;
ALTER TABLE bookings DROP COLUMN room_claim_ends_at;
ALTER TABLE bookings DROP COLUMN room_id;
ALTER TABLE bookings DROP COLUMN co_therapist_id;

CREATE TABLE old_occupancies (
    id BLOB NOT NULL PRIMARY KEY,
    resource TEXT NOT NULL CONSTRAINT occupancies_resource_check CHECK (resource IN ('therapist', 'client', 'room')),
    resource_id BLOB NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    booking_id BLOB NOT NULL REFERENCES bookings (id),
    session_type_id BLOB NOT NULL REFERENCES session_types (id),
    session_starts_at INTEGER NOT NULL,
    session_ends_at INTEGER NOT NULL,
    CONSTRAINT occupancies_span_check CHECK (starts_at < ends_at)
) STRICT;
INSERT INTO old_occupancies
SELECT id, resource, resource_id, starts_at, ends_at, booking_id, session_type_id, session_starts_at, session_ends_at FROM occupancies WHERE hold_id IS NULL;
DROP TABLE occupancies;
ALTER TABLE old_occupancies RENAME TO occupancies;
CREATE INDEX occupancies_by_resource ON occupancies (resource, resource_id, starts_at);
CREATE INDEX occupancies_by_booking ON occupancies (booking_id);

-- The database decides about time: no two claims on one therapist, client or room share an instant.
CREATE TRIGGER occupancies_overlap_on_insert BEFORE INSERT ON occupancies
WHEN EXISTS (
    -- Claims on one thing never overlap, so the last one that starts before this one ends is the only one that can.
    SELECT 1 FROM (
        SELECT ends_at FROM occupancies
        WHERE resource = NEW.resource AND resource_id = NEW.resource_id AND starts_at < NEW.ends_at AND id <> NEW.id
        ORDER BY starts_at DESC LIMIT 1
    ) WHERE ends_at > NEW.starts_at
)
BEGIN SELECT RAISE(ABORT, 'stillpoint:occupancies_overlap'); END;
CREATE TRIGGER occupancies_overlap_on_update BEFORE UPDATE ON occupancies
WHEN EXISTS (
    -- Claims on one thing never overlap, so the last one that starts before this one ends is the only one that can.
    SELECT 1 FROM (
        SELECT ends_at FROM occupancies
        WHERE resource = NEW.resource AND resource_id = NEW.resource_id AND starts_at < NEW.ends_at AND id <> NEW.id
        ORDER BY starts_at DESC LIMIT 1
    ) WHERE ends_at > NEW.starts_at
)
BEGIN SELECT RAISE(ABORT, 'stillpoint:occupancies_overlap'); END;

DROP TABLE slot_holds;
