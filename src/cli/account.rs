//! `account recovery-link`: help somebody back into their account.

use std::fmt;

use clap::Subcommand;

use super::{Failure, beside, say};
use crate::accounts;
use crate::config::Config;
use crate::kernel::actor::Permit;

#[derive(Subcommand)]
pub(super) enum Ask {
    /// Print a token that sets a new password for an account, once, within a day
    RecoveryLink {
        /// The account's address
        #[arg(long)]
        email: String,
    },
}

pub(super) async fn run(config: &Config, Ask::RecoveryLink { email }: Ask) -> Result<(), Failure> {
    let app = beside(config).await?;
    let email = email.trim().to_lowercase();
    let permit = Permit::system("cli.recovery_link");
    let issued = app.db.write(&permit, move |tx| accounts::issue_recovery(tx, &email)).await;
    app.db.close();
    say(Recovery(&issued?));
    Ok(())
}

/// A recovery token and how to use it.
pub(super) struct Recovery<'t>(pub(super) &'t str);

impl fmt::Display for Recovery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "recovery token: {}", self.0)?;
        write!(
            f,
            "It sets a new password once, within a day: POST /api/v1/auth/recover {{\"token\": …, \"password\": …}}"
        )
    }
}
