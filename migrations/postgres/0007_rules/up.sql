-- The rules by which time is given: what a session type allows, who is off or elsewhere when, and what a place has to offer.

-- What limits sessions of a type, beside their length.
ALTER TABLE session_types ADD COLUMN room_kind TEXT;
ALTER TABLE session_types ADD COLUMN room_rest_minutes integer NOT NULL DEFAULT 0 CONSTRAINT session_types_room_rest_check CHECK (room_rest_minutes >= 0);
ALTER TABLE session_types ADD COLUMN min_notice_minutes integer;
ALTER TABLE session_types ADD COLUMN max_advance_days integer;
ALTER TABLE session_types ADD COLUMN max_per_day integer CONSTRAINT session_types_max_per_day_check CHECK (max_per_day >= 1);
ALTER TABLE session_types ADD COLUMN max_per_week integer CONSTRAINT session_types_max_per_week_check CHECK (max_per_week >= 1);
ALTER TABLE session_types ADD COLUMN min_age_years integer;
ALTER TABLE session_types ADD COLUMN max_age_years integer;
ALTER TABLE session_types ADD COLUMN therapists_needed integer NOT NULL DEFAULT 1 CONSTRAINT session_types_therapists_check CHECK (therapists_needed BETWEEN 1 AND 2);

CREATE TABLE rooms (
    id uuid NOT NULL PRIMARY KEY,
    location_id uuid NOT NULL REFERENCES locations (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    active boolean NOT NULL,
    version integer NOT NULL
);
CREATE INDEX rooms_by_kind ON rooms (kind);

CREATE TABLE holidays (
    id uuid NOT NULL PRIMARY KEY,
    -- Every place, if none is named.
    location_id uuid REFERENCES locations (id),
    local_date date NOT NULL,
    yearly boolean NOT NULL,
    name TEXT NOT NULL
);
CREATE INDEX holidays_by_date ON holidays (yearly, local_date);

-- What is worked on one date at one place, whatever the week says.
CREATE TABLE date_overrides (
    id uuid NOT NULL PRIMARY KEY,
    therapist_id uuid NOT NULL REFERENCES therapists (id),
    location_id uuid NOT NULL REFERENCES locations (id),
    local_date date NOT NULL,
    -- A JSON list of pairs of local times; empty where nothing is worked.
    spans TEXT NOT NULL,
    zone TEXT NOT NULL,
    UNIQUE (therapist_id, location_id, local_date)
);
CREATE INDEX date_overrides_by_date ON date_overrides (therapist_id, local_date);

CREATE TABLE day_limits (
    therapist_id uuid NOT NULL PRIMARY KEY REFERENCES therapists (id),
    hands_on_minutes integer,
    in_a_row integer,
    pause_minutes integer NOT NULL,
    version integer NOT NULL
);

-- A therapist's own terms; what they do not name the session type does.
CREATE TABLE offerings (
    therapist_id uuid NOT NULL REFERENCES therapists (id),
    session_type_id uuid NOT NULL REFERENCES session_types (id),
    price_minor bigint CONSTRAINT offerings_price_check CHECK (price_minor >= 0),
    duration_minutes integer CONSTRAINT offerings_duration_check CHECK (duration_minutes BETWEEN 30 AND 60),
    version integer NOT NULL,
    PRIMARY KEY (therapist_id, session_type_id)
);

-- Time off comes once, or every year from one day of a place's calendar to another. It says why, and who may know.
ALTER TABLE time_off
    ALTER COLUMN starts_at DROP NOT NULL,
    ALTER COLUMN ends_at DROP NOT NULL,
    -- MM-DD, both days included.
    ADD COLUMN yearly_from TEXT,
    ADD COLUMN yearly_until TEXT,
    ADD COLUMN zone TEXT,
    ADD COLUMN reason TEXT NOT NULL DEFAULT 'other' CONSTRAINT time_off_reason_check CHECK (reason IN ('vacation', 'illness', 'training', 'personal', 'other')),
    ADD COLUMN note TEXT,
    ADD COLUMN visible_to TEXT NOT NULL DEFAULT 'self' CONSTRAINT time_off_visible_to_check CHECK (visible_to IN ('self', 'staff')),
    ADD CONSTRAINT time_off_when_check CHECK ((starts_at IS NULL) = (ends_at IS NULL) AND (starts_at IS NULL) = (yearly_from IS NOT NULL) AND (yearly_from IS NULL) = (yearly_until IS NULL) AND (yearly_from IS NULL) = (zone IS NULL));
