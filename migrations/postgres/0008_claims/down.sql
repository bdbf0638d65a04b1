DROP INDEX bookings_by_co_therapist;
ALTER TABLE bookings DROP COLUMN room_claim_ends_at;
ALTER TABLE bookings DROP COLUMN room_id;
ALTER TABLE bookings DROP COLUMN co_therapist_id;

DELETE FROM occupancies WHERE hold_id IS NOT NULL;
ALTER TABLE occupancies DROP COLUMN hold_id;
ALTER TABLE occupancies DROP COLUMN expires_at;
ALTER TABLE occupancies ALTER COLUMN booking_id SET NOT NULL;

DROP TABLE slot_holds;
