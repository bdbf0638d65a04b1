-- Time held for a client for a few minutes, and what a session claims beside one therapist: a second therapist, a room.

CREATE TABLE slot_holds (
    id uuid NOT NULL PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients (id),
    therapist_id uuid NOT NULL REFERENCES therapists (id),
    co_therapist_id uuid REFERENCES therapists (id),
    session_type_id uuid NOT NULL REFERENCES session_types (id),
    location_id uuid NOT NULL REFERENCES locations (id),
    room_id uuid REFERENCES rooms (id),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    claim_starts_at timestamptz NOT NULL,
    claim_ends_at timestamptz NOT NULL,
    room_claim_ends_at timestamptz,
    zone TEXT NOT NULL,
    held_by uuid NOT NULL REFERENCES accounts (id),
    expires_at timestamptz NOT NULL,
    extensions integer NOT NULL,
    -- Held until something else is written: of one that ran out, its expiry says so first.
    state TEXT NOT NULL CONSTRAINT slot_holds_state_check CHECK (state IN ('held', 'converted', 'released', 'replaced', 'expired')),
    ended_at timestamptz,
    -- The booking that took its place: written just before the booking itself, whose claims cannot stand beside these.
    booking_id uuid,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT slot_holds_span_check CHECK (claim_starts_at <= starts_at AND starts_at < ends_at AND ends_at <= claim_ends_at),
    CONSTRAINT slot_holds_room_check CHECK ((room_id IS NULL) = (room_claim_ends_at IS NULL)),
    CONSTRAINT slot_holds_end_check CHECK ((state = 'held') = (ended_at IS NULL))
);
-- A client holds one slot at a time.
CREATE UNIQUE INDEX slot_holds_client_id_key ON slot_holds (client_id) WHERE state = 'held';
CREATE INDEX slot_holds_by_expiry ON slot_holds (expires_at) WHERE state = 'held';

-- A claim is a booking's or a hold's; a hold's is worth nothing from its expiry on.
ALTER TABLE occupancies ALTER COLUMN booking_id DROP NOT NULL;
ALTER TABLE occupancies ADD COLUMN hold_id uuid REFERENCES slot_holds (id);
ALTER TABLE occupancies ADD COLUMN expires_at timestamptz;
ALTER TABLE occupancies ADD CONSTRAINT occupancies_holder_check
    CHECK ((booking_id IS NULL) <> (hold_id IS NULL) AND (hold_id IS NULL) = (expires_at IS NULL));
CREATE INDEX occupancies_by_hold ON occupancies (hold_id);

ALTER TABLE bookings ADD COLUMN co_therapist_id uuid REFERENCES therapists (id)
    CONSTRAINT bookings_co_therapist_check CHECK (co_therapist_id <> therapist_id);
ALTER TABLE bookings ADD COLUMN room_id uuid REFERENCES rooms (id);
-- The room's time begins with the therapist's and ends after its own rest.
ALTER TABLE bookings ADD COLUMN room_claim_ends_at timestamptz
    CONSTRAINT bookings_room_check CHECK ((room_id IS NULL) = (room_claim_ends_at IS NULL));
CREATE INDEX bookings_by_co_therapist ON bookings (co_therapist_id, starts_at);

-- Whoever writes a claim sweeps those of holds that ran out, and must not read a whole history for it.
CREATE INDEX occupancies_by_expiry ON occupancies (resource, resource_id, expires_at) WHERE expires_at IS NOT NULL;
