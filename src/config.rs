//! What an operator may set, read once at the start.
//!
//! Flags come before the environment, the environment before the file, the file before the defaults. [`KEYS`] is the whole list; a key that
//! is not on it is refused by name, wherever it stands, because a misspelt `listen` or `master_key` would otherwise be a default that nobody
//! chose. Secrets may be given as the path of a file instead (`*_FILE`, `*_file`), as service managers hand them over.
//!
//! No other file reads the environment.

mod folder;
mod layers;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use tracing::Level;

use crate::db::Target;
use crate::vault::{MasterKey, MasterKeys};
use layers::{Key, Layer, Setting};

const DATA: Key = Key::plain("data", "STILLPOINT_DATA");
const DATABASE: Key = Key::secret("database", "DATABASE_URL");
const KEYS_DATABASE: Key = Key::secret("keys_database", "KEYS_DATABASE_URL");
const MASTER_KEY: Key = Key::secret("master_key", "STILLPOINT_MASTER_KEY");
const LISTEN: Key = Key::plain("listen", "STILLPOINT_LISTEN");
const ALLOWED_ORIGINS: Key = Key::plain("allowed_origins", "ALLOWED_ORIGINS");
const WORKERS: Key = Key::plain("workers", "STILLPOINT_WORKERS");
const LOG_FORMAT: Key = Key::plain("log_format", "STILLPOINT_LOG_FORMAT");
const LOG_LEVEL: Key = Key::plain("log_level", "STILLPOINT_LOG_LEVEL");

/// Everything that can be set.
const KEYS: [Key; 9] =
    [DATA, DATABASE, KEYS_DATABASE, MASTER_KEY, LISTEN, ALLOWED_ORIGINS, WORKERS, LOG_FORMAT, LOG_LEVEL];

/// The file that is read where none is named.
const FILE: &str = "stillpoint.toml";

/// Why the configuration cannot be used. Never quotes a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key that does not exist.
    #[error("`{key}` in {place} is not a known key")]
    Unknown {
        /// The key as it was written.
        key: String,
        /// Where.
        place: String,
    },
    /// A value that does not fit its key.
    #[error("`{key}` (from {origin}) {fault}")]
    Unfit {
        /// The key.
        key: &'static str,
        /// Where the value came from.
        origin: String,
        /// What is wrong with it.
        fault: String,
    },
    /// A file or folder that cannot be used.
    #[error("{} {fault}", path.display())]
    Path {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// PostgreSQL without a master key: several servers may share the database, so none of them may make one up.
    #[error(
        "`master_key` is not set: with PostgreSQL it must be given, by STILLPOINT_MASTER_KEY, STILLPOINT_MASTER_KEY_FILE or `master_key_file` \
         in {FILE} (64 hexadecimal digits, as `openssl rand -hex 32` makes them)"
    )]
    NoMasterKey,
}

/// The settings that can be given on the command line.
#[derive(Args, Clone, Default)]
pub struct Flags {
    /// The TOML file to read [default: ./stillpoint.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder for the embedded store and its keys [default: ./data]
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// sqlite:PATH or postgres://… (give a password by environment or file) [default: stillpoint.db in the data folder]
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// The file that holds the master key [default with SQLite: keys/master.key in the data folder]
    #[arg(long, global = true, value_name = "FILE")]
    master_key_file: Option<PathBuf>,
    /// The address and port to serve on [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Origins of browser apps that may call, separated by commas [default: none]
    #[arg(long, global = true, value_name = "ORIGINS")]
    allowed_origins: Option<String>,
    /// Threads that answer requests [default: one for each core]
    #[arg(long, global = true, value_name = "NUMBER")]
    workers: Option<String>,
    /// text or json [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
    /// error, warn, info, debug or trace [default: info]
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The configuration in effect.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder, absolute.
    pub data: PathBuf,
    /// The store.
    pub target: Target,
    /// Where wrapped keys are kept.
    pub keys: Target,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Origins of browser apps that may call.
    pub allowed_origins: Vec<String>,
    /// Threads that answer requests.
    pub workers: usize,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// The least important line that is written.
    pub log_level: Level,
    master_key: Option<Setting>,
    settings: Vec<Setting>,
}

