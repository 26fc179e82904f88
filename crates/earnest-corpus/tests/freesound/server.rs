//! A server that speaks Freesound's documented API on this machine, faults included.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A clip that the server has.
#[derive(Clone, Debug)]
pub struct Clip {
    pub id: u64,
    pub tags: Vec<&'static str>,
    pub license: Option<&'static str>,
    pub duration: f64,
}

impl Clip {
    pub fn new(id: u64, tags: &[&'static str]) -> Self {
        Self {
            id,
            tags: tags.to_vec(),
            license: Some("http://creativecommons.org/publicdomain/zero/1.0/"),
            duration: 2.0,
        }
    }
}

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub query: HashMap<String, String>,
    pub token: Option<String>,
}

/// How one answer goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// A status with this body, and perhaps a Retry-After header.
    Status(u16, &'static str, Option<&'static str>),
    /// The promised length never arrives.
    Cut,
    /// The connection is closed without a word.
    Closed,
    /// 200, but no JSON that the API documents.
    Nonsense(&'static str),
}

struct State {
    clips: Vec<Clip>,
    page_size: usize,
    /// Bytes of every preview.
    audio: Vec<u8>,
    /// Faults of the next requests whose path contains a text.
    faults: Vec<(String, Fault)>,
    requests: Vec<Request>,
    address: String,
}

/// The server; it ends with the process.
#[derive(Clone)]
pub struct Server {
    state: Arc<Mutex<State>>,
    pub address: String,
}

impl Server {
    pub fn start(clips: Vec<Clip>, page_size: usize, audio: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            clips,
            page_size,
            audio,
            faults: Vec::new(),
            requests: Vec::new(),
            address: address.clone(),
        }));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = shared.clone();
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { state, address }
    }

    /// Where the API is.
    pub fn api(&self) -> String {
        format!("{}/apiv2", self.address)
    }

    /// The next request whose path contains `part` goes wrong.
    pub fn fault(&self, part: &str, fault: Fault) {
        self.state
            .lock()
            .unwrap()
            .faults
            .push((part.to_owned(), fault));
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(b) = rest.next() {
        match b {
            b'+' => bytes.push(b' '),
            b'%' => {
                let hex: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&hex, 16).unwrap());
            }
            _ => bytes.push(b),
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let mut token = None;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(": ")
                && name.eq_ignore_ascii_case("authorization")
            {
                token = Some(value.to_owned());
            }
        }
        let target = first.split(' ').nth(1).unwrap_or("").to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let query = query
            .split('&')
            .filter_map(|p| p.split_once('='))
            .map(|(k, v)| (decoded(k), decoded(v)))
            .collect();
        let request = Request {
            path: path.to_owned(),
            query,
            token,
        };
        if !answer(&stream, &request, state) {
            return;
        }
    }
}

fn send(mut stream: &TcpStream, status: u16, extra: &str, body: &[u8], length: usize) {
    let head = format!("HTTP/1.1 {status} Said\r\nContent-Length: {length}\r\n{extra}\r\n");
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}

/// False if the connection is over.
fn answer(stream: &TcpStream, request: &Request, state: &Mutex<State>) -> bool {
    let mut state = state.lock().unwrap();
    state.requests.push(request.clone());
    let place = state
        .faults
        .iter()
        .position(|(part, _)| request.path.contains(part.as_str()));
    if let Some(i) = place {
        match state.faults.remove(i).1 {
            Fault::Status(status, body, retry_after) => {
                let extra = retry_after.map_or(String::new(), |s| format!("Retry-After: {s}\r\n"));
                send(stream, status, &extra, body.as_bytes(), body.len());
                return true;
            }
            Fault::Cut => {
                send(stream, 200, "", b"{\"next\": null, \"resu", 5_000);
                let _ = stream.shutdown(std::net::Shutdown::Both);
                return false;
            }
            Fault::Closed => {
                let _ = stream.shutdown(std::net::Shutdown::Both);
                return false;
            }
            Fault::Nonsense(body) => {
                send(stream, 200, "", body.as_bytes(), body.len());
                return true;
            }
        }
    }
    if request.path.starts_with("/previews/") {
        let body = state.audio.clone();
        send(stream, 200, "", &body, body.len());
        return true;
    }
    let body = match (request.path.as_str(), request.token.as_deref()) {
        ("/apiv2/search/", Some("Token secret")) => search(&state, request),
        ("/apiv2/search/", _) => Err((401, "{\"detail\": \"Invalid token.\"}".to_owned())),
        _ => Err((404, "{\"detail\": \"Not found.\"}".to_owned())),
    };
    match body {
        Ok(body) => send(stream, 200, "", body.as_bytes(), body.len()),
        Err((status, body)) => send(stream, status, "", body.as_bytes(), body.len()),
    }
    true
}

fn search(state: &State, request: &Request) -> Result<String, (u16, String)> {
    let filter = &request.query["filter"];
    let tag = filter.split('"').nth(1).unwrap();
    let page: usize = request.query["page"].parse().unwrap();
    let found: Vec<&Clip> = state
        .clips
        .iter()
        .filter(|c| c.tags.contains(&tag))
        .collect();
    let start = (page - 1) * state.page_size;
    if start >= found.len() && page > 1 {
        return Err((404, "{\"detail\": \"Invalid page.\"}".to_owned()));
    }
    let end = (start + state.page_size).min(found.len());
    let results: Vec<String> = found[start.min(end)..end]
        .iter()
        .map(|c| {
            let license = c.license.map_or("null".to_owned(), |l| format!("{l:?}"));
            format!(
                "{{\"id\": {id}, \"name\": \"clip \\\"{id}\\\", loud\", \"tags\": {tags:?}, \"license\": {license}, \
                 \"username\": \"someone\", \"duration\": {duration}, \"url\": \"https://freesound.org/s/{id}/\", \
                 \"previews\": {{\"preview-lq-mp3\": \"{address}/previews/{id}.mp3\", \
                 \"preview-hq-ogg\": \"{address}/previews/{id}.ogg\"}}}}",
                id = c.id,
                tags = c.tags,
                duration = c.duration,
                address = state.address,
            )
        })
        .collect();
    let next = match end < found.len() {
        true => format!("\"{}/apiv2/search/?page={}\"", state.address, page + 1),
        false => "null".to_owned(),
    };
    Ok(format!(
        "{{\"count\": {}, \"next\": {next}, \"previous\": null, \"results\": [{}]}}",
        found.len(),
        results.join(", ")
    ))
}
