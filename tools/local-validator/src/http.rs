//! HTTP/1.1 messages, as far as JSON-RPC has them: a body of known length, and connections that stay open.

use std::io::{self, BufRead, Read as _, Write};

/// The largest head and body that are read.
const MOST: u64 = 64 << 20;

/// A request or a response.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The first line, without its end.
    pub start: String,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Message {
    /// A JSON-RPC request to `host`.
    pub fn post(host: &str, body: Vec<u8>) -> Self {
        let headers = [("host", host), ("content-type", "application/json")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { start: "POST / HTTP/1.1".into(), headers, body }
    }

    /// An answer with JSON in it.
    pub fn ok(body: Vec<u8>) -> Self {
        let headers = vec![("content-type".into(), "application/json; charset=utf-8".into())];
        Self { start: "HTTP/1.1 200 OK".into(), headers, body }
    }

    /// Reads a message; `None` where the other side has closed the connection between two of them.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut message = Self::default();
        let mut length = 0;
        loop {
            let mut line = String::new();
            if from.take(MOST).read_line(&mut line)? == 0 {
                let is_between = message.start.is_empty();
                return if is_between { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
            let line = line.trim_end();
            if message.start.is_empty() {
                line.clone_into(&mut message.start);
            } else if line.is_empty() {
                break;
            } else {
                let (name, value) = line.split_once(':').ok_or_else(|| malformed("a header without a colon"))?;
                let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
                match name.as_str() {
                    "content-length" => length = value.parse().map_err(|_| malformed("a length that is none"))?,
                    "transfer-encoding" => return Err(malformed("a body in chunks, which nobody here sends")),
                    _ => message.headers.push((name, value)),
                }
            }
        }
        if length > MOST {
            return Err(malformed("a body that is too long"));
        }
        from.take(length).read_to_end(&mut message.body)?;
        if message.body.len() as u64 == length { Ok(Some(message)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Writes the message.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut bytes = format!("{}\r\n", self.start).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend_from_slice(&self.body);
        to.write_all(&bytes)?;
        to.flush()
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
