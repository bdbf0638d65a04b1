//! Sealed answers.
