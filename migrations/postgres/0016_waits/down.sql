DROP INDEX bookings_by_tz_version;
DROP INDEX waitlist_entries_by_latest;
DROP INDEX waitlist_entries_by_client;
ALTER TABLE freed_times DROP COLUMN considered_entry_id;
