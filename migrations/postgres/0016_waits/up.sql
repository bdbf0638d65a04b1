-- How far down the list time that came free was considered, and what is looked for most.

ALTER TABLE freed_times ADD COLUMN considered_entry_id uuid REFERENCES waitlist_entries (id);
-- Dates beyond these years are none that are asked for.
UPDATE waitlist_entries SET latest = '9999-12-31', earliest = LEAST(earliest, '9999-12-31') WHERE latest > '9999-12-31';
CREATE INDEX waitlist_entries_by_client ON waitlist_entries (client_id);
CREATE INDEX waitlist_entries_by_latest ON waitlist_entries (latest) WHERE state = 'waiting';
-- Those to come that were agreed by older rules of their zone, mostly none.
CREATE INDEX bookings_by_tz_version ON bookings (state, tz_version, starts_at, id);
