-- What was agreed with a booking, what it costs who breaks it, how it came to be, and a row for each change of it.

ALTER TABLE bookings ADD COLUMN policy TEXT NOT NULL DEFAULT '{}';
ALTER TABLE bookings ADD COLUMN fee_minor INTEGER;
ALTER TABLE bookings ADD COLUMN fee_code TEXT CONSTRAINT bookings_fee_code_check CHECK (fee_code IN ('late_cancel', 'no_show'));
ALTER TABLE bookings ADD COLUMN source TEXT NOT NULL DEFAULT 'online' CONSTRAINT bookings_source_check CHECK (source IN ('online', 'desk', 'walk_in', 'phone', 'past_session', 'import'));
ALTER TABLE bookings ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;

-- Until now one window bound both, cancelling and moving: it still binds what was agreed under it.
UPDATE practices SET settings = json_set(settings, '$.reschedule_window_hours', json_extract(settings, '$.cancellation_window_hours'))
WHERE json_extract(settings, '$.cancellation_window_hours') IS NOT NULL;
UPDATE bookings SET updated_at = created_at, policy = json_object(
    'cancellation_window_hours', coalesce((SELECT json_extract(settings, '$.cancellation_window_hours') FROM practices), 24),
    'reschedule_window_hours', coalesce((SELECT json_extract(settings, '$.cancellation_window_hours') FROM practices), 24)
);

CREATE INDEX bookings_by_update ON bookings (updated_at);
CREATE INDEX bookings_by_state ON bookings (state, starts_at);
CREATE INDEX bookings_by_location ON bookings (location_id, starts_at);
CREATE INDEX bookings_by_session_type ON bookings (session_type_id, starts_at);
CREATE INDEX booking_blocks_by_code ON booking_blocks (code, booking_id);

-- What a booking was from each change to the next.
CREATE TABLE booking_history (
    booking_id BLOB NOT NULL REFERENCES bookings (id),
    version INTEGER NOT NULL,
    -- The name of the event.
    change TEXT NOT NULL,
    state TEXT NOT NULL CONSTRAINT booking_history_state_check CHECK (state IN ('pending', 'confirmed', 'declined', 'expired', 'cancelled', 'checked_in', 'completed', 'no_show')),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    co_therapist_id BLOB REFERENCES therapists (id),
    location_id BLOB REFERENCES locations (id),
    room_id BLOB REFERENCES rooms (id),
    -- Absent where the program did it.
    changed_by BLOB REFERENCES accounts (id),
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (booking_id, version)
) STRICT, WITHOUT ROWID;
-- Of what happened before there was a history, only the outcome is known.
INSERT INTO booking_history
SELECT id, version, 'booking.history_begun', state, starts_at, ends_at, therapist_id, co_therapist_id, location_id, room_id, NULL, created_at FROM bookings;

CREATE TRIGGER booking_history_no_update BEFORE UPDATE ON booking_history
BEGIN SELECT RAISE(ABORT, 'stillpoint:booking_history_immutable'); END;
CREATE TRIGGER booking_history_no_delete BEFORE DELETE ON booking_history
BEGIN SELECT RAISE(ABORT, 'stillpoint:booking_history_immutable'); END;
CREATE TRIGGER booking_history_no_replace BEFORE INSERT ON booking_history
WHEN EXISTS (SELECT 1 FROM booking_history WHERE booking_id = NEW.booking_id AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'stillpoint:booking_history_immutable'); END;
