-- How far down the list time that came free was considered, and what is looked for most.

ALTER TABLE freed_times ADD COLUMN considered_entry_id BLOB REFERENCES waitlist_entries (id);
-- Dates beyond these years are not in the order of their text, so nobody's wishes would ever be over.
UPDATE waitlist_entries SET latest = '9999-12-31', earliest = CASE WHEN earliest LIKE '+%' THEN '9999-12-31' ELSE earliest END
    WHERE latest LIKE '+%';
CREATE INDEX waitlist_entries_by_client ON waitlist_entries (client_id);
CREATE INDEX waitlist_entries_by_latest ON waitlist_entries (latest) WHERE state = 'waiting';
-- Those to come that were agreed by older rules of their zone, mostly none.
CREATE INDEX bookings_by_tz_version ON bookings (state, tz_version, starts_at, id);
