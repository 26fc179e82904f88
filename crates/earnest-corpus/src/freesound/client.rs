//! Speaking with the API: one request at a time, not too fast, and again when it fails.

use std::time::{Duration, Instant};

use serde::Deserialize;
use ureq::Agent;
use ureq::http::{Response, StatusCode, Uri};
use ureq::{Body, Error};

use super::{FreesoundError, GatherSettings, Progress};

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two requests to the API: Freesound allows 60 a minute. Previews, which are no
    /// requests to it, wait for a quarter.
    pub between: Duration,
    /// Before a failed request is made again, the first time; then twice as long each time.
    pub retry: Duration,
    /// When there were too many requests and the server does not say how long to wait.
    pub throttled: Duration,
    /// Longest wait that a server may ask for; beyond it the download stops.
    pub patience: Duration,
    /// How often a request is made in all.
    pub tries: u32,
    /// For one answer.
    pub timeout: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            between: Duration::from_secs(1),
            retry: Duration::from_secs(2),
            throttled: Duration::from_secs(60),
            patience: Duration::from_secs(600),
            tries: 5,
            timeout: Duration::from_secs(60),
        }
    }
}

/// A clip as the search gives it.
#[derive(Clone, Debug, Deserialize)]
pub struct Found {
    /// Its number at Freesound.
    pub id: u64,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The address of its licence; empty if none is said.
    #[serde(default, deserialize_with = "or_empty")]
    pub license: String,
    /// Who made it.
    #[serde(default)]
    pub username: String,
    /// Length, seconds.
    #[serde(default)]
    pub duration: f64,
    /// The address of its page.
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    previews: std::collections::BTreeMap<String, String>,
}

/// A text that may be null.
fn or_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Found {
    /// Address and format of its best preview.
    pub fn preview(&self) -> Option<(&str, &'static str)> {
        [
            ("preview-hq-ogg", "ogg"),
            ("preview-hq-mp3", "mp3"),
            ("preview-lq-ogg", "ogg"),
            ("preview-lq-mp3", "mp3"),
        ]
        .into_iter()
        .find_map(|(name, end)| Some((self.previews.get(name)?.as_str(), end)))
    }
}

/// A page of results.
#[derive(Clone, Debug, Deserialize)]
pub struct Page {
    /// Address of the next page.
    pub next: Option<String>,
    /// The clips of this one.
    pub results: Vec<Found>,
}

impl Page {
    /// Reads what the API answers to a search.
    ///
    /// # Errors
    /// It is not what the API documents; how it begins.
    pub fn from_json(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| {
            let start: String = String::from_utf8_lossy(bytes).chars().take(60).collect();
            format!("the answer is not what the API documents ({error}): {start:?}")
        })
    }
}

/// Most results that the API gives at once.
const PAGE_SIZE: usize = 150;
/// Longest answer that is read.
const MOST_BYTES: u64 = 64 << 20;

/// Does requests.
pub struct Client<'a> {
    agent: Agent,
    settings: &'a GatherSettings,
    progress: &'a dyn Fn(Progress<'_>),
    last: Option<Instant>,
}

/// What one try gave.
enum Answer {
    Good(Vec<u8>),
    Gone,
    /// Try again, after so long if the server said so.
    Bad {
        detail: String,
        wait: Option<Duration>,
    },
    Stop(FreesoundError),
}

impl<'a> Client<'a> {
    pub fn new(
        settings: &'a GatherSettings,
        progress: &'a dyn Fn(Progress<'_>),
    ) -> Result<Self, FreesoundError> {
        let address: Result<Uri, _> = settings.api.parse();
        if !address.is_ok_and(|a| a.scheme().is_some() && a.host().is_some()) {
            return Err(FreesoundError::Address(settings.api.clone()));
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(settings.pace.timeout))
            .user_agent(concat!("earnest/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Self {
            agent,
            settings,
            progress,
            last: None,
        })
    }

    /// A page (from 1) of clips with a tag, those that most people downloaded first.
    pub fn search(&mut self, tag: &str, page: usize) -> Result<Page, FreesoundError> {
        let (low, high) = self.settings.seconds;
        let address = format!("{}/search/", self.settings.api.trim_end_matches('/'));
        let filter = format!("tag:\"{tag}\" duration:[{low} TO {high}]");
        let what = format!("page {page} of the search for {tag}");
        let (agent, token) = (self.agent.clone(), &self.settings.token);
        let request = || {
            agent
                .get(&address)
                .query("query", "")
                .query("filter", &filter)
                .query(
                    "fields",
                    "id,name,tags,license,username,duration,url,previews",
                )
                .query("sort", "downloads_desc")
                .query("page_size", PAGE_SIZE.to_string())
                .query("page", page.to_string())
                .header("Authorization", format!("Token {token}"))
                .call()
        };
        let mut parsed = None;
        let check = |bytes: &[u8]| {
            parsed = Some(Page::from_json(bytes)?);
            Ok(())
        };
        let answered = persist(
            self.settings,
            self.progress,
            &mut self.last,
            &what,
            true,
            request,
            check,
        )?;
        match (answered, parsed) {
            (Some(_), Some(page)) => Ok(page),
            // A page behind the last one: there is no more.
            _ => Ok(Page {
                next: None,
                results: Vec::new(),
            }),
        }
    }

    /// The bytes of a preview; `None` if it is gone. No token is sent: previews lie elsewhere.
    pub fn preview(
        &mut self,
        address: &str,
        file: &str,
    ) -> Result<Option<Vec<u8>>, FreesoundError> {
        let agent = self.agent.clone();
        let what = format!("the preview {file}");
        let check = |bytes: &[u8]| match bytes.is_empty() {
            true => Err("the answer is empty".to_owned()),
            false => Ok(()),
        };
        persist(
            self.settings,
            self.progress,
            &mut self.last,
            &what,
            false,
            || agent.get(address).call(),
            check,
        )
    }
}

