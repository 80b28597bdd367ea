//! The file that `tidepool set-weights --file` reads.

use crate::select::Selection;
use std::fmt::Write as _;

/// The weights as CSV, by vote account, with the digests of all inputs in comments.
pub fn weights_file(selection: &Selection) -> String {
    let pool = selection.pool.map_or(String::new(), |pool| format!(" of pool {pool}"));
    let mut text = format!("# Weights{pool}, by tidepool select from facts of epoch {}\n", selection.epoch);
    let _ = writeln!(text, "# policy sha256 {}", selection.digests.policy_sha256);
    let _ = writeln!(text, "# facts sha256 {}", selection.digests.facts_sha256);
    for data in &selection.digests.data {
        let _ = writeln!(text, "# data sha256 {} {}", data.sha256, data.file);
    }
    let _ = writeln!(text, "# {} validators, sum of weights {}", selection.chosen.len(), selection.sum_of_weights);
    text.push_str("vote,weight\n");
    for chosen in &selection.chosen {
        let _ = writeln!(text, "{},{}", chosen.vote, chosen.weight);
    }
    text
}
