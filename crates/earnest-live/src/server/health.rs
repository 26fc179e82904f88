//! Whether a server lives: for who supervises it, where no other client is at hand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a server may take to say so.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the server at an address whether it lives; one that listens everywhere is asked on this machine.
///
/// # Errors
/// It does not answer, or not that all is well; what is wrong.
pub fn health(mut address: SocketAddr) -> Result<(), String> {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    let of = |e: std::io::Error| format!("the server at http://{address} does not answer: {e}");
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(of)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(of)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(of)?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(of)?;
    let mut answer = String::new();
    let most = 64 << 10;
    stream.take(most).read_to_string(&mut answer).map_err(of)?;
    match answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"status\":\"ok\"") {
        true => Ok(()),
        false => Err(format!(
            "what listens at http://{address} is no server of Earnest that is well: {}",
            answer.lines().next().unwrap_or_default()
        )),
    }
}
