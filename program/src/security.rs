//! Whom to tell of a weakness, in the ELF itself: explorers and researchers look there.
//!
//! In the format of the crate `solana-security-txt`. Whoever deploys this program for others names himself here before: a program on
//! a cluster cannot tell where it comes from. `SECURITY.md` says what else belongs to a deployment.

solana_security_txt::security_txt! {
    name: "Tidepool",
    project_url: "private",
    contacts: "other:as SECURITY.md in the sources says",
    policy: "SECURITY.md in the sources: report in private first, with the state and the transactions that show it",
    preferred_languages: "en",
    auditors: "None"
}
