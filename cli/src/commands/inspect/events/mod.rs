//! `tidepool events`

mod line;
mod output;
mod start;
mod state;
mod transaction;

use {
    crate::{args::Commitment, context::Context, error::CliError, output::streams, view::policy::policy_of},
    futures_util::future::{Either, select},
    line::{Line, News},
    output::Reconciled,
    solana_address::Address,
    start::{From, Subject},
    state::StateFile,
    std::{path::PathBuf, pin::pin, time::Duration},
    tidepool_client::{
        cluster::Cluster,
        events::{Event, EventReader, Follow, FollowOptions, Followed, Note, Reconciliation, Record, Totals},
        send::Stop,
    },
    tokio::time::{sleep, timeout},
};

const EXAMPLE: &str = "\
Example:
  tidepool events 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --output json
  tidepool events 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --follow --state events.json";

/// Most time until a stop is heard.
const STOP_LATENCY: Duration = Duration::from_millis(100);

/// Comparisons with the pool, while it changes meanwhile, and the time between them.
const COMPARISONS: u32 = 5;
const COMPARE_EVERY: Duration = Duration::from_secs(2);

/// Show the events of a pool or transaction, and compare them with the pool
///
/// Prints all events of a pool, a line per event, and with --follow new ones as they come, until Ctrl-C. In JSON each line is an
/// object. The source is the history of the endpoint, so nothing depends on the websocket, which only says when to look again. Slots
/// without history and truncated logs are named on lines of their own. At the end, the sums of all events are compared with the
/// pool, to the lamport. Finalized events only, unless --commitment is confirmed.
///
/// Each event has a key. --from goes on after a key, and --state remembers it. Lines between the last write of the file and a crash
/// are repeated, with the same keys. The pool needs the extension (`tidepool extend-pool`). Sends nothing; needs no keypair.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool, or signature of a transaction
    #[arg(value_name = "POOL", value_parser = start::subject)]
    pool: Subject,

    /// Go on with new events until Ctrl-C
    #[arg(long)]
    follow: bool,

    /// Begin after the event of this key, with the transaction of this signature, or with this slot [default: the pool's creation]
    #[arg(long, value_name = "KEY|SIGNATURE|SLOT", value_parser = start::from)]
    from: Option<From>,

    /// Remember the last event in this file, and go on after it
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    state: Option<PathBuf>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        if context.global.commitment == Some(Commitment::Processed) {
            return Err(CliError::usage(
                "events of processed blocks are not in the history: use confirmed or finalized",
            ));
        }
        match &self.pool {
            Subject::Transaction(_) if self.follow || self.from.is_some() || self.state.is_some() => {
                Err(CliError::usage("a transaction has all its events: omit --follow, --from and --state"))
            }
            Subject::Transaction(signature) => transaction::read(context, signature).await.map(Output::Transaction),
            Subject::Pool(pool) => self.stream(context, pool).await,
        }
    }

    async fn stream<C: Cluster>(&self, context: &Context<'_, C>, pool: &Address) -> Result<Output, CliError> {
        let snapshot = context.look_at(pool).await?;
        policy_of(&snapshot)?;
        let program_id = snapshot.program_id();
        let state = self.state.as_ref().map(|path| StateFile::new(path, *pool));
        let start = match (&state, &self.from) {
            (Some(state), _) => state.start()?,
            (None, Some(from)) => from.start(context.cluster).await?,
            (None, None) => tidepool_client::events::Start::Beginning,
        };
        let mut reader = EventReader::new(context.cluster, *pool, program_id).start(start);
        if context.global.commitment == Some(Commitment::Confirmed) {
            reader = reader.confirmed();
        }
        let mut printer = Printer { context, state, totals: Totals::default() };
        if !self.follow {
            return printer.backfill(reader).await;
        }
        let _ends_in_order = context.interrupt.wind_down();
        printer.follow(Follow::new(reader, FollowOptions::default()), &context.interrupt.stop).await?;
        Ok(Output::Stopped)
    }
}

/// The answer after the lines.
#[derive(Debug)]
pub enum Output {
    Transaction(transaction::Output),
    /// All events were printed, and compared.
    Reconciled(Box<Reconciled>),
    /// Stopped by Ctrl-C.
    Stopped,
}

/// Prints records.
struct Printer<'a, 'c, C> {
    context: &'a Context<'c, C>,
    state: Option<StateFile>,
    totals: Totals,
}

