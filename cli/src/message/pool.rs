//! Instructions of stake pool programs, in the sentences of the interface.

use {
    super::{accounts::Accounts, value::arguments},
    std::{cell::RefCell, collections::BTreeSet},
    tidepool_interface::schema::{self, Role, words},
};

/// What an instruction does: its sentence, the arguments that are not in it, and all accounts. `None` where it is none of a stake pool's.
pub fn instruction(data: &[u8], accounts: &Accounts) -> Option<String> {
    let (tag, data) = data.split_first()?;
    let row = schema::instructions().find(|row| row.tag == *tag)?;
    let arguments = arguments(row.arguments, data)?;
    let addresses: Vec<_> = accounts.each().collect();
    let account = |name: &str| {
        let place = row.accounts.iter().position(|account| account.name == name)?;
        let absent = if row.accounts[place].role == Role::Required { "a missing account" } else { "none" };
        Some(addresses.get(place).map_or(absent, String::as_str))
    };
    let told = RefCell::new(BTreeSet::new());
    let mut text = format!("{}: ", row.name);
    text += &row.with(|name| {
        told.borrow_mut().insert(name.to_owned());
        let argument = arguments.iter().find(|(argument, _)| *argument == name).map(|(_, value)| value.as_str());
        argument.or_else(|| account(name)).unwrap_or_default().to_owned()
    });
    for (name, value) in arguments.iter().filter(|(name, _)| !told.borrow().contains(*name)) {
        text += &format!("; {} {value}", words(name));
    }
    let single = row.accounts.iter().filter(|row| row.role != Role::Rest);
    let listed = single.clone().filter_map(|row| Some(format!("{}: {}", words(row.name), account(row.name)?)));
    let others = addresses.iter().skip(single.count()).cloned();
    let listed: Vec<_> = listed.chain(others).collect();
    Some(if listed.is_empty() { text } else { format!("{text} ({})", listed.join(", ")) })
}
