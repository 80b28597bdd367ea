//! Plans as files: the changes, with the old value of each.

use {
    super::{
        DesiredFile, FORMAT, Head, bytes,
        document::{Document, decode},
        export::{quoted, written},
        file::{HEAD, read_head, require},
    },
    crate::error::CliError,
    solana_hash::Hash,
    std::{
        collections::HashSet,
        fmt::Write as _,
        path::{Path, PathBuf},
    },
    tidepool_client::{
        announcement::Effect,
        desired::{Desired, Difference, Live, Part, State, Step, Value},
    },
    tidepool_selection::{Place, Problem},
    toml::{
        Spanned,
        de::{DeTable, DeValue},
    },
};

/// The name of the list of changes.
const CHANGE: &str = "change";

/// Keys that a plan has besides those of every file.
const OWN: [&str; 4] = ["epoch", "slot", "desired_sha256", CHANGE];

/// Keys of a change.
const CHANGE_KEYS: [&str; 4] = ["part", "before", "after", "announced"];

/// A change of a plan.
#[derive(Clone, Debug)]
struct Planned {
    difference: Difference,
    /// The value that was announced for this kind of change when the plan was made, in hexadecimal.
    announced: Option<String>,
    place: Place,
}

/// A plan.
#[derive(Clone, Debug)]
pub struct PlanFile {
    pub path: PathBuf,
    pub head: Head,
    changes: Vec<Planned>,
}

impl PlanFile {
    /// The text of a plan.
    pub fn text(file: &DesiredFile, live: &Live, cluster: Option<Hash>, differences: &[Difference]) -> String {
        let snapshot = &live.snapshot;
        let mut text = format!(
            "# Plan for a pool, made by tidepool from {}: carry it out with `tidepool apply`. To change it, change that file, and\n\
             # make the plan again.\n\nformat = {FORMAT}\n",
            quoted(&file.path.display().to_string())
        );
        if let Some(hash) = cluster {
            let _ = writeln!(text, "cluster = {}", quoted(&hash.to_string()));
        }
        let _ = write!(
            text,
            "program = {}\npool = {}\nepoch = {}\nslot = {}\ndesired_sha256 = {}\n",
            quoted(&snapshot.program_id().to_string()),
            quoted(&snapshot.address().to_string()),
            snapshot.epoch(),
            snapshot.environment().clock.slot,
            quoted(&file.digest.to_string())
        );
        for Difference { part, before, after } in differences {
            let kind = part.kind();
            // `none` has to be quoted where numbers are not.
            let value = |value: &Value| match value {
                Value::Weight(None) => quoted(&value.written(kind)),
                value => written(kind, value),
            };
            let _ = write!(
                text,
                "\n[[{CHANGE}]]\npart = {}\nbefore = {}\nafter = {}\n",
                quoted(&part.to_string()),
                value(before),
                value(after)
            );
            if let Some(announced) = announced(live, *part) {
                let _ = writeln!(text, "announced = {}", quoted(&announced));
            }
        }
        text
    }

    /// Whether a file is a plan rather than a pool as it is to be: plans have keys of their own.
    pub fn is_plan(path: &Path) -> Result<bool, CliError> {
        let bytes = bytes(path)?;
        let in_file = |fault| CliError::File { path: path.to_owned(), problem: fault };
        let document = Document { text: decode(&bytes).map_err(in_file)? };
        let table = document.parse().map_err(in_file)?;
        Ok(table.iter().any(|(key, _)| OWN.contains(&key.get_ref().as_ref())))
    }

    /// Reads a plan.
    pub fn read(path: &Path) -> Result<Self, CliError> {
        let bytes = bytes(path)?;
        let in_file = |fault| CliError::File { path: path.to_owned(), problem: fault };
        let document = Document { text: decode(&bytes).map_err(in_file)? };
        let table = document.parse().map_err(in_file)?;
        let head = read_head(document, &table).map_err(in_file)?;
        let changes = changes(document, &table).map_err(in_file)?;
        Ok(Self { path: path.to_owned(), head, changes })
    }

    /// What the plan wants of the pool. All else stays.
    pub fn desired(&self) -> Desired {
        let mut desired = Desired::default();
        for Planned { difference, .. } in &self.changes {
            match (difference.part, &difference.after) {
                (Part::Setting(setting), value) => drop(desired.settings.insert(setting, value.clone())),
                (Part::Validator(vote), Value::Weight(weight)) => drop(desired.validators.insert(vote, *weight)),
                (Part::Validator(_), _) => {}
            }
        }
        desired.ends_pause = !desired.validators.is_empty();
        desired
    }

