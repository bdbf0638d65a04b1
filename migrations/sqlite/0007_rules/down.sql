DROP TABLE offerings;
DROP TABLE day_limits;
DROP TABLE date_overrides;
DROP TABLE holidays;
DROP TABLE rooms;
-- What comes every year has no place in the older table.
CREATE TABLE time_off_before (
    id BLOB NOT NULL PRIMARY KEY,
    therapist_id BLOB NOT NULL REFERENCES therapists (id),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    CONSTRAINT time_off_span_check CHECK (starts_at < ends_at)
) STRICT;
INSERT INTO time_off_before SELECT id, therapist_id, starts_at, ends_at FROM time_off WHERE starts_at IS NOT NULL;
DROP TABLE time_off;
ALTER TABLE time_off_before RENAME TO time_off;
CREATE INDEX time_off_by_therapist ON time_off (therapist_id, ends_at);
ALTER TABLE session_types DROP COLUMN therapists_needed;
ALTER TABLE session_types DROP COLUMN max_age_years;
ALTER TABLE session_types DROP COLUMN min_age_years;
ALTER TABLE session_types DROP COLUMN max_per_week;
ALTER TABLE session_types DROP COLUMN max_per_day;
ALTER TABLE session_types DROP COLUMN max_advance_days;
ALTER TABLE session_types DROP COLUMN min_notice_minutes;
ALTER TABLE session_types DROP COLUMN room_rest_minutes;
ALTER TABLE session_types DROP COLUMN room_kind;
