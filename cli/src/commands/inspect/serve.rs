//! `tidepool serve`

use {
    crate::{
        context::Context,
        error::CliError,
        output::{Report, Text},
        units::{address, positive_seconds},
    },
    serde::Serialize,
    solana_address::Address,
    std::{fmt, time::Duration},
    tidepool_client::cluster::Cluster,
    tidepool_serve::{Options, ServeError, Server},
};

const EXAMPLE: &str = "\
Example:
  tidepool serve 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA
  tidepool serve 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --listen 127.0.0.1:8080 \\
      --public-url https://stake.example --behind-proxy";

/// Serve a pool's page, Solana Actions and Solana Pay
///
/// The page shows rate, yields, fees, validators, ways out and keys, and lets holders stake and unstake from their wallets. The server
/// needs no keypair: it builds unsigned transactions, each simulated and with a slippage bound (0.1 %), and wallets sign them. It reads
/// the pool in the background, so that requests to the endpoint do not grow with visitors.
///
/// /health and /metrics are for monitoring. Put a reverse proxy with TLS in front of it: docs/operations.md. Ctrl-C ends it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Address and port to listen at
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: String,

    /// URL that wallets reach the server at, for QR codes and Actions [default: http://ADDRESS:PORT]
    #[arg(long, value_name = "URL", value_parser = public_url)]
    public_url: Option<String>,

    /// Limit clients by the last address in X-Forwarded-For: only behind a reverse proxy that sets it
    #[arg(long)]
    behind_proxy: bool,

    /// Time between two reads of the pool: 15s, 1m
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = positive_seconds)]
    refresh: u32,
}

fn public_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.map(|rest| rest.trim_end_matches('/')).filter(|host| !host.is_empty());
    let is_host = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    if host.is_some_and(is_host) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(format!("invalid URL \"{text}\": expected https://stake.example, without a path"))
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    /// Where it listened.
    listened_at: String,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        let options = Options {
            listen: self.listen.clone(),
            public_url: self.public_url.clone(),
            behind_proxy: self.behind_proxy,
            refresh: Duration::from_secs(self.refresh.into()),
            program_id: context.global.program_id,
            compute_unit_price: context.global.transactions.price(),
            ..Options::new(self.pool)
        };
        let server = Server::start(context.cluster, options).await?;
        let _winding_down = context.interrupt.wind_down();
        let listened_at = server.address().to_string();
        context.terminal.note(&format!("Serving pool {} at http://{listened_at}", self.pool));
        server.run(context.cluster, &context.interrupt.stop).await?;
        Ok(Output { pool: Text(self.pool), listened_at })
    }
}

impl From<ServeError> for CliError {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Pool(error) => error.into(),
            error @ ServeError::Listen { .. } => Self::usage(error.to_string()),
            error @ ServeError::Ended => Self::Io(std::io::Error::other(error)),
        }
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        writeln!(f, "Stopped serving pool {}", self.pool)
    }
}