    /// Omits the changes of a section of settings. Whether there were any.
    pub fn omit(&mut self, section: &str) -> bool {
        let is_of = |part: Part| matches!(part, Part::Setting(setting) if setting.section() == section);
        self.changes.extract_if(.., |planned| is_of(planned.difference.part)).count() > 0
    }

    /// The number of changes.
    pub const fn count(&self) -> usize {
        self.changes.len()
    }

    /// How many of the changes the pool has already. Refuses a pool in which a part of the plan has become something else.
    pub fn check(&self, live: &Live) -> Result<usize, CliError> {
        let mut done = 0;
        for Planned { difference, place, .. } in &self.changes {
            let Difference { part, before, after } = difference;
            let now = live.value(*part);
            done += usize::from(now.as_ref() == Some(after));
            if now.as_ref().is_none_or(|now| !difference.passes_through(now)) {
                let kind = part.kind();
                let now = now.map_or("not there".into(), |now| now.shown(kind));
                let what = format!(
                    "the pool has changed: {part} was \"{}\" when the plan was made, and is \"{now}\" now: make the plan again",
                    before.shown(kind)
                );
                return Err(self.outdated(*place, what));
            }
        }
        Ok(done)
    }

    /// Refuses to announce a change where another one of its kind has been announced since.
    pub fn check_announcements(&self, live: &Live, steps: &[Step]) -> Result<(), CliError> {
        let replaces = |step: &&Step| matches!(&step.state, State::Ready { effect: Effect::Announces { .. }, .. });
        for part in steps.iter().filter(replaces).flat_map(|step| &step.parts) {
            let Some(planned) = self.changes.iter().find(|planned| planned.difference.part == *part) else { continue };
            let now = announced(live, *part);
            if now.is_some() && now != planned.announced {
                let what = format!(
                    "the pool has changed: another change of {part} has been announced since the plan was made: make the plan \
                     again, or withdraw the announcement with `tidepool cancel-announcement {}`",
                    live.snapshot.address()
                );
                return Err(self.outdated(planned.place, what));
            }
        }
        Ok(())
    }

    /// An error about a part, with its place.
    pub fn error(&self, part: Part, error: CliError) -> CliError {
        match self.changes.iter().find(|planned| planned.difference.part == part) {
            Some(planned) => CliError::InFile { path: self.path.clone(), place: planned.place, error: Box::new(error) },
            None => error,
        }
    }

    fn outdated(&self, place: Place, what: String) -> CliError {
        CliError::Outdated { path: self.path.clone(), problem: Problem::at(place, what) }
    }
}

/// The announced value of the kind of change that `part` has, in hexadecimal.
fn announced(live: &Live, part: Part) -> Option<String> {
    let Part::Setting(setting) = part else { return None };
    let value = live.notice_of(setting)?.value;
    Some(value.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn changes<'t>(document: Document<'t>, table: &DeTable<'t>) -> Result<Vec<Planned>, Problem> {
    let mut found = vec![];
    let mut seen = HashSet::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if !HEAD.contains(&name) && !OWN.contains(&name) {
            let what = format!("unknown key \"{name}\": make the plan with `tidepool plan`");
            return Err(document.problem(key, what));
        }
        if name != CHANGE {
            continue;
        }
        let DeValue::Array(entries) = value.get_ref() else {
            return Err(document.problem(value, "expected changes: make the plan with `tidepool plan`"));
        };
        for entry in entries {
            let planned = change(document, entry)?;
            if !seen.insert(planned.difference.part) {
                let what = format!("duplicate change of {}: make the plan again", planned.difference.part);
                return Err(Problem::at(planned.place, what));
            }
            found.push(planned);
        }
    }
    Ok(found)
}

fn change<'t>(document: Document<'t>, entry: &Spanned<DeValue<'t>>) -> Result<Planned, Problem> {
    let table = document.table(entry, CHANGE)?;
    let place = document.place(entry.span());
    if let Some((key, _)) = table.iter().find(|(key, _)| !CHANGE_KEYS.contains(&key.get_ref().as_ref())) {
        return Err(document.problem(key, format!("unknown key \"{}\": make the plan again", key.get_ref())));
    }
    let named = require(table, "part", place)?;
    let text = document.scalar(named)?;
    let part = Part::parse(&text).ok_or_else(|| {
        document.problem(named, format!("unknown part \"{text}\": update tidepool, or make the plan again"))
    })?;
    let value = |name| {
        let found = require(table, name, place)?;
        Value::parse(part.kind(), &document.scalar(found)?).map_err(|what| document.problem(found, what))
    };
    let difference = Difference { part, before: value("before")?, after: value("after")? };
    let announced = table.iter().find(|(key, _)| key.get_ref() == "announced").map(|(_, value)| document.scalar(value));
    Ok(Planned { difference, announced: announced.transpose()?, place: document.place(named.span()) })
}
