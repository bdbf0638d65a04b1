//! Written clearances.
