//! `earnest serve`.

use std::net::SocketAddr;

use clap::Args;
use earnest_live::Scribe;
use earnest_live::server::{Access, Limits, Service, health, serve, signalled};

use super::model_option::{ModelOption, UncertainOption};
use super::speech_options::SpeechOptions;
use crate::failure::Failure;

/// Answer live over HTTP and WebSocket, with a page to talk to.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  earnest serve\n  earnest serve --model my-model --listen 127.0.0.1:9000\n  \
    curl --data-binary @speech.wav http://127.0.0.1:8765/predict\n\n\
    Open http://127.0.0.1:8765 for the page. The protocols are those of Hume's expression measurement (WebSocket and files) and \
    of Hugging Face's inference (/predict): docs/server.md has them, GET /openapi.json too. Audio and answers are never logged, \
    and nothing is stored. Other machines can ask only where --listen says so and with a token; traffic is not encrypted, so \
    put a proxy with TLS before it (docs/server.md has one that was tried). Ctrl-C ends it in an orderly way."
)]
pub struct Arguments {
    #[command(flatten)]
    model: ModelOption,
    #[command(flatten)]
    uncertain: UncertainOption,
    /// Address and port to listen at; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8765", value_parser = address)]
    listen: SocketAddr,
    /// Name of the environment variable with the token that clients must show
    #[arg(long, value_name = "VARIABLE")]
    token_env: Option<String>,
    /// A name under which the server is asked, beside this machine's own names and addresses: that of a proxy
    /// before it. May be given several times
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Sessions at a time
    #[arg(long, value_name = "N", default_value_t = Limits::default().sessions)]
    sessions: usize,
    /// Connections at a time that are no sessions
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections)]
    connections: usize,
    /// Requests with audio that are heard or wait, at a time
    #[arg(long, value_name = "N", default_value_t = Limits::default().requests)]
    requests: usize,
    /// Bytes of a request's body
    #[arg(long, value_name = "N", default_value_t = Limits::default().body_bytes)]
    body_bytes: usize,
    /// Seconds of audio in a request
    #[arg(long, value_name = "S", default_value_t = Limits::default().body_s, allow_negative_numbers = true)]
    body_seconds: f64,
    /// Seconds of audio in a session
    #[arg(long, value_name = "S", default_value_t = Limits::default().session_s, allow_negative_numbers = true)]
    session_seconds: f64,
    /// Seconds without a message after which a session ends
    #[arg(long, value_name = "S", default_value_t = Limits::default().idle_s, allow_negative_numbers = true)]
    idle: f64,
    /// Seconds of audio that a session may bring in a second; who brings more waits
    #[arg(long, value_name = "X", default_value_t = Limits::default().speed, allow_negative_numbers = true)]
    speed: f64,
    /// Ask the server that listens at --listen whether it is well, and end: exit code 0 if it is. For who
    /// supervises it
    #[arg(long, conflicts_with_all = ["model", "uncertain_below", "token_env", "allow_host"])]
    health: bool,
    #[command(flatten)]
    speech: SpeechOptions,
}

/// An address and a port; `localhost` is this machine.
fn address(text: &str) -> Result<SocketAddr, String> {
    let text = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    text.parse().map_err(|_| {
        "give an address and a port, as in 127.0.0.1:8765, [::1]:8765 or 0.0.0.0:8765".to_owned()
    })
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    if a.health {
        return health(a.listen).map_err(|why| anyhow::anyhow!(why).into());
    }
    let token = match &a.token_env {
        None => None,
        Some(name) => match std::env::var(name) {
            Ok(token) if !token.is_empty() => Some(token),
            _ => {
                return Err(Failure::asked(format!(
                    "--token-env {name}: this environment variable is not set, or empty, or no text; put the token into it"
                )));
            }
        },
    };
    let is_name = |name: &String| {
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        !name.is_empty() && name.chars().all(letter)
    };
    if let Some(wrong) = a.allow_host.iter().find(|name| !is_name(name)) {
        return Err(Failure::asked(format!(
            "--allow-host {wrong:?}: give a name alone, as in robot.example, without `https://` and without a port"
        )));
    }
    let (recogniser, name) = a.model.open()?;
    a.uncertain.check(&recogniser)?;
    let scribe = Scribe::new(&recogniser, &a.model.id(), a.uncertain.uncertain_below);
    a.model.tell(&recogniser, &name);
    let has_token = token.is_some();
    let service = Service {
        recogniser,
        scribe,
        speech: a.speech.settings()?,
        access: Access {
            token,
            hosts: a.allow_host,
        },
        limits: Limits {
            sessions: a.sessions,
            requests: a.requests,
            body_bytes: a.body_bytes,
            body_s: a.body_seconds,
            session_s: a.session_seconds,
            idle_s: a.idle,
            speed: a.speed,
            connections: a.connections,
        },
        threads: rayon::current_num_threads(),
    };
    let ready = |address: SocketAddr| {
        let token = if has_token {
            "clients show the token; "
        } else {
            ""
        };
        tell!("listening at http://{address} ({token}Ctrl-C ends it)");
    };
    serve(service, a.listen, ready, signalled()).map_err(|error| Failure::asked(error.to_string()))
}
