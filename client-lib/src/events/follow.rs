//! Following a pool: its events so far, then new ones as they come.
//!
//! A subscription only says when to search the history. What it misses, the next search finds.

use {
    super::{EventReader, Record},
    crate::cluster::{Cluster, ClusterError, ListenEnd},
    std::{
        collections::VecDeque,
        future::{Future, poll_fn},
        pin::Pin,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        task::Poll,
        time::Duration,
    },
    tokio::time::{Instant, sleep, timeout},
};

/// Time in which a subscription has to begin.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// The first pause after a failure. It doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// How a pool is followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FollowOptions {
    /// Time between two searches without a subscription, and the longest pause after a failure.
    pub poll_every: Duration,
    /// Time between two searches while a subscription is silent, and between two attempts to subscribe.
    pub check_every: Duration,
}

impl Default for FollowOptions {
    fn default() -> Self {
        Self { poll_every: Duration::from_secs(5), check_every: Duration::from_secs(60) }
    }
}

/// What following a pool returns.
#[derive(Clone, Debug)]
pub enum Followed {
    /// The next record. [`EventReader::cursor`] is the position after it.
    Record(Record),
    /// News about the connection.
    Note(Note),
}

/// News about the connection. None of them means a gap.
#[derive(Clone, Debug)]
pub enum Note {
    /// All records up to now were returned. Returned once.
    CaughtUp,
    /// A subscription has begun.
    Listening,
    /// There is no subscription: the history is searched from time to time.
    Polling {
        /// Why there is none.
        detail: String,
    },
    /// The subscription ended. Another one is tried, and the history then searched.
    Lost {
        /// Message of the endpoint or the network.
        detail: String,
    },
    /// A request failed. It is retried.
    Failed(ClusterError),
}

/// Follows a pool. It never ends.
pub struct Follow<'c, C> {
    reader: EventReader<'c, C>,
    options: FollowOptions,
    subscription: Option<Subscription<'c>>,
    /// When the next subscription is tried; `None` for never.
    subscribe_at: Option<Instant>,
    notes: VecDeque<Note>,
    step: Step,
    pause: Duration,
    /// Pause before the next subscription, after one that ended.
    subscription_pause: Duration,
    has_caught_up: bool,
    is_polling: bool,
    /// Whether the subscription has told of a transaction that the history does not have yet.
    awaits_history: bool,
}

struct Subscription<'c> {
    end: Pin<Box<dyn Future<Output = ListenEnd> + Send + 'c>>,
    has_heard: Arc<AtomicBool>,
}

/// What a subscription says.
enum Heard {
    /// It has begun, or there is a transaction.
    News,
    End(ListenEnd),
}

#[derive(Clone, Copy)]
enum Step {
    Subscribe,
    Read,
    Retry,
    Wait,
    Resubscribe,
}

impl<'c, C: Cluster> Follow<'c, C> {
    /// Follows the pool of `reader`, from its position on.
    pub fn new(reader: EventReader<'c, C>, options: FollowOptions) -> Self {
        Self {
            reader,
            options,
            subscription: None,
            subscribe_at: Some(Instant::now()),
            notes: VecDeque::new(),
            step: Step::Subscribe,
            pause: FIRST_PAUSE,
            subscription_pause: FIRST_PAUSE,
            has_caught_up: false,
            is_polling: false,
            awaits_history: false,
        }
    }

    /// The reader.
    pub const fn reader(&self) -> &EventReader<'c, C> {
        &self.reader
    }

    /// The next record or note. It can be cancelled: nothing is lost.
    pub async fn next(&mut self) -> Followed {
        loop {
            if let Some(note) = self.notes.pop_front() {
                return Followed::Note(note);
            }
            match self.step {
                Step::Subscribe => {
                    self.subscribe().await;
                    // What came before the subscription is in the history by now.
                    self.step = Step::Read;
                }
                Step::Read => match self.reader.next().await {
                    Ok(Some(record)) => {
                        self.pause = FIRST_PAUSE;
                        self.awaits_history = false;
                        return Followed::Record(record);
                    }
                    Ok(None) => {
                        self.pause = FIRST_PAUSE;
                        self.step = Step::Wait;
                        if !std::mem::replace(&mut self.has_caught_up, true) {
                            self.notes.push_back(Note::CaughtUp);
                        }
                    }
                    Err(error) => {
                        self.step = Step::Retry;
                        return Followed::Note(Note::Failed(error));
                    }
                },
                Step::Retry => {
                    sleep(self.pause.min(self.options.poll_every)).await;
                    self.pause = self.pause.saturating_mul(2).min(self.options.poll_every);
                    self.step = Step::Read;
                }
                Step::Wait => self.wait().await,
                Step::Resubscribe => {
                    sleep(self.subscription_pause).await;
                    self.subscription_pause = self.subscription_pause.saturating_mul(2).min(self.options.poll_every);
                    self.step = Step::Subscribe;
                }
            }
        }
    }

    async fn subscribe(&mut self) {
        let (cluster, pool) = (self.reader.cluster(), *self.reader.pool());
        let subscription = self.subscription.get_or_insert_with(|| Subscription::new(cluster, pool));
        let detail = match timeout(CONNECT_TIME, subscription.hear()).await {
            Ok(Heard::News) => {
                self.is_polling = false;
                self.notes.push_back(Note::Listening);
                return;
            }
            Ok(Heard::End(ListenEnd::Unsupported)) => {
                self.subscribe_at = None;
                "the cluster has no subscriptions".into()
            }
            Ok(Heard::End(ListenEnd::Lost { detail })) => detail,
            Err(_) => "the endpoint does not answer to a subscription".into(),
        };
        self.subscription = None;
        self.subscribe_at = self.subscribe_at.map(|_| Instant::now() + self.options.check_every);
        if !std::mem::replace(&mut self.is_polling, true) {
            self.notes.push_back(Note::Polling { detail });
        }
    }

    /// Waits until the history may have something new.
    async fn wait(&mut self) {
        let Some(subscription) = &mut self.subscription else {
            sleep(self.options.poll_every).await;
            let subscribes = self.subscribe_at.is_some_and(|at| Instant::now() >= at);
            self.step = if subscribes { Step::Subscribe } else { Step::Read };
            return;
        };
        let within = if self.awaits_history { self.options.poll_every } else { self.options.check_every };
        match timeout(within, subscription.hear()).await {
            Ok(Heard::News) => {
                self.awaits_history = true;
                self.subscription_pause = FIRST_PAUSE;
                self.step = Step::Read;
            }
            Ok(Heard::End(end)) => {
                self.subscription = None;
                self.step = Step::Resubscribe;
                let detail = match end {
                    ListenEnd::Lost { detail } => detail,
                    ListenEnd::Unsupported => "the cluster has no subscriptions".into(),
                };
                self.notes.push_back(Note::Lost { detail });
            }
            Err(_) => {
                self.awaits_history = false;
                self.step = Step::Read;
            }
        }
    }
}

impl<'c> Subscription<'c> {
    fn new<C: Cluster>(cluster: &'c C, pool: solana_address::Address) -> Self {
        let has_heard = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&has_heard);
        let end = Box::pin(async move { cluster.listen(&pool, &|| heard.store(true, Ordering::Relaxed)).await });
        Self { end, has_heard }
    }

    /// Waits for what it says next.
    async fn hear(&mut self) -> Heard {
        poll_fn(|context| match self.end.as_mut().poll(context) {
            Poll::Ready(end) => Poll::Ready(Heard::End(end)),
            Poll::Pending if self.has_heard.swap(false, Ordering::Relaxed) => Poll::Ready(Heard::News),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}
