//! The page at `/`, which is compiled in.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use super::Server;

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

/// Path, kind and content of each file of `page/`.
macro_rules! files {
    ($($kind:ident: $($name:literal)*;)*) => {
        &[$($(
            (concat!("/", $name), $kind, include_bytes!(concat!("../../page/", $name)).as_slice()),
        )*)*]
    };
}

const FILES: &[(&str, &str, &[u8])] = files! {
    HTML: "index.html";
    STYLE: "style.css";
    PICTURE: "icon.svg";
    SCRIPT: "answer.js" "app.js" "canvas.js" "clock.js" "dom.js" "emotions.js" "file.js" "level.js" "microphone.js" "notices.js"
        "palette.js" "plane.js" "recorder.js" "segments.js" "server.js" "session.js" "theme.js" "timeline.js" "waveform.js" "words.js";
};

/// A route for each file, and `/` for the first.
pub fn routes() -> Router<Arc<Server>> {
    let (_, kind, page) = FILES[0];
    let answer = move || async move { ([(header::CONTENT_TYPE, kind)], page).into_response() };
    let mut router = Router::new().route("/", get(answer));
    for &(path, kind, content) in FILES {
        let answer =
            move || async move { ([(header::CONTENT_TYPE, kind)], content).into_response() };
        router = router.route(path, get(answer));
    }
    router
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/page");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| format!("/{}", entry.unwrap().file_name().to_string_lossy()))
            .collect();
        let mut compiled: Vec<String> = FILES.iter().map(|(path, ..)| (*path).to_owned()).collect();
        there.sort();
        compiled.sort();
        assert_eq!(compiled, there);
    }

    #[test]
    fn the_page_asks_nobody_else() {
        for (path, _, content) in FILES {
            let text = String::from_utf8_lossy(content);
            let links = text
                .match_indices("://")
                .map(|(at, _)| &text[at.saturating_sub(5)..(at + 20).min(text.len())]);
            let foreign: Vec<&str> = links
                .filter(|l| {
                    !l.contains("http://www.w3.org")
                        && !l.contains("localhost")
                        && !l.contains("${")
                })
                .collect();
            assert!(foreign.is_empty(), "{path}: {foreign:?}");
        }
    }
}
