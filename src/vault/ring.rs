//! The master keys a process knows.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use zeroize::Zeroizing;

use super::master::MasterKey;

/// The current master key, and behind it, while a rotation is under way, the one that is being left.
///
/// Kept in a file, they are read again when a name is met that is not among them: a rotation made beside this process has changed the file.
/// What stood there before is not forgotten: a file that was put back, or read too early, takes no key away from whoever still needs it.
pub struct MasterKeys {
    known: RwLock<Known>,
    file: Option<PathBuf>,
}

#[derive(Clone)]
struct Known {
    current: MasterKey,
    left: Vec<MasterKey>,
    /// Those that do not stand there any more.
    before: Vec<MasterKey>,
}

impl Known {
    fn stands(&self, id: &str) -> bool {
        std::iter::once(&self.current).chain(&self.left).any(|key| key.id() == id)
    }
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

    /// Goes by what was read or written, and keeps what was known before.
    fn learn(&self, read: Known) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let Known { current, left, before } = known.clone();
        let all = std::iter::once(current).chain(left).chain(before);
        let before = all.filter(|key| !read.stands(&key.id())).collect();
        *known = Known { before, ..read };
    }

    fn find(&self, id: &str) -> Option<MasterKey> {
        let Known { current, left, before } = self.get();
        std::iter::once(current).chain(left).chain(before).find(|key| key.id() == id)
    }

    /// Whether the key of a name is where the keys are kept, as far as this process has read.
    pub(super) fn stands(&self, id: &str) -> bool {
        self.get().stands(id)
    }

    /// Reads the file again, where there is one.
    ///
    /// # Errors
    /// What is wrong with it; never the keys.
    pub(super) fn read_again(&self) -> Result<(), String> {
        let Some(file) = &self.file else { return Ok(()) };
        let text = fs::read_to_string(file).map(Zeroizing::new);
        let text = text.map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        self.learn(known_from(&text)?);
        Ok(())
    }

    /// Takes the file for a rotation, for as long as the answer is kept, by a lock file beside it: the file itself is replaced meanwhile. Where
    /// none can be made, the keys cannot be written either.
    ///
    /// # Errors
    /// When another rotation has it.
    pub(super) fn take(&self) -> Result<Option<File>, String> {
        let Some(file) = self.file.as_ref().map(|file| file.with_extension("rotation.lock")) else { return Ok(None) };
        let Ok(lock) = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(file) else {
            return Ok(None);
        };
        match lock.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => Err("another rotation is under way".to_owned()),
            Err(TryLockError::Error(error)) => Err(format!("the master key's file cannot be locked: {error}")),
        }
    }

    /// The key of a name, from the file if it was not known yet.
    pub(super) fn named(&self, id: &str) -> Option<MasterKey> {
        self.find(id).or_else(|| {
            self.read_again().ok()?;
            self.find(id)
        })
    }

    /// Puts these keys into the file, whole or not at all, and goes by them. Whose file it is and who may read it stays as it was.
    ///
    /// # Errors
    /// When there is no file, or it cannot be written as it was.
    pub(super) fn write(&self, current: MasterKey, left: Vec<MasterKey>) -> std::io::Result<()> {
        let file = self.file.as_ref().ok_or(std::io::ErrorKind::Unsupported)?;
        let mut text = Zeroizing::new(String::with_capacity(160));
        for key in std::iter::once(&current).chain(&left) {
            text.push_str(&key.to_text());
            text.push('\n');
        }
        let draft = file.with_extension(uuid::Uuid::new_v4().simple().to_string());
        let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        let written = out.write_all(text.as_bytes());
        let written = written.and_then(|()| fs::metadata(file).map_or(Ok(()), |was| keep_owner(&out, &was)));
        let written = written.and_then(|()| out.sync_all());
        if let Err(error) = written.and_then(|()| fs::rename(&draft, file)) {
            let _ = fs::remove_file(&draft);
            return Err(error);
        }
        File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()?;
        self.learn(Known { current, left, before: Vec::new() });
        Ok(())
    }
}

/// Gives a file the owner and the mode of the one it will replace: who rotates need not be who serves.
fn keep_owner(out: &File, was: &Metadata) -> std::io::Result<()> {
    let made = out.metadata()?;
    if (made.uid(), made.gid()) != (was.uid(), was.gid()) {
        fchown(out, Some(was.uid()), Some(was.gid()))?;
    }
    out.set_permissions(was.permissions())
}

fn known_from(text: &str) -> Result<Known, String> {
    let mut keys = text.split_whitespace().map(MasterKey::parse);
    let current = keys.next().unwrap_or_else(|| Err("a master key is 64 hexadecimal digits".to_owned()))?;
    Ok(Known { current, left: keys.collect::<Result<_, _>>()?, before: Vec::new() })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

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
        // A file that holds less takes nothing away, and what replaces it is as open as it was.
        fs::write(&file, &*MasterKey::generate().unwrap().to_text()).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        serving.read_again().unwrap();
        assert!(!serving.stands(&new.id()) && serving.named(&new.id()).is_some() && serving.named(&old.id()).is_some());
        serving.write(new.clone(), Vec::new()).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
        assert!(serving.stands(&new.id()) && !serving.stands(&old.id()));
        let _taken = serving.take().unwrap();
        assert!(rotating.take().is_err());
        assert!(MasterKeys::parse(" \n").is_err() && MasterKeys::parse("5e").is_err());
    }
}
