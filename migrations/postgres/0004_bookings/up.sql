-- When therapists work, what is booked, and the claims by which the database keeps two sessions apart.
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- The version of a therapist's weekly schedule as a whole.
CREATE TABLE schedules (
    therapist_id uuid NOT NULL PRIMARY KEY REFERENCES therapists (id),
    version integer NOT NULL
);

CREATE TABLE working_hours (
    id uuid NOT NULL PRIMARY KEY,
    therapist_id uuid NOT NULL REFERENCES therapists (id),
    location_id uuid NOT NULL REFERENCES locations (id),
    -- ISO 8601: 1 is Monday.
    weekday integer NOT NULL CONSTRAINT working_hours_weekday_check CHECK (weekday BETWEEN 1 AND 7),
    start_local time NOT NULL,
    -- 00:00 is the midnight that closes the day.
    end_local time NOT NULL,
    zone TEXT NOT NULL,
    effective_from date NOT NULL,
    effective_until date
);
CREATE INDEX working_hours_by_therapist ON working_hours (therapist_id);

CREATE TABLE time_off (
    id uuid NOT NULL PRIMARY KEY,
    therapist_id uuid NOT NULL REFERENCES therapists (id),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    CONSTRAINT time_off_span_check CHECK (starts_at < ends_at)
);
CREATE INDEX time_off_by_therapist ON time_off (therapist_id, ends_at);

CREATE TABLE bookings (
    id uuid NOT NULL PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients (id),
    therapist_id uuid NOT NULL REFERENCES therapists (id),
    session_type_id uuid NOT NULL REFERENCES session_types (id),
    location_id uuid REFERENCES locations (id),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    claim_starts_at timestamptz NOT NULL,
    claim_ends_at timestamptz NOT NULL,
    -- What the clock on the wall was to show, kept apart since zone rules change: YYYY-MM-DDTHH:MM:SS.
    local_start TEXT NOT NULL,
    zone TEXT NOT NULL,
    tz_version TEXT NOT NULL,
    state TEXT NOT NULL CONSTRAINT bookings_state_check CHECK (state IN ('pending', 'confirmed', 'declined', 'expired', 'cancelled', 'checked_in', 'completed', 'no_show')),
    price_minor bigint NOT NULL,
    currency TEXT NOT NULL,
    reasons_key uuid REFERENCES data_keys (id),
    reasons_sealed bytea,
    requested_by uuid NOT NULL REFERENCES accounts (id),
    cancel_reason TEXT CONSTRAINT bookings_cancel_reason_check CHECK (cancel_reason IN ('client_request', 'therapist_unavailable', 'illness', 'weather', 'screening', 'duplicate', 'other')),
    actual_starts_at timestamptz,
    actual_ends_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT bookings_span_check CHECK (claim_starts_at <= starts_at AND starts_at < ends_at AND ends_at <= claim_ends_at)
);
CREATE INDEX bookings_by_client ON bookings (client_id, starts_at);
CREATE INDEX bookings_by_therapist ON bookings (therapist_id, starts_at);
CREATE INDEX bookings_by_start ON bookings (starts_at);

CREATE TABLE booking_blocks (
    booking_id uuid NOT NULL REFERENCES bookings (id),
    code TEXT NOT NULL CONSTRAINT booking_blocks_code_check CHECK (code IN ('credential', 'screening', 'clearance', 'consent', 'guardian', 'intake')),
    since timestamptz NOT NULL,
    set_by TEXT NOT NULL,
    remedy TEXT NOT NULL CONSTRAINT booking_blocks_remedy_check CHECK (remedy IN ('choose_another_therapist', 'cancel', 'bring_clearance', 'sign_consent', 'name_guardian', 'answer_form', 'await_review')),
    PRIMARY KEY (booking_id, code)
);

-- One row for each claim while it stands.
CREATE TABLE occupancies (
    id uuid NOT NULL PRIMARY KEY,
    resource TEXT NOT NULL CONSTRAINT occupancies_resource_check CHECK (resource IN ('therapist', 'client', 'room')),
    resource_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    booking_id uuid NOT NULL REFERENCES bookings (id),
    session_type_id uuid NOT NULL REFERENCES session_types (id),
    session_starts_at timestamptz NOT NULL,
    session_ends_at timestamptz NOT NULL,
    CONSTRAINT occupancies_span_check CHECK (starts_at < ends_at)
);
CREATE INDEX occupancies_by_resource ON occupancies (resource, resource_id, starts_at);
CREATE INDEX occupancies_by_booking ON occupancies (booking_id);

-- The database decides about time: no two claims on one therapist, client or room share an instant.
ALTER TABLE occupancies ADD CONSTRAINT occupancies_overlap
    EXCLUDE USING gist (resource WITH =, resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&);
