-- The rules by which time is given: what a session type allows, who is off or elsewhere when, and what a place has to offer.

-- What limits sessions of a type, beside their length.
ALTER TABLE session_types ADD COLUMN room_kind TEXT;
ALTER TABLE session_types ADD COLUMN room_rest_minutes INTEGER NOT NULL DEFAULT 0 CONSTRAINT session_types_room_rest_check CHECK (room_rest_minutes >= 0);
ALTER TABLE session_types ADD COLUMN min_notice_minutes INTEGER;
ALTER TABLE session_types ADD COLUMN max_advance_days INTEGER;
ALTER TABLE session_types ADD COLUMN max_per_day INTEGER CONSTRAINT session_types_max_per_day_check CHECK (max_per_day >= 1);
ALTER TABLE session_types ADD COLUMN max_per_week INTEGER CONSTRAINT session_types_max_per_week_check CHECK (max_per_week >= 1);
ALTER TABLE session_types ADD COLUMN min_age_years INTEGER;
ALTER TABLE session_types ADD COLUMN max_age_years INTEGER;
ALTER TABLE session_types ADD COLUMN therapists_needed INTEGER NOT NULL DEFAULT 1 CONSTRAINT session_types_therapists_check CHECK (therapists_needed BETWEEN 1 AND 2);

CREATE TABLE rooms (
    id BLOB NOT NULL PRIMARY KEY,
    location_id BLOB NOT NULL REFERENCES locations (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    active INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX rooms_by_kind ON rooms (kind);

CREATE TABLE holidays (
    id BLOB NOT NULL PRIMARY KEY,
    -- Every place, if none is named.
    location_id BLOB REFERENCES locations (id),
    local_date TEXT NOT NULL,
    yearly INTEGER NOT NULL,
    name TEXT NOT NULL
) STRICT;
CREATE INDEX holidays_by_date ON holidays (yearly, local_date);

-- What is worked on one date at one place, whatever the week says.
CREATE TABLE date_overrides (
    id BLOB NOT NULL PRIMARY KEY,
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    location_id BLOB NOT NULL REFERENCES locations (id),
    local_date TEXT NOT NULL,
    -- A JSON list of pairs of local times; empty where nothing is worked.
    spans TEXT NOT NULL,
    zone TEXT NOT NULL,
    UNIQUE (therapist_id, location_id, local_date)
) STRICT;
CREATE INDEX date_overrides_by_date ON date_overrides (therapist_id, local_date);

CREATE TABLE day_limits (
    therapist_id BLOB NOT NULL PRIMARY KEY REFERENCES therapists (id),
    hands_on_minutes INTEGER,
    in_a_row INTEGER,
    pause_minutes INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- A therapist's own terms; what they do not name the session type does.
CREATE TABLE offerings (
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    session_type_id BLOB NOT NULL REFERENCES session_types (id),
    price_minor INTEGER CONSTRAINT offerings_price_check CHECK (price_minor >= 0),
    duration_minutes INTEGER CONSTRAINT offerings_duration_check CHECK (duration_minutes BETWEEN 30 AND 60),
    version INTEGER NOT NULL,
    PRIMARY KEY (therapist_id, session_type_id)
) STRICT;

-- Time off comes once, or every year from one day of a place's calendar to another. It says why, and who may know.
CREATE TABLE time_off_anew (
    id BLOB NOT NULL PRIMARY KEY,
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    starts_at INTEGER,
    ends_at INTEGER,
    -- MM-DD, both days included.
    yearly_from TEXT,
    yearly_until TEXT,
    zone TEXT,
    reason TEXT NOT NULL CONSTRAINT time_off_reason_check CHECK (reason IN ('vacation', 'illness', 'training', 'personal', 'other')),
    note TEXT,
    visible_to TEXT NOT NULL CONSTRAINT time_off_visible_to_check CHECK (visible_to IN ('self', 'staff')),
    CONSTRAINT time_off_span_check CHECK (starts_at < ends_at),
    CONSTRAINT time_off_when_check CHECK ((starts_at IS NULL) = (ends_at IS NULL) AND (starts_at IS NULL) = (yearly_from IS NOT NULL) AND (yearly_from IS NULL) = (yearly_until IS NULL) AND (yearly_from IS NULL) = (zone IS NULL))
) STRICT;
INSERT INTO time_off_anew SELECT id, therapist_id, starts_at, ends_at, NULL, NULL, NULL, 'other', NULL, 'self' FROM time_off;
DROP TABLE time_off;
ALTER TABLE time_off_anew RENAME TO time_off;
CREATE INDEX time_off_by_therapist ON time_off (therapist_id, ends_at);
