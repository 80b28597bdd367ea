//! JSON-RPC requests, one connection each.

use {
    crate::http::Message,
    serde_json::{Value, json},
    std::{
        io::{self, BufReader},
        net::{SocketAddr, TcpStream},
        time::Duration,
    },
};

/// Longest wait for a part of an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A JSON-RPC endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// Where it listens.
    pub address: SocketAddr,
}

impl Endpoint {
    /// Sends a request, and returns the result.
    ///
    /// # Errors
    /// The error object of the answer, or a string where there is no answer.
    pub fn ask(&self, method: &str, params: &Value) -> Result<Value, Value> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut answer = self.exchange(&request).map_err(|error| Value::from(error.to_string()))?;
        match answer.get_mut("error") {
            Some(error) => Err(error.take()),
            None => Ok(answer["result"].take()),
        }
    }

    /// Sends a request, and returns the whole answer.
    ///
    /// # Errors
    /// Those of the connection, and of an answer that is not JSON.
    pub fn exchange(&self, request: &Value) -> io::Result<Value> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Message::post(&self.address.to_string(), request.to_string().into_bytes()).write(&mut stream)?;
        let answer = Message::read(&mut BufReader::new(stream))?.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(serde_json::from_slice(&answer.body)?)
    }
}
