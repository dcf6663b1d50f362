//! One request over HTTP/1.1 to a port on loopback: all that tests need.

use std::{
	io::{self, Read, Write},
	net::TcpStream,
	time::Duration,
};

const LIMIT: Duration = Duration::from_secs(20);

/// Posts a JSON body and gives back the answer's body.
pub fn post(port: u16, body: &str) -> io::Result<String> {
	request(
		port,
		&format!(
			"POST / HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
			body.len()
		),
		body,
	)
}

fn request(port: u16, head: &str, body: &str) -> io::Result<String> {
	let mut stream = TcpStream::connect(("127.0.0.1", port))?;
	stream.set_read_timeout(Some(LIMIT))?;
	stream.set_write_timeout(Some(LIMIT))?;
	write!(
		stream,
		"{head}host: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n{body}"
	)?;
	let mut answer = Vec::new();
	stream.read_to_end(&mut answer)?;
	let answer = String::from_utf8_lossy(&answer);
	let (head, body) = answer
		.split_once("\r\n\r\n")
		.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no end of the head"))?;
	if head
		.to_ascii_lowercase()
		.contains("transfer-encoding: chunked")
	{
		return unchunk(body);
	}
	Ok(body.to_string())
}

/// Joins the chunks of a chunked body.
fn unchunk(mut body: &str) -> io::Result<String> {
	let bad = || io::Error::new(io::ErrorKind::InvalidData, "a bad chunk");
	let mut joined = String::new();
	loop {
		let (size, rest) = body.split_once("\r\n").ok_or_else(bad)?;
		let size = usize::from_str_radix(size.trim(), 16).map_err(|_| bad())?;
		if size == 0 {
			return Ok(joined);
		}
		joined.push_str(rest.get(..size).ok_or_else(bad)?);
		body = rest.get(size + 2..).ok_or_else(bad)?;
	}
}

/// Gets a path, for example `/metrics`.
pub fn get(port: u16, path: &str) -> io::Result<String> {
	request(port, &format!("GET {path} HTTP/1.1\r\n"), "")
}
