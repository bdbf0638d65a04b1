-- What was agreed with a booking, what it costs who breaks it, how it came to be, and a row for each change of it.

ALTER TABLE bookings ADD COLUMN policy TEXT NOT NULL DEFAULT '{}';
ALTER TABLE bookings ADD COLUMN fee_minor bigint;
ALTER TABLE bookings ADD COLUMN fee_code TEXT CONSTRAINT bookings_fee_code_check CHECK (fee_code IN ('late_cancel', 'no_show'));
ALTER TABLE bookings ADD COLUMN source TEXT NOT NULL DEFAULT 'online' CONSTRAINT bookings_source_check CHECK (source IN ('online', 'desk', 'walk_in', 'phone', 'past_session', 'import'));
ALTER TABLE bookings ADD COLUMN updated_at timestamptz NOT NULL DEFAULT 'epoch';

-- Until now one window bound both, cancelling and moving: it still binds what was agreed under it.
UPDATE practices SET settings = (
    settings::jsonb || jsonb_build_object('reschedule_window_hours', settings::jsonb -> 'cancellation_window_hours')
)::text WHERE settings::jsonb ? 'cancellation_window_hours';
UPDATE bookings SET updated_at = created_at, policy = json_build_object(
    'cancellation_window_hours', coalesce((SELECT (settings::json ->> 'cancellation_window_hours')::integer FROM practices), 24),
    'reschedule_window_hours', coalesce((SELECT (settings::json ->> 'cancellation_window_hours')::integer FROM practices), 24)
)::text;

CREATE INDEX bookings_by_update ON bookings (updated_at);
CREATE INDEX bookings_by_state ON bookings (state, starts_at);
CREATE INDEX bookings_by_location ON bookings (location_id, starts_at);
CREATE INDEX bookings_by_session_type ON bookings (session_type_id, starts_at);
CREATE INDEX booking_blocks_by_code ON booking_blocks (code, booking_id);

-- What a booking was from each change to the next.
CREATE TABLE booking_history (
    booking_id uuid NOT NULL REFERENCES bookings (id),
    version integer NOT NULL,
    -- The name of the event.
    change TEXT NOT NULL,
    state TEXT NOT NULL CONSTRAINT booking_history_state_check CHECK (state IN ('pending', 'confirmed', 'declined', 'expired', 'cancelled', 'checked_in', 'completed', 'no_show')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    therapist_id uuid NOT NULL REFERENCES therapists (id),
    co_therapist_id uuid REFERENCES therapists (id),
    location_id uuid REFERENCES locations (id),
    room_id uuid REFERENCES rooms (id),
    -- Absent where the program did it.
    changed_by uuid REFERENCES accounts (id),
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (booking_id, version)
);
-- Of what happened before there was a history, only the outcome is known.
INSERT INTO booking_history
SELECT id, version, 'booking.history_begun', state, starts_at, ends_at, therapist_id, co_therapist_id, location_id, room_id, NULL, created_at FROM bookings;

CREATE TRIGGER booking_history_no_change BEFORE UPDATE OR DELETE ON booking_history
FOR EACH ROW EXECUTE FUNCTION stillpoint_refuse('booking_history_immutable');
CREATE TRIGGER booking_history_no_truncate BEFORE TRUNCATE ON booking_history
FOR EACH STATEMENT EXECUTE FUNCTION stillpoint_refuse('booking_history_immutable');