impl<C: Cluster> Printer<'_, '_, C> {
    /// Prints all records up to now, and compares their sums with the pool.
    async fn backfill(&mut self, mut reader: EventReader<'_, C>) -> Result<Output, CliError> {
        let mut reconciled = None;
        for _ in 0..COMPARISONS {
            while let Some(record) = reader.next().await? {
                self.print(&record, &reader)?;
            }
            let reconciliation = self.compare(&reader).await?;
            let is_exact = reconciliation.difference().is_none_or(|difference| difference == (0, 0));
            reconciled = Some(reconciliation);
            // Else the pool may have changed between the two.
            if is_exact {
                break;
            }
        }
        let reconciled = reconciled.map(Reconciled::new).map(Box::new);
        Ok(reconciled.map_or(Output::Stopped, Output::Reconciled))
    }

    /// Prints records until it is told to stop.
    async fn follow(&mut self, mut follow: Follow<'_, C>, stop: &Stop) -> Result<(), CliError> {
        let (mut told, mut comparisons) = (None, 0);
        loop {
            let news = match next(&mut follow, stop, comparisons > 0).await {
                Next::Stop => return Ok(()),
                Next::Followed(Followed::Record(record)) => {
                    told = None;
                    self.print(&record, follow.reader())?;
                    continue;
                }
                Next::Followed(Followed::Note(Note::CaughtUp)) => {
                    comparisons = COMPARISONS;
                    self.compare_if_still(follow.reader(), &mut comparisons).await?
                }
                Next::Followed(Followed::Note(note)) => Some(News::from(&note)),
                Next::Silence => self.compare_if_still(follow.reader(), &mut comparisons).await?,
            };
            // An endpoint that fails for hours fills no log.
            if let Some(news) = news.filter(|news| told.as_ref() != Some(news)) {
                self.tell(&news)?;
                told = Some(news);
            }
        }
    }

    /// Compares and prints the result, if the pool has not changed since the last event, or at the last attempt. Returns the failure of
    /// an endpoint.
    async fn compare_if_still(
        &self,
        reader: &EventReader<'_, C>,
        attempts: &mut u32,
    ) -> Result<Option<News>, CliError> {
        let reconciliation = match self.compare(reader).await {
            Ok(reconciliation) => reconciliation,
            Err(error) => return Ok(Some(News::failed(&error))),
        };
        *attempts -= 1;
        if *attempts == 0 || reconciliation.difference().is_none_or(|difference| difference == (0, 0)) {
            *attempts = 0;
            self.write(&Line::Reconciled(&Reconciled::new(reconciliation)))?;
        }
        Ok(None)
    }

    /// Compares the events so far with the pool as it is now.
    async fn compare(&self, reader: &EventReader<'_, C>) -> Result<Reconciliation, CliError> {
        Ok(Reconciliation::of(&self.totals, &self.context.look_at(reader.pool()).await?))
    }

    fn print(&mut self, record: &Record, reader: &EventReader<'_, C>) -> Result<(), CliError> {
        if let Record::Event(event) = record
            && let Event::Funds(funds) = &event.event
        {
            self.totals.add(funds);
        }
        self.write(&Line::Record(record))?;
        match (&self.state, reader.cursor()) {
            (Some(state), Some(cursor)) => state.save(cursor),
            _ => Ok(()),
        }
    }

    /// Says what becomes of the connection: programs read it between the events, people beside them.
    fn tell(&self, news: &News) -> Result<(), CliError> {
        let line = Line::News(news);
        if self.context.global.output.is_json() {
            return self.write(&line);
        }
        self.context.terminal.note(&line.render(self.context.global.output));
        Ok(())
    }

    fn write(&self, line: &Line<'_>) -> Result<(), CliError> {
        let format = self.context.global.output;
        Ok(streams::answer(&line.render(format), format)?)
    }
}

enum Next {
    Followed(Followed),
    /// Nothing came in [`COMPARE_EVERY`].
    Silence,
    Stop,
}

async fn next<C: Cluster>(follow: &mut Follow<'_, C>, stop: &Stop, hears_silence: bool) -> Next {
    let next = async {
        if !hears_silence {
            return Next::Followed(follow.next().await);
        }
        timeout(COMPARE_EVERY, follow.next()).await.map_or(Next::Silence, Next::Followed)
    };
    match select(pin!(next), pin!(stopped(stop))).await {
        Either::Left((next, _)) => next,
        Either::Right(_) => Next::Stop,
    }
}

async fn stopped(stop: &Stop) {
    while !stop.is_requested() {
        sleep(STOP_LATENCY).await;
    }
}
