pub mod credentials;
pub mod kernel;
pub mod places;
pub mod session_types;
pub mod therapists;
