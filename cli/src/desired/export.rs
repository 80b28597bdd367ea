//! A pool as it is, as a file.

use {
    super::FORMAT,
    crate::units::local_time,
    solana_hash::Hash,
    std::fmt::Write as _,
    tidepool_client::{
        desired::{Kind, Live, Part, Setting, VALIDATORS, Value},
        text::{Form, visible},
        words::announced_value,
    },
    tidepool_core::maths::{Fee, FutureEpoch},
};

/// Spaces before comments are added up to this column.
const COMMENTS: usize = 60;

/// The file of a pool. It holds all that the pool has, so a plan of it is empty.
pub fn export(live: &Live, cluster: Option<Hash>) -> String {
    let snapshot = &live.snapshot;
    let (pool, epoch) = (snapshot.address(), snapshot.epoch());
    let mut text = format!(
        "# Pool {pool}, exported by tidepool in epoch {epoch}.\n\
         # Change values, then: tidepool plan FILE --out plan.toml; tidepool apply plan.toml\n\
         # A section or a key that is removed stays as it is in the pool; a validator that is removed leaves the pool.\n\
         # Fees and shares: \"2.5%\", \"1/40\" or \"25bps\". Amounts: SOL or whole pool tokens. Not set: \"none\".\n\n\
         format = {FORMAT}\n"
    );
    if let Some(hash) = cluster {
        entry(&mut text, "cluster", &quoted(&hash.to_string()), "hash of the cluster's genesis");
    }
    entry(&mut text, "program", &quoted(&snapshot.program_id().to_string()), "");
    entry(&mut text, "pool", &quoted(&pool.to_string()), "");
    let mut section = "";
    for setting in Setting::ALL {
        let Some(value) = live.value(Part::Setting(*setting)) else { continue };
        if setting.section() != section {
            section = setting.section();
            let _ = write!(text, "\n[{section}]{}\n", about_section(section));
        }
        let about = [Some(setting.about().to_owned()), note(live, *setting)].into_iter().flatten();
        entry(&mut text, setting.key(), &written(setting.kind(), &value), &about.collect::<Vec<_>>().join("; "));
    }
    validators(&mut text, live);
    text
}

fn validators(text: &mut String, live: &Live) {
    let _ = write!(
        text,
        "\n[{VALIDATORS}]\n# Weights by vote account: numbers such as 3 or 0.25, or shares such as \"2.5%\" that are 100% together.\n\
         # With weight 0 a validator keeps its stake and gets no more.\n"
    );
    let mut members: Vec<_> = live.members().collect();
    members.sort_by_key(|record| record.vote_account_address.to_string());
    for record in members {
        let demoted = live.snapshot.demotion_of(record);
        let note = demoted.map_or(String::new(), |demotion| {
            format!(
                "demoted in epoch {}; can have a weight from epoch {} on",
                demotion.epoch, demotion.reinstatable_from_epoch
            )
        });
        entry(text, &record.vote_account_address.to_string(), &record.extension.weight().to_string(), &note);
    }
}

fn about_section(section: &str) -> &'static str {
    match section {
        "authorities" => " # for another manager without fee_account, fees go to its associated token account",
        "policy" => " # of rebalances",
        "limits" => " # can only be tightened, and that cannot be undone",
        "demotion" => " # when validators can be demoted",
        _ => "",
    }
}

/// The pending change of a setting.
fn note(live: &Live, setting: Setting) -> Option<String> {
    let snapshot = &live.snapshot;
    let (head, terms) = (&snapshot.pool().head, &snapshot.pool().terms);
    let pending = |now: Fee, next: FutureEpoch<Fee>| {
        let (_, epoch) = snapshot.pending_fee(&next)?;
        Some(format!("until epoch {epoch} {}", Value::fee(now).shown(Kind::Fee)))
    };
    match setting {
        Setting::EpochFee => return pending(head.epoch_fee.get(), terms.next_epoch_fee),
        Setting::StakeWithdrawalFee => return pending(terms.stake_withdrawal_fee, terms.next_stake_withdrawal_fee),
        Setting::SolWithdrawalFee => return pending(terms.sol_withdrawal_fee, terms.next_sol_withdrawal_fee),
        // Announcements of whole sections stand beside their first setting.
        Setting::FeeAccount => return None,
        setting if is_later_of_section(setting) => return None,
        _ => {}
    }
    let (change, from) = (live.announced(setting)?, live.notice_of(setting)?);
    let (epoch, time) = (from.from_epoch.get(), local_time(from.from_timestamp.get()));
    Some(format!("announced: {}, from epoch {epoch} and {time} on", announced_value(&change)))
}

fn is_later_of_section(setting: Setting) -> bool {
    ["policy", "demotion"].contains(&setting.section())
        && ![Setting::ReserveShare, Setting::MaxCommission].contains(&setting)
}

/// A value as TOML.
pub fn written(kind: Kind, value: &Value) -> String {
    let text = value.written(kind);
    if kind.is_quoted() { quoted(&text) } else { text }
}

/// A text as a string of TOML. Invisible characters are escaped: a token's name can have any.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        let mut bytes = [0; 4];
        let alone = character.encode_utf8(&mut bytes);
        match character {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(character);
            }
            _ if visible(alone, Form::OneLine) == *alone => quoted.push(character),
            _ => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(character));
            }
        }
    }
    quoted.push('"');
    quoted
}

fn entry(text: &mut String, key: &str, value: &str, comment: &str) {
    let line = format!("{key} = {value}");
    if comment.is_empty() {
        let _ = writeln!(text, "{line}");
    } else {
        // Line ends of a name would end the comment.
        let _ = writeln!(text, "{line:COMMENTS$} # {}", visible(comment, Form::OneLine));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_survive_toml() {
        for text in ["Tide", "a \"b\" \\ c", "line\nend", "\u{202e}LOS", "ä €", ""] {
            let document = format!("name = {}", quoted(text));
            let read: toml::Table = toml::from_str(&document).unwrap();
            assert_eq!(read["name"].as_str(), Some(text), "{document}");
            assert_eq!(document.lines().count(), 1);
        }
    }
}
