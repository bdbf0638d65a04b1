//! How requests become questions and answers become HTTP.
//!
//! A handler's argument is a [`Guard`]: it verifies the token, asks the policy, and only then takes the request apart. What a handler answers
//! with is an [`Answer`]; every "no" is a [`Problem`] (RFC 9457). There is no SQL in here and no rule of the practice.

pub mod answer;
mod denials;
pub mod extract;
mod guard;
pub mod openapi;
pub mod operation;
mod problem;
pub mod stamp;
mod token;

pub use answer::Answer;
pub use denials::Denials;
pub use extract::{At, IfMatch, Json, Known, PageQuery, PublicQuery, Query, Under};
pub use guard::{Guard, Web};
pub use problem::Problem;
pub use token::{ACCESS_TOKEN_LIFE, TokenKey, Tokens};
