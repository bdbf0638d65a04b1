-- Time held for a client for a few minutes, and what a session claims beside one therapist: a second therapist, a room.

CREATE TABLE slot_holds (
    id BLOB NOT NULL PRIMARY KEY,
    client_id BLOB NOT NULL REFERENCES clients (id),
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    co_therapist_id BLOB REFERENCES therapists (id),
    session_type_id BLOB NOT NULL REFERENCES session_types (id),
    location_id BLOB NOT NULL REFERENCES locations (id),
    room_id BLOB REFERENCES rooms (id),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    claim_starts_at INTEGER NOT NULL,
    claim_ends_at INTEGER NOT NULL,
    room_claim_ends_at INTEGER,
    zone TEXT NOT NULL,
    held_by BLOB NOT NULL REFERENCES accounts (id),
    expires_at INTEGER NOT NULL,
    extensions INTEGER NOT NULL,
    -- Held until something else is written: of one that ran out, its expiry says so first.
    state TEXT NOT NULL CONSTRAINT slot_holds_state_check CHECK (state IN ('held', 'converted', 'released', 'replaced', 'expired')),
    ended_at INTEGER,
    -- The booking that took its place: written just before the booking itself, whose claims cannot stand beside these.
    booking_id BLOB,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT slot_holds_span_check CHECK (claim_starts_at <= starts_at AND starts_at < ends_at AND ends_at <= claim_ends_at),
    CONSTRAINT slot_holds_room_check CHECK ((room_id IS NULL) = (room_claim_ends_at IS NULL)),
    CONSTRAINT slot_holds_end_check CHECK ((state = 'held') = (ended_at IS NULL))
) STRICT;
-- A client holds one slot at a time.
CREATE UNIQUE INDEX slot_holds_client_id_key ON slot_holds (client_id) WHERE state = 'held';
CREATE INDEX slot_holds_by_expiry ON slot_holds (expires_at) WHERE state = 'held';

-- A claim is a booking's or a hold's; a hold's is worth nothing from its expiry on. SQLite cannot let go of a NOT NULL, so the table is
-- laid anew with what it holds; its triggers come last, for they would look at each row that is copied.
CREATE TABLE new_occupancies (
    id BLOB NOT NULL PRIMARY KEY,
    resource TEXT NOT NULL CONSTRAINT occupancies_resource_check CHECK (resource IN ('therapist', 'client', 'room')),
    resource_id BLOB NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    booking_id BLOB REFERENCES bookings (id),
    hold_id BLOB REFERENCES slot_holds (id),
    expires_at INTEGER,
    session_type_id BLOB NOT NULL REFERENCES session_types (id),
    session_starts_at INTEGER NOT NULL,
    session_ends_at INTEGER NOT NULL,
    CONSTRAINT occupancies_span_check CHECK (starts_at < ends_at),
    CONSTRAINT occupancies_holder_check
        CHECK ((booking_id IS NULL) <> (hold_id IS NULL) AND (hold_id IS NULL) = (expires_at IS NULL))
) STRICT;
INSERT INTO new_occupancies (id, resource, resource_id, starts_at, ends_at, booking_id, session_type_id, session_starts_at, session_ends_at)
SELECT id, resource, resource_id, starts_at, ends_at, booking_id, session_type_id, session_starts_at, session_ends_at FROM occupancies;
DROP TABLE occupancies;
ALTER TABLE new_occupancies RENAME TO occupancies;
CREATE INDEX occupancies_by_resource ON occupancies (resource, resource_id, starts_at);
CREATE INDEX occupancies_by_booking ON occupancies (booking_id);
CREATE INDEX occupancies_by_hold ON occupancies (hold_id);

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

ALTER TABLE bookings ADD COLUMN co_therapist_id BLOB REFERENCES therapists (id)
    CONSTRAINT bookings_co_therapist_check CHECK (co_therapist_id <> therapist_id);
ALTER TABLE bookings ADD COLUMN room_id BLOB REFERENCES rooms (id);
-- The room's time begins with the therapist's and ends after its own rest.
ALTER TABLE bookings ADD COLUMN room_claim_ends_at INTEGER
    CONSTRAINT bookings_room_check CHECK ((room_id IS NULL) = (room_claim_ends_at IS NULL));
CREATE INDEX bookings_by_co_therapist ON bookings (co_therapist_id, starts_at);

-- Whoever writes a claim sweeps those of holds that ran out, and must not read a whole history for it.
CREATE INDEX occupancies_by_expiry ON occupancies (resource, resource_id, expires_at) WHERE expires_at IS NOT NULL;
