-- When therapists work, what is booked, and the claims by which the database keeps two sessions apart.

-- The version of a therapist's weekly schedule as a whole.
CREATE TABLE schedules (
    therapist_id BLOB NOT NULL PRIMARY KEY REFERENCES therapists (id),
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE working_hours (
    id BLOB NOT NULL PRIMARY KEY,
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    location_id BLOB NOT NULL REFERENCES locations (id),
    -- ISO 8601: 1 is Monday.
    weekday INTEGER NOT NULL CONSTRAINT working_hours_weekday_check CHECK (weekday BETWEEN 1 AND 7),
    start_local TEXT NOT NULL,
    -- 00:00 is the midnight that closes the day.
    end_local TEXT NOT NULL,
    zone TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    effective_until TEXT
) STRICT;
CREATE INDEX working_hours_by_therapist ON working_hours (therapist_id);

CREATE TABLE time_off (
    id BLOB NOT NULL PRIMARY KEY,
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    CONSTRAINT time_off_span_check CHECK (starts_at < ends_at)
) STRICT;
CREATE INDEX time_off_by_therapist ON time_off (therapist_id, ends_at);

CREATE TABLE bookings (
    id BLOB NOT NULL PRIMARY KEY,
    client_id BLOB NOT NULL REFERENCES clients (id),
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    session_type_id BLOB NOT NULL REFERENCES session_types (id),
    location_id BLOB REFERENCES locations (id),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    claim_starts_at INTEGER NOT NULL,
    claim_ends_at INTEGER NOT NULL,
    -- What the clock on the wall was to show, kept apart since zone rules change: YYYY-MM-DDTHH:MM:SS.
    local_start TEXT NOT NULL,
    zone TEXT NOT NULL,
    tz_version TEXT NOT NULL,
    state TEXT NOT NULL CONSTRAINT bookings_state_check CHECK (state IN ('pending', 'confirmed', 'declined', 'expired', 'cancelled', 'checked_in', 'completed', 'no_show')),
    price_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    reasons_key BLOB REFERENCES data_keys (id),
    reasons_sealed BLOB,
    requested_by BLOB NOT NULL REFERENCES accounts (id),
    cancel_reason TEXT CONSTRAINT bookings_cancel_reason_check CHECK (cancel_reason IN ('client_request', 'therapist_unavailable', 'illness', 'weather', 'screening', 'duplicate', 'other')),
    actual_starts_at INTEGER,
    actual_ends_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT bookings_span_check CHECK (claim_starts_at <= starts_at AND starts_at < ends_at AND ends_at <= claim_ends_at)
) STRICT;
CREATE INDEX bookings_by_client ON bookings (client_id, starts_at);
CREATE INDEX bookings_by_therapist ON bookings (therapist_id, starts_at);
CREATE INDEX bookings_by_start ON bookings (starts_at);

CREATE TABLE booking_blocks (
    booking_id BLOB NOT NULL REFERENCES bookings (id),
    code TEXT NOT NULL CONSTRAINT booking_blocks_code_check CHECK (code IN ('credential', 'screening', 'clearance', 'consent', 'guardian', 'intake')),
    since INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    remedy TEXT NOT NULL CONSTRAINT booking_blocks_remedy_check CHECK (remedy IN ('choose_another_therapist', 'cancel', 'bring_clearance', 'sign_consent', 'name_guardian', 'answer_form', 'await_review')),
    PRIMARY KEY (booking_id, code)
) STRICT;

-- One row for each claim while it stands.
CREATE TABLE occupancies (
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
