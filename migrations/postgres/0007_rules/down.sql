DROP TABLE offerings;
DROP TABLE day_limits;
DROP TABLE date_overrides;
DROP TABLE holidays;
DROP TABLE rooms;
-- What comes every year has no place in the older table.
DELETE FROM time_off WHERE starts_at IS NULL;
ALTER TABLE time_off
    DROP CONSTRAINT time_off_when_check,
    DROP COLUMN visible_to,
    DROP COLUMN note,
    DROP COLUMN reason,
    DROP COLUMN zone,
    DROP COLUMN yearly_until,
    DROP COLUMN yearly_from,
    ALTER COLUMN ends_at SET NOT NULL,
    ALTER COLUMN starts_at SET NOT NULL;
ALTER TABLE session_types DROP COLUMN therapists_needed;
ALTER TABLE session_types DROP COLUMN max_age_years;
ALTER TABLE session_types DROP COLUMN min_age_years;
ALTER TABLE session_types DROP COLUMN max_per_week;
ALTER TABLE session_types DROP COLUMN max_per_day;
ALTER TABLE session_types DROP COLUMN max_advance_days;
ALTER TABLE session_types DROP COLUMN min_notice_minutes;
ALTER TABLE session_types DROP COLUMN room_rest_minutes;
ALTER TABLE session_types DROP COLUMN room_kind;
