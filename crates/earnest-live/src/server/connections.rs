//! Connections: accepted within bounds, ended in an orderly way.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::{Server, router};

/// How long a client may take to say what it asks, and may keep a connection on which it asks nothing.
const HEAD: Duration = Duration::from_secs(10);
/// How long what is open may take to end once the server is to stop.
const ENDING: Duration = Duration::from_secs(10);
/// How long to wait after a connection could not be accepted (too many open files).
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections until `stopped`, then tells by `stop` that all are to end, and waits for them a while.
pub async fn accept(
    server: Arc<Server>,
    listener: TcpListener,
    stopped: impl Future<Output = ()>,
    stop: watch::Sender<bool>,
) {
    let router = router(Arc::clone(&server));
    let room = Arc::new(Semaphore::new(server.service.limits.connections));
    let mut stopped = pin!(stopped);
    loop {
        // Who finds no room waits in the system's own queue.
        let next = async {
            let permit = Arc::clone(&room).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = &mut stopped => break,
            next = next => next,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(_) => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Answers are small, and each is wanted at once.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_buf_size(64 << 10)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            // What goes wrong on a connection is its client's business.
            tokio::select! {
                _ = connection.as_mut() => {}
                () = server.is_stopping() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
            drop(permit);
        });
    }
    drop(listener);
    let _ = stop.send(true);
    let limits = &server.service.limits;
    let all = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let _ = timeout(ENDING, async {
        let _ = room.acquire_many(all(limits.connections)).await;
        let _ = server.sessions.acquire_many(all(limits.sessions)).await;
    })
    .await;
}