/// Makes a request until it is answered well; `None` if there is no such thing (404).
fn persist(
    settings: &GatherSettings,
    progress: &dyn Fn(Progress<'_>),
    last: &mut Option<Instant>,
    what: &str,
    with_token: bool,
    request: impl Fn() -> Result<Response<Body>, Error>,
    mut check: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<Option<Vec<u8>>, FreesoundError> {
    let pace = &settings.pace;
    let mut pause = pace.retry;
    let mut detail = String::new();
    for attempt in 1..=pace.tries.max(1) {
        if let Some(last) = *last {
            let between = pace.between / if with_token { 1 } else { 4 };
            std::thread::sleep(between.saturating_sub(last.elapsed()));
        }
        let answer = answer(request(), pace, with_token);
        *last = Some(Instant::now());
        let wait = match answer {
            Answer::Good(bytes) => match check(&bytes) {
                Ok(()) => return Ok(Some(bytes)),
                Err(wrong) => {
                    detail = wrong;
                    None
                }
            },
            Answer::Gone => return Ok(None),
            Answer::Stop(error) => return Err(error),
            Answer::Bad { detail: d, wait } => {
                detail = d;
                wait
            }
        };
        if attempt < pace.tries {
            let duration = wait.unwrap_or(pause);
            pause *= 2;
            let why = format!("{what}: {detail}");
            progress(Progress::Waiting {
                duration,
                why: &why,
            });
            std::thread::sleep(duration);
        }
    }
    Err(FreesoundError::Server {
        what: what.to_owned(),
        detail,
        tries: pace.tries.max(1),
    })
}

/// What an answer means.
fn answer(result: Result<Response<Body>, Error>, pace: &Pace, with_token: bool) -> Answer {
    let bad = |detail: String| Answer::Bad { detail, wait: None };
    let mut response = match result {
        Ok(response) => response,
        Err(error) => return bad(format!("no answer ({error})")),
    };
    let header = |name: &str| {
        let value = response.headers().get(name)?.to_str().ok()?;
        value.trim().parse::<u64>().ok()
    };
    let status = response.status();
    let (length, retry_after) = (header("content-length"), header("retry-after"));
    let compressed = response.headers().contains_key("content-encoding");
    let body = response
        .body_mut()
        .with_config()
        .limit(MOST_BYTES)
        .read_to_vec();
    if status.is_success() {
        return match body {
            Ok(bytes) if !compressed && length.is_some_and(|n| n != bytes.len() as u64) => bad(
                format!("the connection was cut after {} bytes", bytes.len()),
            ),
            Ok(bytes) => Answer::Good(bytes),
            Err(error) => bad(format!("the connection was cut ({error})")),
        };
    }
    let said = said(&body.unwrap_or_default());
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Answer::Gone,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if with_token => {
            Answer::Stop(FreesoundError::Token(said))
        }
        StatusCode::TOO_MANY_REQUESTS => {
            let wait = retry_after.map_or(pace.throttled, Duration::from_secs);
            if wait > pace.patience || said.to_lowercase().contains("day") {
                return Answer::Stop(FreesoundError::Limit(said));
            }
            Answer::Bad {
                detail: format!("too many requests ({said})"),
                wait: Some(wait),
            }
        }
        _ => bad(format!("the server answered {status}")),
    }
}

/// What the server says of an error, in its `detail`.
fn said(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Said {
        detail: String,
    }
    match serde_json::from_slice::<Said>(body) {
        Ok(said) => said.detail,
        Err(_) => "no reason given".to_owned(),
    }
}
