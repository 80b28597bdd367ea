//! A selection, as a file, in sentences and as JSON.

use {
    crate::output::{CommandOutput, to_json},
    serde_json::{Value, json},
    std::{collections::BTreeMap, fmt, path::Path},
    tidepool_selection::{Chosen, Excluded, Reason, Selection},
};

/// Lines of one kind that are shown without --verbose.
const SHOWN: usize = 10;

pub struct Output {
    selection: Selection,
    file: String,
    out: Option<String>,
    saved_facts: Option<String>,
    explains: bool,
}

impl Output {
    pub fn new(
        selection: Selection,
        file: String,
        out: Option<&Path>,
        saved_facts: Option<&Path>,
        explains: bool,
    ) -> Self {
        let name = |path: &Path| path.display().to_string();
        Self { selection, file, out: out.map(name), saved_facts: saved_facts.map(name), explains }
    }

    fn pool(&self) -> String {
        self.selection.pool.map_or("POOL".into(), |pool| pool.to_string())
    }

    /// Chosen validators that have to be added to the pool before they can have a weight.
    fn additions(&self) -> Vec<&Chosen> {
        self.selection.chosen.iter().filter(|chosen| !chosen.in_pool).collect()
    }

    /// Validators of the pool that lose their weight.
    fn departures(&self) -> Vec<&Excluded> {
        self.selection.excluded.iter().filter(|excluded| excluded.weight_before > 0).collect()
    }

    /// What was chosen and why, a line each. All reasons are given if asked for.
    pub fn sentences(&self, verbose: bool) -> Vec<String> {
        let Selection { epoch, read, sum_of_weights, chosen, caps, excluded, .. } = &self.selection;
        let of_pool = self.selection.pool.map_or(String::new(), |pool| format!(" for pool {pool}"));
        let mut lines = vec![format!(
            "Chose {} of {read} validators{of_pool}, by facts of epoch {epoch}; the sum of weights is {sum_of_weights}",
            chosen.len()
        )];
        let most = if verbose { usize::MAX } else { SHOWN };
        let mut add = |all: Vec<String>| {
            let more = all.len().saturating_sub(most);
            lines.extend(all.into_iter().take(most));
            if more > 0 {
                lines.push(format!("… and {more} more: --verbose shows them all"));
            }
        };
        add(caps.iter().map(|cap| cap.sentence.clone()).collect());
        let leaving = |excluded: &&Excluded| format!("{} loses its weight: {}", excluded.vote, excluded.sentence);
        add(self.departures().iter().map(leaving).collect());
        if self.explains {
            let others = excluded.iter().filter(|excluded| excluded.weight_before == 0);
            lines.extend(others.map(|excluded| format!("{} is excluded: {}", excluded.vote, excluded.sentence)));
        } else if !excluded.is_empty() {
            lines.push(format!("Excluded: {}; --explain gives each reason", counts(excluded)));
        }
        lines
    }
}

/// How many are excluded for each kind of reason.
fn counts(excluded: &[Excluded]) -> String {
    let mut counts: BTreeMap<Reason, usize> = BTreeMap::new();
    excluded.iter().for_each(|excluded| *counts.entry(excluded.reason).or_default() += 1);
    let words = |reason: &Reason| match reason {
        Reason::Never => "by the list never",
        Reason::NotDelegable => "without a vote account",
        Reason::Leaving => "being removed",
        Reason::Demoted => "demoted",
        Reason::Rule => "by rules",
        Reason::MissingFact => "for a missing fact",
        Reason::NoWeight => "with weight 0",
        Reason::Count => "by count.maximum",
        Reason::GroupCount => "by the count of a group",
    };
    counts.iter().map(|(reason, count)| format!("{count} {}", words(reason))).collect::<Vec<_>>().join(", ")
}

impl CommandOutput for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        let Some(out) = &self.out else { return f.write_str(&self.file) };
        self.sentences(verbose).iter().try_for_each(|sentence| writeln!(f, "{sentence}"))?;
        let (additions, pool) = (self.additions(), self.pool());
        if !additions.is_empty() {
            writeln!(f, "Not in the pool yet, to be added before weights are set:")?;
            let most = if verbose { usize::MAX } else { SHOWN };
            for chosen in additions.iter().take(most) {
                writeln!(f, "  tidepool add-validator {pool} {}", chosen.vote)?;
            }
            if additions.len() > most {
                writeln!(f, "  … and {} more: --verbose shows them all", additions.len() - most)?;
            }
        }
        if let Some(facts) = &self.saved_facts {
            writeln!(f, "Wrote the facts to {facts}")?;
        }
        writeln!(f, "Wrote the weights to {out}: set them with `tidepool set-weights {pool} --file {out}`")
    }

    fn json(&self) -> Value {
        let mut json = to_json(&self.selection);
        json["weights_file"] = json!(self.out);
        json["facts_file"] = json!(self.saved_facts);
        json
    }
}
