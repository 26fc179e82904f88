//! Who may ask a server, and how much.

use std::io;
use std::net::SocketAddr;

use earnest_recogniser::RecogniserError;

/// The fewest characters of a token: a shorter one can be guessed.
const SHORTEST_TOKEN: usize = 16;

/// Who may ask.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// What a client has to show; `None` asks for nothing, which is allowed to this machine's own programs only.
    pub token: Option<String>,
    /// Names beside those of this machine under which the server is asked: what stands in front of it (a proxy) is called.
    pub hosts: Vec<String>,
}

/// How much is heard at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// WebSocket sessions at a time.
    pub sessions: usize,
    /// Connections at a time that are no sessions.
    pub connections: usize,
    /// Requests with audio that are heard or wait for it, at a time.
    pub requests: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Seconds of audio in a request.
    pub body_s: f64,
    /// Seconds of audio in a session.
    pub session_s: f64,
    /// Seconds without a message after which a session ends.
    pub idle_s: f64,
    /// How many seconds of audio a session may bring each second. Who brings more waits: nothing is lost.
    pub speed: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions: 64,
            connections: 512,
            requests: 16,
            body_bytes: 25 << 20,
            body_s: 1200.0,
            session_s: 4.0 * 3600.0,
            idle_s: 60.0,
            speed: 2.0,
        }
    }
}

/// Why a server cannot serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Others than this machine's own programs could ask, and nobody would have to show a token.
    #[error(
        "--listen {0} can be reached from other machines, so a token is needed: put one of at least {SHORTEST_TOKEN} characters into a variable and name it, `EARNEST_TOKEN=$(head -c 24 /dev/urandom | base64) earnest serve --listen {0} --token-env EARNEST_TOKEN`; traffic is not encrypted: put a proxy with TLS before it"
    )]
    NoToken(SocketAddr),
    /// A token that can be guessed.
    #[error("the token has {0} characters; it needs at least {SHORTEST_TOKEN}")]
    ShortToken(usize),
    /// A limit that lets nothing through.
    #[error("{0}")]
    Limit(String),
    /// The address cannot be listened at.
    #[error(
        "cannot listen at {address}: {source}; another program may be there: take another port with --listen, port 0 for any that is free"
    )]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The machine gives no threads.
    #[error("cannot start the server's threads: {0}")]
    Runtime(io::Error),
    /// The model cannot be given a stream.
    #[error(transparent)]
    Recogniser(#[from] RecogniserError),
}

impl Access {
    /// Says whether this may listen there.
    pub(super) fn check(&self, listen: SocketAddr) -> Result<(), ServerError> {
        match &self.token {
            None if !listen.ip().is_loopback() => Err(ServerError::NoToken(listen)),
            Some(token) if token.chars().count() < SHORTEST_TOKEN => {
                Err(ServerError::ShortToken(token.chars().count()))
            }
            _ => Ok(()),
        }
    }
}

impl Limits {
    pub(super) fn check(&self) -> Result<(), ServerError> {
        let counts = [
            ("sessions at a time (--sessions)", self.sessions),
            ("connections at a time (--connections)", self.connections),
            ("requests at a time (--requests)", self.requests),
            ("the bytes of a body (--body-bytes)", self.body_bytes),
        ];
        const MOST: usize = 1 << 30;
        for (what, n) in counts {
            if n == 0 || n > MOST {
                return Err(ServerError::Limit(format!(
                    "{what} cannot be at most {n}; give a number from 1 to {MOST}"
                )));
            }
        }
        let seconds = [
            (
                "the seconds of audio in a request (--body-seconds)",
                self.body_s,
            ),
            (
                "the seconds of audio in a session (--session-seconds)",
                self.session_s,
            ),
            ("the seconds without a message (--idle)", self.idle_s),
            ("the seconds of audio a second (--speed)", self.speed),
        ];
        for (what, s) in seconds {
            if !(s > 0.0 && s <= 1e6) {
                return Err(ServerError::Limit(format!(
                    "{what} cannot be at most {s:e}; give a number above 0, at most 1000000"
                )));
            }
        }
        if self.speed < 1.0 {
            return Err(ServerError::Limit(format!(
                "a server that takes {} seconds of audio a second cannot follow anybody who speaks; give 1 or more",
                self.speed
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_this_machine_a_token_is_needed_that_cannot_be_guessed() {
        let access = |token: Option<&str>| Access {
            token: token.map(str::to_owned),
            hosts: Vec::new(),
        };
        let own = "127.0.0.1:80".parse().unwrap();
        let all = "0.0.0.0:80".parse().unwrap();
        assert!(access(None).check(own).is_ok());
        assert!(access(None).check(all).is_err());
        assert!(access(Some("short")).check(own).is_err());
        assert!(access(Some("0123456789abcdef")).check(all).is_ok());
    }

    #[test]
    fn limits_that_let_nothing_through_are_refused() {
        assert!(Limits::default().check().is_ok());
        let with = |change: fn(&mut Limits)| {
            let mut limits = Limits::default();
            change(&mut limits);
            limits.check().is_err()
        };
        assert!(with(|l| l.sessions = 0));
        assert!(with(|l| l.idle_s = f64::NAN));
        assert!(with(|l| l.speed = 0.5));
    }
}
