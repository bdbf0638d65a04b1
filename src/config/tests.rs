use std::ffi::OsString;

use super::*;

fn environment(variables: &[(&str, &str)]) -> Result<Layer, ConfigError> {
    Layer::of_environment(variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))))
}

fn file(text: &str) -> Result<Layer, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some.toml");
    std::fs::write(&file, text).unwrap();
    Layer::of_file(&file)
}

fn refused<T>(result: Result<T, ConfigError>) -> String {
    match result {
        Ok(_) => panic!("accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let flags = Flags { listen: Some("127.0.0.1:1".into()), ..Flags::default() };
    let layers = [
        Layer::of_flags(&flags).unwrap(),
        environment(&[("STILLPOINT_LISTEN", "127.0.0.1:2"), ("STILLPOINT_WORKERS", "2")]).unwrap(),
        file("listen = '127.0.0.1:3'\nworkers = 3\nlog_level = 'warn'\nallowed_origins = ['https://a.example', 'http://b:8']")
            .unwrap(),
    ];
    let config = Config::resolve(&layers).unwrap();
    assert_eq!((config.listen.port(), config.workers, config.log_level), (1, 2, Level::WARN));
    assert_eq!(config.allowed_origins, ["https://a.example", "http://b:8"]);
    assert_eq!(config.log_format, LogFormat::Text);
    let origins: Vec<_> = config.told().map(|(key, _, origin)| (key, origin.to_owned())).collect();
    assert!(origins.contains(&("listen", "--listen".to_owned())));
    assert!(origins.contains(&("workers", "STILLPOINT_WORKERS".to_owned())));
    assert!(origins.contains(&("log_format", "default".to_owned())));
}

#[test]
fn a_key_nobody_knows_is_refused_by_name() {
    assert!(refused(environment(&[("STILLPOINT_LISTN", "x")])).contains("STILLPOINT_LISTN"));
    assert!(refused(environment(&[("STILLPOINT_LISTEN_FILE", "x")])).contains("STILLPOINT_LISTEN_FILE"));
    assert!(refused(file("listn = 'x'")).contains("`listn`"));
    assert!(refused(file("listen_file = 'x'")).contains("`listen_file`"));
    assert!(environment(&[("HOME", "x"), ("STILLPOINT_TEST_POSTGRES_URL", "x")]).is_ok());
}

#[test]
fn what_does_not_fit_is_refused_with_its_key_and_origin() {
    for (name, value) in [
        ("STILLPOINT_LISTEN", "8080"),
        ("STILLPOINT_WORKERS", "0"),
        ("STILLPOINT_LOG_FORMAT", "xml"),
        ("STILLPOINT_LOG_LEVEL", "loud"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "https://a.example/path"),
        ("DATABASE_URL", "mysql://x"),
    ] {
        let said = refused(environment(&[(name, value)]).and_then(|layer| Config::resolve(&[layer])));
        assert!(said.contains(name), "{said}");
    }
    assert!(refused(file("database = 'postgres://u:hush@localhost/x\n")).contains("is not TOML"));
    assert!(!refused(file("database = 'postgres://u:hush@localhost/x\n")).contains("hush"));
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, format!("{}\n", "5e".repeat(32))).unwrap();
    let by_file = ("STILLPOINT_MASTER_KEY_FILE", key.to_str().unwrap());
    let postgres = ("DATABASE_URL", "postgres://u:hush@localhost/x");
    let config = Config::resolve(&[environment(&[by_file, postgres]).unwrap()]).unwrap();
    assert!(config.prepare().is_ok());
    let told: String = config.told().map(|(_, value, _)| value).collect();
    for secret in ["hush", "5e5e"] {
        assert!(!told.contains(secret) && !format!("{config:?}").contains(secret), "{told} {config:?}");
    }
    let twice = environment(&[by_file, ("STILLPOINT_MASTER_KEY", "x")]);
    assert!(refused(twice).contains("given twice"));
    let short = environment(&[("STILLPOINT_MASTER_KEY", "hush")]).and_then(|layer| Config::resolve(&[layer]));
    assert!(!refused(short).contains("hush"));
}

#[test]
fn postgresql_needs_a_master_key_from_outside() {
    let layer = environment(&[("DATABASE_URL", "postgres://localhost/x"), ("STILLPOINT_MASTER_KEY", "")]).unwrap();
    assert!(refused(Config::resolve(&[layer])).contains("`master_key`"));
}

#[test]
fn keys_lie_beside_the_store_unless_another_place_is_named() {
    let keys = |named: &str| {
        let layer = environment(&[("DATABASE_URL", "sqlite:some/store.db"), ("KEYS_DATABASE_URL", named)]).unwrap();
        let config = Config::resolve(&[layer]).unwrap();
        config.keys.file().map(|file| file.display().to_string())
    };
    assert_eq!(keys("").as_deref(), Some("some/keys.sqlite3"));
    assert_eq!(keys("sqlite:elsewhere.db").as_deref(), Some("elsewhere.db"));
    assert_eq!(keys("postgres://localhost/keys"), None);
}

#[test]
fn a_lost_key_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::apart(folder.path().join("data")).unwrap();
    let first = config.prepare().unwrap().current().to_text();
    assert_eq!(*config.prepare().unwrap().current().to_text(), *first);
    let store = config.target.file().unwrap();
    std::fs::write(store, "rows").unwrap();
    std::fs::remove_file(folder::key_file(&config.data)).unwrap();
    assert!(refused(config.prepare()).contains("put it back"));
}
