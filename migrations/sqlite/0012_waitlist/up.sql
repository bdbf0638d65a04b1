-- Who waits for time that is taken, what came free, and the slots that are held for whoever was asked.

CREATE TABLE waitlist_entries (
    id BLOB NOT NULL PRIMARY KEY,
    client_id BLOB NOT NULL REFERENCES clients (id),
    session_type_id BLOB NOT NULL REFERENCES session_types (id),
    therapist_id BLOB REFERENCES therapists (id),
    location_id BLOB REFERENCES locations (id),
    earliest TEXT NOT NULL,
    latest TEXT NOT NULL,
    -- One bit a day, Monday the lowest.
    weekdays INTEGER NOT NULL CONSTRAINT waitlist_entries_weekdays_check CHECK (weekdays BETWEEN 1 AND 127),
    hours_from TEXT,
    hours_until TEXT,
    asked_by BLOB NOT NULL REFERENCES accounts (id),
    state TEXT NOT NULL CONSTRAINT waitlist_entries_state_check
        CHECK (state IN ('waiting', 'offered', 'accepted', 'booked', 'withdrawn', 'expired')),
    offer_id BLOB REFERENCES slot_holds (id),
    accepted_by TEXT CONSTRAINT waitlist_entries_accepted_by_check CHECK (accepted_by IN ('client', 'phone')),
    -- Written just before the booking itself, as the hold's is.
    booking_id BLOB,
    ended_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT waitlist_entries_dates_check CHECK (earliest <= latest),
    CONSTRAINT waitlist_entries_offer_check CHECK ((state = 'offered') = (offer_id IS NOT NULL)),
    CONSTRAINT waitlist_entries_acceptance_check CHECK ((state = 'accepted') = (accepted_by IS NOT NULL)),
    CONSTRAINT waitlist_entries_end_check CHECK ((state = 'waiting' OR state = 'offered') = (ended_at IS NULL))
) STRICT;
-- Nobody waits twice for the same.
CREATE UNIQUE INDEX waitlist_entries_client_id_session_type_id_therapist_id_key
    ON waitlist_entries (client_id, session_type_id, therapist_id) WHERE state IN ('waiting', 'offered') AND therapist_id IS NOT NULL;
CREATE UNIQUE INDEX waitlist_entries_client_id_session_type_id_key
    ON waitlist_entries (client_id, session_type_id) WHERE state IN ('waiting', 'offered') AND therapist_id IS NULL;
CREATE INDEX waitlist_entries_by_turn ON waitlist_entries (created_at, id) WHERE state = 'waiting';
CREATE INDEX waitlist_entries_by_therapist ON waitlist_entries (therapist_id);

-- Gone as soon as everybody who waits was considered.
CREATE TABLE freed_times (
    id BLOB NOT NULL PRIMARY KEY,
    -- Whose time; of whoever works then, if absent.
    therapist_id BLOB REFERENCES therapists (id),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT freed_times_span_check CHECK (starts_at < ends_at)
) STRICT;

-- A hold that is somebody's offer. It leaves alone the one slot that a client holds themself.
ALTER TABLE slot_holds ADD COLUMN waitlist_entry_id BLOB REFERENCES waitlist_entries (id);
DROP INDEX slot_holds_client_id_key;
CREATE UNIQUE INDEX slot_holds_client_id_key ON slot_holds (client_id) WHERE state = 'held' AND waitlist_entry_id IS NULL;
CREATE UNIQUE INDEX slot_holds_waitlist_entry_id_key ON slot_holds (waitlist_entry_id) WHERE state = 'held';
CREATE INDEX slot_holds_by_waitlist_entry ON slot_holds (waitlist_entry_id);
