DROP TABLE booking_series_members;
DROP TABLE booking_series;
