-- Offers that stand end here: without the list nobody could answer them.
DELETE FROM occupancies WHERE hold_id IN (SELECT id FROM slot_holds WHERE waitlist_entry_id IS NOT NULL);
UPDATE slot_holds SET state = 'released', ended_at = created_at WHERE state = 'held' AND waitlist_entry_id IS NOT NULL;
DROP INDEX slot_holds_by_waitlist_entry;
DROP INDEX slot_holds_waitlist_entry_id_key;
DROP INDEX slot_holds_client_id_key;
ALTER TABLE slot_holds DROP COLUMN waitlist_entry_id;
CREATE UNIQUE INDEX slot_holds_client_id_key ON slot_holds (client_id) WHERE state = 'held';
DROP TABLE freed_times;
DROP TABLE waitlist_entries;
