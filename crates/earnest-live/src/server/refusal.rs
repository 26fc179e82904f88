//! What is answered where there is no answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use serde_json::json;
use tokio::time::timeout;

use super::Server;

/// An error of a request: its status, its code, and a sentence for a person.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// Too much is asked at a time.
    pub fn busy(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "server_busy", message)
    }

    /// The request's own words make no sense.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "message_invalid", message)
    }

    /// The server is at fault.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            "the server failed to answer; what it was given is not kept, so please report how to make it fail again",
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({
            "type": "error",
            "code": self.code,
            "message": self.message,
            // Hugging Face's clients show this one.
            "error": self.message,
            "request_id": new_id("request"),
        }));
        let mut response = (self.status, body).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            let soon = header::HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response
    }
}

/// Reads the rest of a request that is refused, some seconds long: a client that still sends when the connection is closed may never see
/// why.
pub async fn drain(request: Request) {
    const PATIENCE: Duration = Duration::from_secs(3);
    const MOST: usize = 64 << 20;
    let mut body = request.into_body();
    let _ = timeout(PATIENCE, async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, |bytes| bytes.len());
            if read > MOST {
                return;
            }
        }
    })
    .await;
}

/// Refuses a body that says beforehand that it is larger than is taken.
pub async fn bounded(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let most = server.service.limits.body_bytes;
    match length.is_some_and(|length| length > most as u64) {
        true => {
            drain(request).await;
            too_large(most).into_response()
        }
        false => next.run(request).await,
    }
}

/// A body is larger than is taken.
pub fn too_large(most: usize) -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "audio_too_long",
        format!(
            "the body is larger than {most} bytes, which is the most; send it in parts, or start the server with a larger --body-bytes"
        ),
    )
}

/// Nothing is there.
pub async fn not_found(request: Request) -> Refusal {
    drain(request).await;
    Refusal::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "nothing is there; GET /openapi.json says what is",
    )
}

/// The path is there for another method.
pub async fn method_not_allowed(request: Request) -> Refusal {
    drain(request).await;
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "that is asked by another method; GET /openapi.json says by which",
    )
}

/// No token, or a wrong one.
pub fn unauthorized() -> Response {
    let message = "this server wants a token: send `Authorization: Bearer TOKEN`";
    let body = Json(json!({"message": message, "error": message}));
    let scheme = [(header::WWW_AUTHENTICATE, "Bearer")];
    (StatusCode::UNAUTHORIZED, scheme, body).into_response()
}

/// A name for a request or a session, of its own in this process's life and most probably in any other's. It is no secret.
pub fn new_id(kind: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.unwrap_or_default().as_nanos();
    format!("{kind}-{now:x}-{}-{n}", std::process::id())
}
