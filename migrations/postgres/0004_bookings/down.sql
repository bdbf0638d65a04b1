DROP TABLE occupancies;
DROP TABLE booking_blocks;
DROP TABLE bookings;
DROP TABLE time_off;
DROP TABLE working_hours;
DROP TABLE schedules;
