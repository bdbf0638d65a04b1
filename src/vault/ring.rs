//! The master keys a process knows.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use zeroize::Zeroizing;

use super::master::MasterKey;

/// The current master key, and behind it, while a rotation is under way, the one that is being left.
///
/// Kept in a file, they are read again when a name is met that is not among them: a rotation made beside this process has changed the file.
pub struct MasterKeys {
    known: RwLock<Known>,
    file: Option<PathBuf>,
}

#[derive(Clone)]
struct Known {
    current: MasterKey,
    left: Vec<MasterKey>,
}

impl MasterKeys {
    /// Reads keys of 64 hexadecimal digits each, the current one first, a line or a blank between.
    ///
    /// # Errors
    /// What is wrong with them; never the keys.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self { known: RwLock::new(known_from(text)?), file: None })
    }

    /// The same keys, of which it is known which file they came from.
    #[must_use]
    pub fn kept_in(self, file: PathBuf) -> Self {
        Self { file: Some(file), ..self }
    }

    /// The one that wraps.
    #[must_use]
    pub fn current(&self) -> MasterKey {
        self.get().current
    }

    /// Those that a rotation is leaving.
    #[must_use]
    pub fn left(&self) -> Vec<MasterKey> {
        self.get().left
    }

    fn get(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, known: Known) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    fn find(&self, id: &str) -> Option<MasterKey> {
        let Known { current, left } = self.get();
        std::iter::once(current).chain(left).find(|key| key.id() == id)
    }

    /// The key of a name, from the file if it was not known yet.
    pub(super) fn named(&self, id: &str) -> Option<MasterKey> {
        self.find(id).or_else(|| {
            let text = fs::read_to_string(self.file.as_ref()?).map(Zeroizing::new).ok()?;
            self.set(known_from(&text).ok()?);
            self.find(id)
        })
    }

    /// Puts these keys into the file, whole or not at all, and goes by them.
    ///
    /// # Errors
    /// When there is no file, or it cannot be written.
    pub(super) fn write(&self, current: MasterKey, left: Vec<MasterKey>) -> std::io::Result<()> {
        let file = self.file.as_ref().ok_or(std::io::ErrorKind::Unsupported)?;
        let mut text = Zeroizing::new(String::with_capacity(160));
        for key in std::iter::once(&current).chain(&left) {
            text.push_str(&key.to_text());
            text.push('\n');
        }
        let draft = file.with_extension(uuid::Uuid::new_v4().simple().to_string());
        let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        let written = out.write_all(text.as_bytes()).and_then(|()| out.sync_all());
        if let Err(error) = written.and_then(|()| fs::rename(&draft, file)) {
            let _ = fs::remove_file(&draft);
            return Err(error);
        }
        File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()?;
        self.set(Known { current, left });
        Ok(())
    }
}

fn known_from(text: &str) -> Result<Known, String> {
    let mut keys = text.split_whitespace().map(MasterKey::parse);
    let current = keys.next().unwrap_or_else(|| Err("a master key is 64 hexadecimal digits".to_owned()))?;
    Ok(Known { current, left: keys.collect::<Result<_, _>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_in_the_file_is_heard_of_when_its_name_is_met() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master.key");
        let (old, new) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
        let ring = || MasterKeys::parse(&old.to_text()).unwrap().kept_in(file.clone());
        let (rotating, serving) = (ring(), ring());
        rotating.write(new.clone(), vec![old.clone()]).unwrap();
        assert_eq!(serving.current().id(), old.id());
        assert_eq!(serving.named(&new.id()).unwrap().id(), new.id());
        assert_eq!((serving.current().id(), serving.left().len()), (new.id(), 1));
        assert!(serving.named(&old.id()).is_some() && serving.named("another").is_none());
        assert!(MasterKeys::parse(" \n").is_err() && MasterKeys::parse("5e").is_err());
    }
}
