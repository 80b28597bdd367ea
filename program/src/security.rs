//! Security contact in the ELF, in the format of the crate `solana-security-txt`. Explorers display it.
//!
//! Set your own contact before you deploy the program for other users: the deployed program has no other trace of its operator.
//! `SECURITY.md` has the other steps of a deployment.

solana_security_txt::security_txt! {
    name: "Tidepool",
    project_url: "private",
    contacts: "other:as SECURITY.md in the sources says",
    policy: "SECURITY.md in the sources: report in private first, with the state and the transactions that show it",
    preferred_languages: "en",
    auditors: "None"
}
