//! Who may ask: programs of this machine and whoever has the token, but no page of another site in a user's browser.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Server;
use super::refusal::{Refusal, drain, unauthorized};

/// The subprotocol of the page, and what a token follows in another that is offered beside it.
pub const SUBPROTOCOL: &str = "earnest.v1";
const TOKEN_SUBPROTOCOL: &str = "earnest.token.";

/// Refuses requests under a name that is not this server's (a page of another site whose name was made to point here), and requests that
/// a page of another site makes. Sets the headers that keep the server's own page to itself.
pub async fn origin(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let refused = foreign(headers, &server.service.access.hosts);
    let mut response = match refused {
        Some(why) => {
            server.metrics.refuse("foreign");
            drain(request).await;
            Refusal::new(StatusCode::FORBIDDEN, "forbidden", why).into_response()
        }
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; worker-src 'self'; media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// Why a request is foreign, if it is.
fn foreign(headers: &HeaderMap, hosts: &[String]) -> Option<String> {
    let mut named = headers.get_all(header::HOST).iter();
    let host = match (named.next().map(HeaderValue::to_str), named.next()) {
        (Some(Ok(host)), None) => host,
        _ => return Some("a request names its host once; this one does not".to_owned()),
    };
    if !is_own_name(name_of(host), hosts) {
        return Some(format!(
            "this server is not called {host:?}; if it is, behind a proxy for example, start it with --allow-host {}",
            name_of(host)
        ));
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = match (origins.next().map(HeaderValue::to_str), origins.next()) {
        (None, _) => return None,
        (Some(Ok(origin)), None) => origin,
        _ => return Some("a request has one origin; this one has not".to_owned()),
    };
    let own = ["http://", "https://"].iter().any(|scheme| {
        let at = origin.strip_prefix(scheme);
        at.is_some_and(|at| at.eq_ignore_ascii_case(host))
    });
    match own {
        true => None,
        false => Some(format!(
            "a page of {origin:?} asked; only this server's own page may, and programs that are no browsers"
        )),
    }
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        // An IPv6 address is in brackets, and has colons itself.
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Names cannot be made to point elsewhere if they are addresses, or this machine's own.
fn is_own_name(name: &str, hosts: &[String]) -> bool {
    let address = name
        .strip_prefix('[')
        .and_then(|n| n.strip_suffix(']'))
        .unwrap_or(name);
    address.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Refuses requests without the token, where one is needed.
pub async fn token(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let Some(token) = &server.service.access.token else {
        return next.run(request).await;
    };
    match shown(request.headers()).is_some_and(|shown| is_same(&shown, token)) {
        true => next.run(request).await,
        false => {
            server.metrics.refuse("token");
            drain(request).await;
            unauthorized()
        }
    }
}

/// The token that a request shows: `Authorization: Bearer`, Hume's header, or beside a WebSocket's subprotocol.
fn shown(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(given) = text("authorization") {
        let (scheme, token) = given.split_once(' ')?;
        return scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned());
    }
    if let Some(given) = text("x-hume-api-key") {
        return Some(given.to_owned());
    }
    let offered = text("sec-websocket-protocol")?;
    let coded = offered
        .split(',')
        .find_map(|p| p.trim().strip_prefix(TOKEN_SUBPROTOCOL))?;
    String::from_utf8(URL_SAFE_NO_PAD.decode(coded).ok()?).ok()
}

/// Compares without telling by its time how much is right.
fn is_same(shown: &str, token: &str) -> bool {
    let (shown, token) = (shown.as_bytes(), token.as_bytes());
    let differ = shown.iter().zip(token).fold(0, |sum, (a, b)| sum | (a ^ b));
    shown.len() == token.len() && differ == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn own_names_pass_and_names_of_others_do_not() {
        let hosts = ["robot.lab".to_owned()];
        let passes = |pairs: &[(&'static str, &str)]| foreign(&headers(pairs), &hosts).is_none();
        for host in [
            "127.0.0.1:8765",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8765",
            "robot.lab:443",
            "192.168.1.7",
        ] {
            assert!(passes(&[("host", host)]), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8765",
            "robot.lab.evil",
        ] {
            assert!(!passes(&[("host", host)]), "{host}");
        }
        assert!(!passes(&[]));
        assert!(!passes(&[("host", "localhost"), ("host", "evil.example")]));
    }

    #[test]
    fn only_the_servers_own_page_may_ask() {
        let passes = |host: &str, origin: &str| {
            foreign(&headers(&[("host", host), ("origin", origin)]), &[]).is_none()
        };
        assert!(passes("localhost:8765", "http://localhost:8765"));
        assert!(passes("localhost:8765", "https://localhost:8765"));
        for origin in [
            "null",
            "http://evil.example",
            "http://localhost",
            "http://localhost:87650",
            "file://",
            "http://127.0.0.1:8765",
            "",
        ] {
            assert!(!passes("localhost:8765", origin), "{origin}");
        }
    }

    #[test]
    fn a_token_is_shown_in_three_ways() {
        let of = |pairs: &[(&'static str, &str)]| shown(&headers(pairs));
        assert_eq!(
            of(&[("authorization", "Bearer abc")]).as_deref(),
            Some("abc")
        );
        assert_eq!(of(&[("authorization", "Basic abc")]), None);
        assert_eq!(of(&[("x-hume-api-key", "abc")]).as_deref(), Some("abc"));
        let offered = "earnest.v1, earnest.token.YWJj";
        assert_eq!(
            of(&[("sec-websocket-protocol", offered)]).as_deref(),
            Some("abc")
        );
        assert_eq!(of(&[("sec-websocket-protocol", "earnest.token.!")]), None);
        assert!(is_same("abc", "abc") && !is_same("abc", "abcd") && !is_same("abd", "abc"));
    }
}
