//! A load generator: so many connections, each sending one request after the other, for so long.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a run showed.
pub struct Measured {
    /// Answers a second, all connections together.
    pub rate: f64,
    /// The time within which 99 of 100 answers came.
    pub p99: Duration,
}

/// Runs `connections` for `time`; `request` writes the n-th request, and every answer must have the status.
pub fn run(
    address: &str,
    connections: usize,
    time: Duration,
    status: u16,
    request: impl Fn(u64) -> String + Sync,
) -> Measured {
    let number = AtomicU64::new(0);
    let started = Instant::now();
    let mut took: Vec<Duration> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| {
                    let mut lane = Lane::connect(address);
                    let mut took = Vec::new();
                    while started.elapsed() < time {
                        let text = request(number.fetch_add(1, Ordering::Relaxed));
                        let sent = Instant::now();
                        let answered = lane.ask(&text);
                        took.push(sent.elapsed());
                        assert_eq!(answered, status, "for {text}");
                    }
                    took
                })
            })
            .collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    });
    let elapsed = started.elapsed();
    took.sort_unstable();
    let p99 = took[took.len() * 99 / 100];
    Measured { rate: took.len() as f64 / elapsed.as_secs_f64(), p99 }
}

/// One request's text, keep-alive.
pub fn request(method: &str, path: &str, token: Option<&str>, body: &str) -> String {
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let content = if body.is_empty() {
        String::new()
    } else {
        format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len())
    };
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{token}{content}\r\n{body}")
}

struct Lane(BufReader<TcpStream>);

impl Lane {
    fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn ask(&mut self, text: &str) -> u16 {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = 0;
        loop {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        status
    }
}
