//! The data folder of an embedded store: its own user may look, and nobody else.
//!
//! ```text
//! data/                   0700
//!   stillpoint.db         0600   (its write-ahead log takes the same mode)
//!   stillpoint.lock              held by the server
//!   keys.sqlite3          0600   the key store; what it holds is wrapped by the master key
//!   keys.rotation.lock    0600   held by a change of the master key
//!   keys/                 0700
//!     master.rotation.lock 0600  likewise
//!     master.key          0600   64 hexadecimal digits; without it nothing sealed can be read again
//! ```

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::ConfigError;
use crate::vault::{MasterKey, MasterKeys};

pub(super) fn absolute(path: &Path) -> Result<PathBuf, ConfigError> {
    std::path::absolute(path).map_err(|error| fault(path, format!("cannot be found: {error}")))
}

/// Where the master key lies that the program makes by itself.
pub(super) fn key_file(data: &Path) -> PathBuf {
    data.join("keys").join("master.key")
}

/// Makes a folder for its own user alone. One that is there keeps its mode, for it may be shared on purpose; that is said.
pub(super) fn make(folder: &Path) -> Result<(), ConfigError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder).and_then(|()| fs::metadata(folder));
    let mode = made.map_err(|error| fault(folder, format!("cannot be made: {error}")))?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(folder = %folder.display(), mode = format!("{:03o}", mode & 0o777), "other users may look into this folder");
    }
    Ok(())
}

/// Makes a file only its own user can read, unless it is there. SQLite gives its write-ahead log the same mode.
pub(super) fn make_private_file(file: &Path) -> Result<(), ConfigError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(fault(file, format!("cannot be made: {error}"))),
        _ => Ok(()),
    }
}

/// The key in the data folder, made if neither it nor the store it would belong to is there yet.
pub(super) fn keys_of(data: &Path, store: &Path) -> Result<MasterKeys, ConfigError> {
    let file = key_file(data);
    match read(&file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        found => return parse(&file, found),
    }
    if fs::metadata(store).is_ok_and(|store| store.len() > 0) {
        let lost = format!(
            "is gone, and the store {} cannot be read without it; put it back, or `stillpoint keys restore` its recovery copy",
            store.display()
        );
        return Err(fault(&file, lost));
    }
    make(&data.join("keys"))?;
    make_key(&file).map_err(|error| fault(&file, format!("cannot be made: {error}")))?;
    parse(&file, read(&file))
}

/// The key in the data folder, which must be there.
pub(super) fn kept_keys(data: &Path) -> Result<MasterKeys, ConfigError> {
    let file = key_file(data);
    parse(&file, read(&file))
}

/// Puts a key that was recovered where the program looks for it; one that is there already is not replaced.
pub(super) fn put_key(file: &Path, key: &MasterKey) -> Result<(), ConfigError> {
    make(file.parent().unwrap_or(Path::new(".")))?;
    write_private(file, key.to_text().as_bytes())
}

/// Writes a new file that only its own user can read.
pub(super) fn write_private(file: &Path, content: &[u8]) -> Result<(), ConfigError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut out = made.map_err(|error| fault(file, format!("cannot be made: {error}")))?;
    let written = out.write_all(content).and_then(|()| out.sync_all());
    written.map_err(|error| fault(file, format!("cannot be written: {error}")))
}

/// Writes the key whole under another name first: of two programs that start at once one wins, and both read the winner's.
fn make_key(file: &Path) -> std::io::Result<()> {
    let key = MasterKey::generate().map_err(std::io::Error::other)?;
    let draft = file.with_extension(uuid::Uuid::new_v4().simple().to_string());
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = out.write_all(key.to_text().as_bytes()).and_then(|()| out.sync_all());
    let linked = written.and_then(|()| fs::hard_link(&draft, file));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn read(file: &Path) -> std::io::Result<Zeroizing<String>> {
    fs::read_to_string(file).map(Zeroizing::new)
}

fn parse(file: &Path, text: std::io::Result<Zeroizing<String>>) -> Result<MasterKeys, ConfigError> {
    let text = text.map_err(|error| fault(file, format!("cannot be read: {error}")))?;
    let keys = MasterKeys::parse(&text).map_err(|why| fault(file, format!("holds no key: {why}")))?;
    Ok(keys.kept_in(file.to_owned()))
}

fn fault(path: &Path, fault: String) -> ConfigError {
    ConfigError::Path { path: path.to_owned(), fault }
}
