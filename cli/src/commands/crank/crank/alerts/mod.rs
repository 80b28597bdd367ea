//! Alerts of a watch: conditions that a person has to know of, sent to webhooks once when they begin and once when they end.

mod checks;
mod message;
mod url;
#[cfg(feature = "rpc")]
mod webhook;

pub use {checks::PoolAlerts, message::WebhookFormat, url::WebhookUrl};

use {
    super::cautions::cautions,
    crate::{context::Context, error::CliError, terminal::Terminal, view::votes::Cautioned},
    message::{Message, State},
    solana_address::Address,
    std::{
        cell::{Cell, RefCell},
        collections::{BTreeMap, BTreeSet},
        convert::Infallible,
        rc::Rc,
        time::Duration,
    },
    tidepool_client::{cluster::Cluster, gates},
    tokio::{sync::mpsc, task::JoinHandle, time::Instant},
};

/// Messages that wait for a webhook. Further ones are dropped: a webhook that hangs takes no memory.
const QUEUE: usize = 100;

/// Least time between two messages that the same condition has begun.
const REPEAT_AFTER: Duration = Duration::from_secs(10 * 60);

/// Time between two looks at validators and feature gates.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

/// What can be wrong.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Condition {
    StalePool,
    Announcement,
    ValidatorDemoted,
    ValidatorOff,
    RateFell,
    ReserveBelowTarget,
    PayerLow,
    UnknownGate,
}

/// A condition that holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cause {
    /// What it concerns, such as validators. It is news again if one is added.
    pub subjects: BTreeSet<String>,
    pub reason: String,
    pub advice: String,
}

type Key = (Condition, Option<Address>);

/// A condition that has been told of.
struct Told {
    at: Instant,
    /// What was told; `None` once it has ended.
    cause: Option<Cause>,
}

/// Sends what changes to all webhooks. Calls return at once.
pub struct Alerts {
    queues: Vec<mpsc::Sender<Message>>,
    told: RefCell<BTreeMap<Key, Told>>,
    terminal: Terminal,
    has_dropped: Cell<bool>,
    _tasks: Vec<Task>,
}

/// A sender, which ends with the watch.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Alerts {
    /// Alerts that are sent to these webhooks; `None` without any.
    pub fn start(urls: &[WebhookUrl], format: WebhookFormat, terminal: Terminal) -> Result<Option<Rc<Self>>, CliError> {
        let (mut queues, mut tasks) = (vec![], vec![]);
        for url in urls {
            let (queue, messages) = mpsc::channel(QUEUE);
            tasks.push(Task(start(url, format, messages, terminal)?));
            queues.push(queue);
        }
        let alerts = Self { queues, told: RefCell::default(), terminal, has_dropped: Cell::new(false), _tasks: tasks };
        Ok((!urls.is_empty()).then(|| Rc::new(alerts)))
    }

    /// Says whether a condition holds. A message is sent when it begins, when it gets further subjects, and when it ends.
    pub fn set(&self, condition: Condition, pool: Option<Address>, cause: Option<Cause>) {
        let mut all = self.told.borrow_mut();
        let told = all.get_mut(&(condition, pool));
        let is_held_back = told.as_ref().is_some_and(|told| told.at.elapsed() < REPEAT_AFTER);
        match (told, cause) {
            (None, None) => {}
            (Some(told), None) => {
                if let Some(ended) = told.cause.take() {
                    self.send(&Message { condition, pool, state: State::Resolved, cause: ended });
                }
            }
            (Some(Told { cause: Some(old), .. }), Some(new)) if new.subjects.is_subset(&old.subjects) => {}
            (_, Some(_)) if is_held_back => {}
            (_, Some(new)) => {
                all.insert((condition, pool), Told { at: Instant::now(), cause: Some(new.clone()) });
                self.send(&Message { condition, pool, state: State::Firing, cause: new });
            }
        }
    }

    fn send(&self, message: &Message) {
        for queue in &self.queues {
            if queue.try_send(message.clone()).is_err() && !self.has_dropped.replace(true) {
                self.terminal.note(&format!(
                    "warning: a webhook is too slow: more than {QUEUE} alerts wait for it, others are dropped"
                ));
            }
        }
    }

    /// Looks at the validators of the pools, and at feature gates, for as long as it is polled.
    pub async fn look<C: Cluster>(&self, context: &Context<'_, C>, pools: &[Address]) -> Infallible {
        loop {
            for pool in pools {
                // An endpoint that does not serve them is told of by the crank.
                if let Ok(cautions) = cautions(context, pool).await {
                    self.set(Condition::ValidatorOff, Some(*pool), off(&cautions));
                }
            }
            if let Ok(unknown) = gates::unknown_pending(context.cluster).await {
                self.set(Condition::UnknownGate, None, unknown_gates(&unknown));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Validators that take no part in the cluster, or whose stake does not earn.
fn off(cautions: &[Cautioned]) -> Option<Cause> {
    let off: Vec<_> = cautions.iter().filter_map(Cautioned::off).collect();
    let subjects: BTreeSet<String> = off.iter().map(|(vote, _)| vote.to_string()).collect();
    cause(
        subjects,
        "validators",
        |_| off.iter().map(|(vote, why)| format!("{vote}: {why}")).collect(),
        "set their weight to 0, or \
         remove them from the pool",
    )
}

fn unknown_gates(gates: &[Address]) -> Option<Cause> {
    let subjects: BTreeSet<String> = gates.iter().map(ToString::to_string).collect();
    let what = |subjects: &BTreeSet<String>| {
        subjects
            .iter()
            .map(|gate| format!("feature gate {gate} is pending and unknown to this version of tidepool"))
            .collect()
    };
    cause(subjects, "gates", what, "update tidepool before they are activated")
}

/// Most subjects that a reason has words about.
const NAMED: usize = 5;

/// A cause about several subjects; `None` without any.
fn cause(
    subjects: BTreeSet<String>,
    noun: &str,
    words: impl Fn(&BTreeSet<String>) -> Vec<String>,
    advice: impl Into<String>,
) -> Option<Cause> {
    if subjects.is_empty() {
        return None;
    }
    let all = words(&subjects);
    let mut reason = all.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
    if all.len() > NAMED {
        reason = format!("{reason}; and {} more {noun}", all.len() - NAMED);
    }
    Some(Cause { subjects, reason, advice: advice.into() })
}

#[cfg(feature = "rpc")]
fn start(
    url: &WebhookUrl,
    format: WebhookFormat,
    messages: mpsc::Receiver<Message>,
    terminal: Terminal,
) -> Result<JoinHandle<()>, CliError> {
    Ok(tokio::spawn(webhook::Webhook::new(url, format, terminal)?.run(messages)))
}

#[cfg(not(feature = "rpc"))]
fn start(
    _: &WebhookUrl,
    _: WebhookFormat,
    _: mpsc::Receiver<Message>,
    _: Terminal,
) -> Result<JoinHandle<()>, CliError> {
    Err(CliError::usage("this build has no network: omit --webhook"))
}

#[cfg(test)]
mod tests;
