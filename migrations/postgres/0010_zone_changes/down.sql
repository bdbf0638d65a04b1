DROP TABLE imported_bookings;
DROP TABLE booking_imports;
DROP TABLE zone_changes;
