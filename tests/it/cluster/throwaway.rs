//! A throwaway cluster, made from the PostgreSQL programs found on this machine.
//!
//! libtest has no hook for "after all tests", and a killed run would not reach one. So the cluster is the life of one
//! shell script ([`LIFE`]) that waits for end of file on a pipe from this process: however the process ends, the kernel
//! closes the pipe, and the script stops the server and deletes its folder.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The life of the throwaway cluster, first to last: a kill at any moment leaves the script to finish its line.
///
/// Its answer is one line, the cluster's folder, or `failed` and the end of the log. The signals are ignored so that
/// nothing but the end of the test run ends it; a write to a test run already dead must not either (PIPE). What makes
/// a commit durable is switched off in the file, where whoever measures durable commits can switch it on again.
const LIFE: &str = r#"
trap '' HUP INT TERM PIPE
bin=$1 base=$2
dir=$(mktemp -d "$base/stillpoint-it.XXXXXX" 2>&1) || { echo failed; echo "$dir"; exit; }
if {
    "$bin/initdb" -D "$dir/data" -U stillpoint -A trust -E UTF8 --locale=C --no-sync &&
    printf '%s = off\n' fsync synchronous_commit full_page_writes >>"$dir/data/postgresql.conf" &&
    "$bin/pg_ctl" start -w -D "$dir/data" -l "$dir/server.log" -o "-p 5432 -k '$dir' -c listen_addresses='' \
        -c autovacuum=off -c max_connections=300 -c wal_level=minimal -c max_wal_senders=0"
} >"$dir/setup.log" 2>&1 </dev/null
then
    echo "$dir"
    read -r _
    "$bin/pg_ctl" stop -m immediate -D "$dir/data" >"$dir/setup.log" 2>&1
else
    echo failed
    tail -n 20 "$dir"/*.log
fi
rm -rf "$dir"
"#;

/// A server behind a socket in a folder, both of which last until this process ends.
#[derive(Debug)]
pub struct Throwaway {
    folder: String,
    /// The script, with the pipe it waits on.
    _life: Child,
}

impl Throwaway {
    /// Starts a cluster from the programs on this machine, or says why that cannot be.
    pub fn start() -> Result<Throwaway, String> {
        let programs = programs().ok_or("no initdb found on PATH or in /usr/lib/postgresql")?;
        let mut life = Command::new("sh");
        life.args(["-c", LIFE, "stillpoint-it"]).arg(programs);
        // PostgreSQL refuses to run as root. Another user may not enter root's own temporary folder, or ours.
        if effective_user()? == 0 {
            let (user, group) =
                unprivileged_user().ok_or("we are root, and there is no user postgres or nobody to be")?;
            life.arg("/tmp").uid(user).gid(group);
        } else {
            life.arg(std::env::temp_dir());
        }
        // A process group of its own: an interrupt at the terminal goes to every process in the test run's.
        life.process_group(0).current_dir("/");
        life.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut life = life.spawn().map_err(|why| format!("sh does not start: {why}"))?;

        let mut answer = BufReader::new(life.stdout.take().expect("its output is a pipe"));
        let mut folder = String::new();
        answer.read_line(&mut folder).map_err(|why| why.to_string())?;
        match folder.trim_end() {
            folder if folder.starts_with('/') => Ok(Throwaway { folder: folder.to_owned(), _life: life }),
            _ => {
                let mut log = String::new();
                answer.read_to_string(&mut log).map_err(|why| why.to_string())?;
                Err(format!("a cluster does not start:\n{log}"))
            }
        }
    }

    /// The address of one of its databases.
    pub fn url(&self, database: &str) -> String {
        let byte = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
        let host: String = self.folder.bytes().map(byte).collect();
        // The port is only the end of the socket's name, but PGPORT would change it.
        format!("postgres://stillpoint@{host}:5432/{database}")
    }
}

/// The folder with PostgreSQL's programs: the one on PATH, else the newest of Debian's, which keeps them off it.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|it| it.join("initdb"));
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin/initdb")))
        })
        .collect();
    versions.sort();
    // A link on PATH is followed: pg_ctl stands beside the real initdb, not beside the link.
    on_path
        .chain(versions.into_iter().rev().map(|(_, initdb)| initdb))
        .filter_map(|initdb| initdb.canonicalize().ok())
        .filter_map(|initdb| initdb.parent().map(Path::to_path_buf))
        .find(|folder| folder.join("pg_ctl").is_file())
}

/// Whose rights we have, which the owner of a new file tells without a call into libc.
fn effective_user() -> Result<u32, String> {
    let file = tempfile::tempfile().and_then(|file| file.metadata());
    file.map(|it| it.uid()).map_err(|why| format!("no temporary file can be made: {why}"))
}

/// The user and group to run as when we are root.
fn unprivileged_user() -> Option<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    ["postgres", "nobody"].iter().find_map(|name| {
        let fields: Vec<&str> = users.lines().map(|line| line.split(':').collect()).find(|f: &Vec<_>| f[0] == *name)?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    })
}