impl Config {
    /// Reads flags, environment and file.
    ///
    /// # Errors
    /// The first key that is unknown or unfit, or a file that cannot be read.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        let environment = Layer::of_environment(std::env::vars_os())?;
        let file = match &flags.config {
            Some(file) => Layer::of_file(file)?,
            None if Path::new(FILE).exists() => Layer::of_file(Path::new(FILE))?,
            None => Layer::default(),
        };
        Self::resolve(&[Layer::of_flags(flags)?, environment, file])
    }

    /// The defaults on a data folder of its own, with whatever is set around it left aside.
    ///
    /// # Errors
    /// When the machine does not say where it is.
    pub fn apart(data: PathBuf) -> Result<Self, ConfigError> {
        let flags = Flags { data: Some(data), ..Flags::default() };
        Self::resolve(&[Layer::of_flags(&flags)?])
    }

    fn resolve(layers: &[Layer]) -> Result<Self, ConfigError> {
        let find = |key: Key| layers.iter().find_map(|layer| layer.get(key));
        let or = |key: Key, default: &str| find(key).unwrap_or_else(|| Setting::default_of(key, default));
        let data = or(DATA, "./data");
        let folder = folder::absolute(Path::new(data.text()))?;
        let embedded = format!("sqlite:{}", folder.join("stillpoint.db").display());
        let database = or(DATABASE, &embedded);
        let target = database.parsed(|_| Target::parse(database.secret()))?;
        let (keys, told_keys) = match find(KEYS_DATABASE) {
            Some(place) => (place.parsed(|_| Target::parse(place.secret()))?, place),
            None => (target.keys(), Setting::default_of(KEYS_DATABASE, &target.told_keys()).shown()),
        };
        let master_key = find(MASTER_KEY);
        if let Some(key) = &master_key {
            key.parsed(|text| MasterKeys::parse(text).map(drop))?;
        } else if target.file().is_none() {
            return Err(ConfigError::NoMasterKey);
        }
        let made = folder::key_file(&folder);
        let told_key =
            master_key.clone().unwrap_or_else(|| Setting::default_of(MASTER_KEY, &made.display().to_string()).shown());
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let [listen, origins, workers] =
            [or(LISTEN, "127.0.0.1:8080"), or(ALLOWED_ORIGINS, ""), or(WORKERS, &cores.to_string())];
        let [log_format, log_level] = [or(LOG_FORMAT, "text"), or(LOG_LEVEL, "info")];
        Ok(Self {
            data: folder,
            target,
            keys,
            listen: listen
                .parsed(|text| text.parse().map_err(|_| "is not an address and port, such as 127.0.0.1:8080"))?,
            allowed_origins: origins.parsed(parse_origins)?,
            workers: workers.parsed(parse_workers)?,
            log_format: log_format.parsed(parse_format)?,
            log_level: log_level.parsed(parse_level)?,
            master_key,
            settings: vec![data, database, told_keys, told_key, listen, origins, workers, log_format, log_level],
        })
    }

    /// Makes the data folder of an embedded store, if need be, and answers the master key; an embedded store without one gets one.
    ///
    /// # Errors
    /// A folder or file that cannot be used; a store whose key is gone.
    pub fn prepare(&self) -> Result<MasterKeys, ConfigError> {
        let Some(store) = self.target.file() else { return self.given_keys() };
        folder::make(&self.data)?;
        let keys = match self.master_key {
            None => folder::keys_of(&self.data, store)?,
            Some(_) => self.given_keys()?,
        };
        folder::make_private_file(store)?;
        Ok(keys)
    }

    /// The master key that is there already, for a verb that must not make one.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn kept_keys(&self) -> Result<MasterKeys, ConfigError> {
        if self.master_key.is_some() { self.given_keys() } else { folder::kept_keys(&self.data) }
    }

    /// Where the master key lies that the program makes by itself.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        folder::key_file(&self.data)
    }

    /// Puts a recovered master key where the program looks for it, unless one is there.
    ///
    /// # Errors
    /// A file that is there, or cannot be made.
    pub fn put_key(file: &Path, key: &MasterKey) -> Result<(), ConfigError> {
        folder::put_key(file, key)
    }

    fn given_keys(&self) -> Result<MasterKeys, ConfigError> {
        let key = self.master_key.as_ref().ok_or(ConfigError::NoMasterKey)?;
        let keys = key.parsed(MasterKeys::parse)?;
        Ok(match key.held_in() {
            Some(file) => keys.kept_in(file.to_owned()),
            None => keys,
        })
    }

    /// Each key with its value and where that came from; secrets are hidden.
    pub fn told(&self) -> impl Iterator<Item = (&'static str, String, &str)> {
        self.settings.iter().map(|setting| (setting.key(), setting.told(), setting.origin()))
    }
}

/// A folder in the machine's temporary one, for a store that nobody will miss.
///
/// # Errors
/// When it cannot be made.
pub fn temporary_folder() -> Result<PathBuf, ConfigError> {
    let path = std::env::temp_dir().join(format!("stillpoint-{}", uuid::Uuid::new_v4().simple()));
    folder::make(&path).map(|()| path)
}

/// Makes a folder for its own user alone.
///
/// # Errors
/// When it cannot be made.
pub fn private_folder(folder: &Path) -> Result<(), ConfigError> {
    folder::make(folder)
}

/// Writes a new file that only its own user can read.
///
/// # Errors
/// A file that is there, or cannot be written.
pub fn write_private(file: &Path, content: &[u8]) -> Result<(), ConfigError> {
    folder::write_private(file, content)
}

/// An origin is a scheme, a host and perhaps a port, and nothing after (RFC 6454).
fn parse_origins(text: &str) -> Result<Vec<String>, &'static str> {
    let origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    origins
        .map(|origin| {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            let sound = |host: &str| {
                !host.is_empty()
                    && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'))
            };
            host.is_some_and(sound).then(|| origin.to_owned())
        })
        .collect::<Option<_>>()
        .ok_or("is not a list of origins, such as https://desk.example.org")
}

fn parse_workers(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|count| (1..=256).contains(count)).ok_or("is not a number from 1 to 256")
}

fn parse_format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("is neither text nor json"),
    }
}

fn parse_level(text: &str) -> Result<Level, &'static str> {
    match text {
        "error" => Ok(Level::ERROR),
        "warn" => Ok(Level::WARN),
        "info" => Ok(Level::INFO),
        "debug" => Ok(Level::DEBUG),
        "trace" => Ok(Level::TRACE),
        _ => Err("is none of error, warn, info, debug and trace"),
    }
}

#[cfg(test)]
mod tests;
