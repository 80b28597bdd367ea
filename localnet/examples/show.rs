//! Runs the demo, then `tidepool show` on its pool: the picture at the top of README.

use {
    solana_clock::DEFAULT_SLOTS_PER_EPOCH,
    std::io,
    tidepool_cli::{command_line, config::Config, context::Context, defaults::Defaults, output, terminal::Terminal},
    tidepool_localnet::demo::{self, Options},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options { validators: 20, epochs: 6, program: None };
    let cluster = demo::start(&options)?;
    let pool = demo::play(&cluster, &options, &mut io::sink()).await?.pool.to_string();
    // `show` estimates the yield from the length of an epoch that is well under way.
    cluster.skip_to_slot(cluster.slot() + DEFAULT_SLOTS_PER_EPOCH / 2)?;

    let cli = command_line::parse(&["tidepool", "show", &pool].map(Into::into), &Defaults::default())?;
    let config = Config::default();
    let context = Context::new(&cluster, &cli.global, &config, Terminal::absent(cli.global.yes, cli.global.output));
    let shown = cli.command.execute(&context).await?;
    println!("$ tidepool show {pool}");
    output::write(&mut io::stdout().lock(), shown.as_ref(), cli.global.output, false)?;
    Ok(())
}
