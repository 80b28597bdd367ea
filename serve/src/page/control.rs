//! Who can change what.

use {
    crate::read::Reading,
    maud::{Markup, html},
    tidepool_client::{
        control::Upgrades,
        words::{epochs, seconds},
    },
};

pub fn section(reading: &Reading) -> Markup {
    let control = &reading.slow.control;
    let limits = reading.snapshot.limits();
    let notice = [
        (limits.notice_epochs.get() > 0).then(|| epochs(limits.notice_epochs.get().into())),
        (limits.notice_seconds.get() > 0).then(|| seconds(limits.notice_seconds.get())),
    ];
    let notice: Vec<_> = notice.into_iter().flatten().collect();
    html! {
        section aria-labelledby="control" {
            h2 #control { "Who can change what" }
            p {
                @if notice.is_empty() {
                    "The pool has no notice: its manager can change authorities, deposit fees and policies at once. Higher fees on rewards and \
                     withdrawals wait for two epochs."
                } @else {
                    "Changes of authorities, deposit fees and policies are announced " (notice.join(" and ")) " before they can be made."
                }
                " No key can take SOL or stake out of the pool, except by giving pool tokens for it as you do."
            }
            .scroll tabindex="0" role="region" aria-label="Keys of the pool" { table {
                caption { "Keys of the pool and of its program" }
                thead { tr { th scope="col" { "Role" } th scope="col" { "Can" } th scope="col" { "Key" } } }
                tbody {
                    @for power in &control.powers {
                        tr { th scope="row" { (power.role) } td { (power.can) } td { code { (power.key) } br; span .small { (power.kind) } } }
                    }
                    tr {
                        th scope="row" { "Upgrade authority of the program" }
                        td { "can replace the program, and with it all rules on this page" }
                        td { @match control.upgrades {
                            Upgrades::None => "none: the program is final",
                            Upgrades::Unknown => "unknown",
                            Upgrades::By(key, kind) => { code { (key) } br; span .small { (kind) } }
                        } }
                    }
                }
            } }
        }
    }
}
