//! One source of settings: the flags, the environment or the file, each read into the same keys.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::{
    ALLOWED_ORIGINS, ConfigError, DATA, DATABASE, Flags, KEYS, LISTEN, LOG_FORMAT, LOG_LEVEL, MASTER_KEY, WORKERS,
};

/// Variables that begin like ours must be ours.
const PREFIX: &str = "STILLPOINT_";
/// The test harness has variables of its own, which a developer's shell may hold.
const HARNESS: [&str; 2] = ["STILLPOINT_TEST_POSTGRES_URL", "STILLPOINT_REQUIRE_POSTGRES"];

/// Something that can be set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    variable: &'static str,
    /// Its value is never shown, and may be given as the path of a file.
    secret: bool,
}

impl Key {
    pub(super) const fn plain(name: &'static str, variable: &'static str) -> Self {
        Self { name, variable, secret: false }
    }

    pub(super) const fn secret(name: &'static str, variable: &'static str) -> Self {
        Self { name, variable, secret: true }
    }
}

/// A value for a key, and where it came from.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    key: Key,
    value: SecretString,
    origin: String,
    /// A secret's value that is none: a path, a default.
    shown: bool,
    /// The file that held it, for a secret that a file did.
    held_in: Option<PathBuf>,
}

impl Setting {
    fn new(key: Key, value: impl Into<SecretString>, origin: impl Into<String>) -> Self {
        let value = value.into();
        // Where an embedded store lies is no secret.
        let shown = !key.secret || value.expose_secret().starts_with("sqlite:");
        Self { key, value, origin: origin.into(), shown, held_in: None }
    }

    pub(super) fn default_of(key: Key, value: &str) -> Self {
        Self::new(key, value, "default")
    }

    /// The same setting, of which it is known that its value may be seen.
    pub(super) fn shown(self) -> Self {
        Self { shown: true, ..self }
    }

    pub(super) fn key(&self) -> &'static str {
        self.key.name
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn text(&self) -> &str {
        self.value.expose_secret()
    }

    /// The file that held it, if one did.
    pub(super) fn held_in(&self) -> Option<&Path> {
        self.held_in.as_deref()
    }

    pub(super) fn secret(&self) -> &SecretString {
        &self.value
    }

    /// The value as it may be seen.
    pub(super) fn told(&self) -> String {
        if self.shown { self.text().to_owned() } else { "(hidden)".to_owned() }
    }

    /// What a parser makes of the value, or its complaint with the key's name and origin.
    pub(super) fn parsed<T, E: Into<String>>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        parse(self.text()).map_err(|fault| self.unfit(fault))
    }

    fn unfit(&self, fault: impl Into<String>) -> ConfigError {
        ConfigError::Unfit { key: self.key.name, origin: self.origin.clone(), fault: fault.into() }
    }
}

/// What one source sets.
#[derive(Default)]
pub(super) struct Layer(BTreeMap<&'static str, Setting>);

impl Layer {
    pub(super) fn get(&self, key: Key) -> Option<Setting> {
        self.0.get(key.name).cloned()
    }

    pub(super) fn of_flags(flags: &Flags) -> Result<Self, ConfigError> {
        let mut layer = Self::default();
        if let Some(folder) = &flags.data {
            let folder = folder
                .to_str()
                .ok_or_else(|| ConfigError::Path { path: folder.clone(), fault: "is not UTF-8".to_owned() })?;
            layer.take(Setting::new(DATA, folder, "--data"))?;
        }
        let texts = [
            (DATABASE, &flags.database, "--database"),
            (LISTEN, &flags.listen, "--listen"),
            (ALLOWED_ORIGINS, &flags.allowed_origins, "--allowed-origins"),
            (WORKERS, &flags.workers, "--workers"),
            (LOG_FORMAT, &flags.log_format, "--log-format"),
            (LOG_LEVEL, &flags.log_level, "--log-level"),
        ];
        for (key, value, origin) in texts {
            if let Some(value) = value {
                layer.take(Setting::new(key, value.as_str(), origin))?;
            }
        }
        if let Some(file) = &flags.master_key_file {
            layer.take(held_in(MASTER_KEY, file, "--master-key-file")?)?;
        }
        Ok(layer)
    }

    /// An empty variable counts as not set, as it does for those who write `VARIABLE=` into a service's file.
    pub(super) fn of_environment(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Self, ConfigError> {
        let mut layer = Self::default();
        for (name, value) in variables {
            let Some(name) = name.to_str() else { continue };
            let known = KEYS.into_iter().find_map(|key| match name.strip_prefix(key.variable)? {
                "" => Some((key, false)),
                "_FILE" if key.secret => Some((key, true)),
                _ => None,
            });
            let unknown = || ConfigError::Unknown { key: name.to_owned(), place: "the environment".to_owned() };
            match (known, value.to_str()) {
                (Some(_), Some("")) => {}
                (Some((key, true)), Some(file)) => layer.take(held_in(key, Path::new(file), name)?)?,
                (Some((key, false)), Some(value)) => layer.take(Setting::new(key, value, name))?,
                (Some((key, _)), None) => return Err(Setting::new(key, "", name).unfit("is not UTF-8")),
                (None, _) if name.starts_with(PREFIX) && !HARNESS.contains(&name) => return Err(unknown()),
                (None, _) => {}
            }
        }
        Ok(layer)
    }

    pub(super) fn of_file(file: &Path) -> Result<Self, ConfigError> {
        let place = file.display().to_string();
        let fault = |fault: String| ConfigError::Path { path: file.to_owned(), fault };
        let text = std::fs::read_to_string(file).map_err(|error| fault(format!("cannot be read: {error}")))?;
        // The parser's own message would quote the line, and with it a password.
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| fault(format!("is not TOML: {}", error.message())))?;
        let mut layer = Self::default();
        for (name, value) in table {
            let found =
                KEYS.into_iter().find(|key| name == key.name || (key.secret && by_file(&name) == Some(key.name)));
            let key = found.ok_or_else(|| ConfigError::Unknown { key: name.clone(), place: place.clone() })?;
            let text =
                plain(&value).ok_or_else(|| Setting::new(key, "", &place).unfit("is neither text nor a number"))?;
            if name == key.name {
                layer.take(Setting::new(key, text, &place))?;
            } else {
                layer.take(held_in(key, Path::new(&text), &place)?)?;
            }
        }
        Ok(layer)
    }

    /// Takes a setting; one key twice in one place (a secret and its file) is a mistake somebody should hear of.
    fn take(&mut self, setting: Setting) -> Result<(), ConfigError> {
        let twice = setting.unfit("is given twice there, as itself and as a file");
        match self.0.insert(setting.key.name, setting) {
            None => Ok(()),
            Some(_) => Err(twice),
        }
    }
}

fn by_file(name: &str) -> Option<&str> {
    name.strip_suffix("_file")
}

/// Text, a number, or a list of texts as commas would separate them.
fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Array(items) => {
            items.iter().map(toml::Value::as_str).collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        _ => None,
    }
}

fn held_in(key: Key, file: &Path, origin: &str) -> Result<Setting, ConfigError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| ConfigError::Path { path: file.to_owned(), fault: format!("cannot be read: {error}") })?;
    let setting = Setting::new(key, text.trim(), format!("{origin}: {}", file.display()));
    // A bare name has no folder, and the folder is what a rotation needs.
    Ok(Setting { held_in: Some(super::folder::absolute(file)?), ..setting })
}
