//! `admin create`: make an admin from the machine itself, where no admin can invite one.

use clap::Subcommand;

use super::{Failure, beside, say};
use crate::accounts;
use crate::config::Config;
use crate::kernel::actor::Permit;

#[derive(Subcommand)]
pub(super) enum Ask {
    /// Make an admin and print the recovery token that sets their first password
    Create {
        /// The address to sign in with
        #[arg(long)]
        email: String,
        /// The person's name
        #[arg(long)]
        name: String,
    },
}

pub(super) async fn run(config: &Config, Ask::Create { email, name }: Ask) -> Result<(), Failure> {
    let app = beside(config).await?;
    let permit = Permit::system("cli.admin_create");
    let made = app.db.write(&permit, move |tx| accounts::make_admin(tx, &email, &name)).await;
    app.db.close();
    say(super::account::Recovery(&made?));
    Ok(())
}
