//! A codec made of nothing but the IDL's nodes: what a client that has only the IDL reads and writes. Tests hold the IDL to the interface
//! with it.

use {
    anyhow::{Context as _, bail, ensure},
    serde_json::Value,
    tidepool_interface::{
        Address,
        state::{ExitTicket, PoolExtension, StakePool, split_validator_list},
    },
};

/// The types of a program.
pub struct Codec {
    program: Value,
}

/// A value's bytes, and what they are read with.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Rust's debug output of the same value, as the interface reads it, that has not been compared yet.
    text: &'a str,
}

impl Codec {
    /// A codec of the IDL in Codama's format.
    ///
    /// # Errors
    /// Where the text is no JSON.
    pub fn new(idl: &str) -> anyhow::Result<Self> {
        let root: Value = serde_json::from_str(idl)?;
        Ok(Self { program: root["program"].clone() })
    }

    /// The nodes of a list of the program, `instructions` for example.
    pub fn nodes(&self, list: &str) -> &[Value] {
        items(&self.program[list])
    }

    /// The node with a name.
    ///
    /// # Errors
    /// Where there is none.
    pub fn node(&self, list: &str, name: &str) -> anyhow::Result<&Value> {
        let mut nodes = self.nodes(list).iter();
        nodes.find(|node| node["name"] == name).with_context(|| format!("no {name} in {list}"))
    }

    /// The account that `data` is, by its discriminators.
    pub fn account(&self, data: &[u8]) -> Option<&Value> {
        self.nodes("accounts").iter().find(|node| {
            items(&node["discriminators"]).iter().all(|discriminator| match kind(discriminator) {
                "fieldDiscriminatorNode" => {
                    let number = node["data"]["fields"][0]["defaultValue"]["number"].as_u64();
                    data.first().map(|first| u64::from(*first)) == number
                }
                "sizeDiscriminatorNode" => discriminator["size"].as_u64() == Some(data.len() as u64),
                "constantDiscriminatorNode" => {
                    let constant = discriminator["constant"]["value"]["data"].as_str().unwrap_or_default();
                    let at = number(&discriminator["offset"]);
                    data.get(at..).is_some_and(|rest| rest.starts_with(constant.as_bytes()))
                }
                _ => false,
            })
        })
    }

    /// Decodes an instruction's data, an account's or an event's, and compares it with `text`: the debug output of the same value, as the
    /// interface decodes it. Returns the bytes that were read.
    ///
    /// # Errors
    /// Where the bytes do not decode, or to another value.
    pub fn compare(&self, node: &Value, bytes: &[u8], text: &str) -> anyhow::Result<usize> {
        let input = &mut Input { bytes, at: 0, text };
        let result = match kind(node) {
            "instructionNode" => self.arguments(node, input),
            _ => self.read(&node["data"], input),
        };
        result.with_context(|| {
            format!("{} at byte {} before {:?}", name(node), input.at, input.text.get(..80).unwrap_or(input.text))
        })?;
        ensure!(input.text.is_empty(), "{}: not in the IDL: {}", name(node), input.text);
        Ok(input.at)
    }

    /// Decodes an account, and compares it with what the interface decodes. Returns the account's name and the bytes that were read.
    ///
    /// # Errors
    /// Where the IDL and the interface read different values, or only one of them reads the account.
    pub fn check_account(&self, data: &[u8]) -> anyhow::Result<(&str, usize)> {
        let text = account_text(data).context("the interface does not read the account")?;
        let node = self.account(data).context("the IDL does not know the account")?;
        Ok((name(node), self.compare(node, data, &text)?))
    }

    fn arguments(&self, node: &Value, input: &mut Input) -> anyhow::Result<()> {
        let (tag, arguments) = items(&node["arguments"]).split_first().context("no tag")?;
        ensure!(input.take(1)? == [u8::try_from(number(&tag["defaultValue"]["number"]))?], "another tag");
        input.word();
        if arguments.is_empty() { Ok(()) } else { self.fields(arguments, input) }
    }

    fn fields(&self, fields: &[Value], input: &mut Input) -> anyhow::Result<()> {
        input.expect(" { ")?;
        for (index, field) in fields.iter().enumerate() {
            input.expect(if index == 0 { "" } else { ", " })?;
            input.expect(&snake(name(field)))?;
            input.expect(": ")?;
            self.read(&field["type"], input).with_context(|| name(field).to_owned())?;
        }
        input.expect(" }")
    }

    fn read(&self, node: &Value, input: &mut Input) -> anyhow::Result<()> {
        match kind(node) {
            "numberTypeNode" => {
                let value = input.number(node)?;
                input.expect(&value)
            }
            "booleanTypeNode" => {
                let value = input.take(1)?[0] == 1;
                input.expect(&value.to_string())
            }
            "publicKeyTypeNode" => {
                let address = Address::new_from_array(input.take(32)?.try_into()?);
                input.expect(&address.to_string())
            }
            "fixedSizeTypeNode" => {
                let bytes = input.take(number(&node["size"]))?;
                input.expect(&format!("{bytes:?}"))
            }
            "sizePrefixTypeNode" => {
                let length = u32::from_le_bytes(input.take(4)?.try_into()?);
                let text = str::from_utf8(input.take(length as usize)?)?;
                input.expect(&format!("{text:?}"))
            }
            "optionTypeNode" => match input.take(1)? {
                [0] => input.expect("None"),
                _ => {
                    input.expect("Some(")?;
                    self.read(&node["item"], input)?;
                    input.expect(")")
                }
            },
            "arrayTypeNode" => self.array(node, input),
            "preOffsetTypeNode" => {
                input.at = number(&node["offset"]);
                self.read(&node["type"], input)
            }
            "hiddenPrefixTypeNode" => {
                let prefix = node["prefix"][0]["value"]["data"].as_str().unwrap_or_default();
                ensure!(input.take(prefix.len())? == prefix.as_bytes(), "another prefix");
                self.read(&node["type"], input)
            }
            "structTypeNode" => {
                input.word();
                self.fields(items(&node["fields"]), input)
            }
            "enumTypeNode" => self.variant(node, input),
            "definedTypeLinkNode" => {
                let target = &self.node("definedTypes", name(node))?["type"];
                if matches!(kind(target), "structTypeNode" | "enumTypeNode") {
                    return self.read(target, input);
                }
                // Another type under a name of its own: `Name(value)`.
                input.word();
                input.expect("(")?;
                self.read(target, input)?;
                input.expect(")")
            }
            other => bail!("unknown node {other}"),
        }
    }

    fn array(&self, node: &Value, input: &mut Input) -> anyhow::Result<()> {
        let count = &node["count"];
        let count = match kind(count) {
            "fixedCountNode" => Some(number(&count["value"])),
            "prefixedCountNode" => Some(u32::from_le_bytes(input.take(4)?.try_into()?) as usize),
            _ => None,
        };
        input.expect("[")?;
        let mut read = 0;
        while count.map_or(input.at < input.bytes.len(), |count| read < count) {
            input.expect(if read == 0 { "" } else { ", " })?;
            self.read(&node["item"], input)?;
            read += 1;
        }
        input.expect("]")
    }

    /// A variant, or its number where the interface has one.
    fn variant(&self, node: &Value, input: &mut Input) -> anyhow::Result<()> {
        let index = input.take(1)?[0];
        if input.text.starts_with(|first: char| first.is_ascii_digit()) {
            ensure!(usize::from(index) < items(&node["variants"]).len(), "no variant {index}");
            return input.expect(&index.to_string());
        }
        let variant =
            items(&node["variants"]).get(usize::from(index)).with_context(|| format!("no variant {index}"))?;
        input.expect(&pascal(name(variant)))?;
        for item in items(&variant["tuple"]["items"]) {
            input.expect("(")?;
            self.read(item, input)?;
            input.expect(")")?;
        }
        Ok(())
    }

    /// Writes an instruction with random arguments. `random` yields numbers.
    ///
    /// # Errors
    /// For nodes that the codec does not know.
    pub fn random_instruction(&self, node: &Value, random: &mut impl FnMut() -> u64) -> anyhow::Result<Vec<u8>> {
        let (tag, arguments) = items(&node["arguments"]).split_first().context("no tag")?;
        let mut bytes = vec![u8::try_from(number(&tag["defaultValue"]["number"]))?];
        for argument in arguments {
            self.write(&argument["type"], random, &mut bytes)?;
        }
        Ok(bytes)
    }

    /// Writes a random value of an account or an event.
    ///
    /// # Errors
    /// For nodes that the codec does not know.
    pub fn random(&self, node: &Value, random: &mut impl FnMut() -> u64) -> anyhow::Result<Vec<u8>> {
        let mut bytes = vec![];
        self.write(&node["data"], random, &mut bytes)?;
        Ok(bytes)
    }

    fn write(&self, node: &Value, random: &mut impl FnMut() -> u64, bytes: &mut Vec<u8>) -> anyhow::Result<()> {
        let mut fill = |length: usize, bytes: &mut Vec<u8>| bytes.extend((0..length).map(|_| random() as u8));
        match kind(node) {
            "numberTypeNode" => fill(width(node)?, bytes),
            "booleanTypeNode" => bytes.push((random() % 2) as u8),
            "publicKeyTypeNode" => fill(32, bytes),
            "fixedSizeTypeNode" => fill(number(&node["size"]), bytes),
            "sizePrefixTypeNode" => {
                let text: String = (0..random() % 20).map(|_| char::from(b' ' + (random() % 90) as u8)).collect();
                bytes.extend(u32::try_from(text.len())?.to_le_bytes());
                bytes.extend(text.as_bytes());
            }
            "optionTypeNode" => {
                let is_some = random() % 2;
                bytes.push(is_some as u8);
                if is_some == 1 {
                    self.write(&node["item"], random, bytes)?;
                }
            }
            "arrayTypeNode" => {
                let count = &node["count"];
                let length =
                    if kind(count) == "fixedCountNode" { number(&count["value"]) as u64 } else { 1 + random() % 5 };
                if kind(count) == "prefixedCountNode" {
                    bytes.extend(u32::try_from(length)?.to_le_bytes());
                }
                for _ in 0..length {
                    self.write(&node["item"], random, bytes)?;
                }
            }
            "preOffsetTypeNode" => {
                bytes.resize(number(&node["offset"]), 0);
                self.write(&node["type"], random, bytes)?;
            }
            "hiddenPrefixTypeNode" => {
                bytes.extend(node["prefix"][0]["value"]["data"].as_str().unwrap_or_default().as_bytes());
                self.write(&node["type"], random, bytes)?;
            }
            "structTypeNode" => {
                for field in items(&node["fields"]) {
                    match field["defaultValue"]["number"].as_u64() {
                        Some(number) => bytes.push(u8::try_from(number)?),
                        None => self.write(&field["type"], random, bytes)?,
                    }
                }
            }
            "enumTypeNode" => {
                let variants = items(&node["variants"]);
                let index = random() as usize % variants.len();
                bytes.push(u8::try_from(index)?);
                for item in items(&variants[index]["tuple"]["items"]) {
                    self.write(item, random, bytes)?;
                }
            }
            "definedTypeLinkNode" => {
                self.write(&self.node("definedTypes", name(node))?["type"], random, bytes)?;
            }
            other => bail!("unknown node {other}"),
        }
        Ok(())
    }
}

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> anyhow::Result<&'a [u8]> {
        let bytes = self.bytes.get(self.at..self.at + length).context("too few bytes")?;
        self.at += length;
        Ok(bytes)
    }

    fn number(&mut self, node: &Value) -> anyhow::Result<String> {
        let width = width(node)?;
        let mut number = [0; 8];
        number[..width].copy_from_slice(self.take(width)?);
        let number = u64::from_le_bytes(number);
        let is_signed = node["format"].as_str().is_some_and(|format| format.starts_with('i'))
            // The interface has the lockup's time as the bits of a `u64`.
            && self.text.starts_with('-');
        Ok(if is_signed { (number as i64).to_string() } else { number.to_string() })
    }

    /// Removes `expected` from the front of the text.
    fn expect(&mut self, expected: &str) -> anyhow::Result<()> {
        self.text = self.text.strip_prefix(expected).with_context(|| format!("the IDL reads {expected:?}"))?;
        Ok(())
    }

    /// Takes a name off the text.
    fn word(&mut self) {
        self.text = self.text.trim_start_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
    }
}

/// The debug output of an account, as the interface decodes it, with the fields in the IDL's order; `None` for other accounts.
pub fn account_text(data: &[u8]) -> Option<String> {
    // Without the name and the closing brace of the struct itself.
    let fields = |text: String| Some(text.split_once(" { ")?.1.strip_suffix(" }")?.to_owned());
    if let Ok(ticket) = ExitTicket::decode(data) {
        return Some(format!("{ticket:?}"));
    }
    if let Ok((header, records)) = split_validator_list(data) {
        let (kind, max) = (header.account_type, header.max_validators);
        return Some(format!(
            "ValidatorList {{ account_type: {kind}, max_validators: {max:?}, validators: {records:?} }}"
        ));
    }
    let pool = StakePool::decode_initialized(data).ok()?;
    let (head, terms) = (format!("{:?}", pool.head), format!("{:?}", pool.terms));
    let (head, terms) = (fields(head)?, fields(terms)?);
    let extension =
        PoolExtension::find(data).map_or_else(String::new, |extension| format!(", extension: {extension:?}"));
    Some(format!("StakePool {{ {head}, {terms}{extension} }}"))
}

fn width(node: &Value) -> anyhow::Result<usize> {
    let format = node["format"].as_str().unwrap_or_default();
    let bits: usize = format.get(1..).unwrap_or_default().parse()?;
    Ok(bits / 8)
}

pub(crate) fn kind(node: &Value) -> &str {
    node["kind"].as_str().unwrap_or_default()
}

pub(crate) fn name(node: &Value) -> &str {
    node["name"].as_str().unwrap_or_default()
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or_default()
}

/// The items of a list; none where the node leaves an empty list out.
pub(crate) fn items(node: &Value) -> &[Value] {
    node.as_array().map_or(&[], Vec::as_slice)
}

/// A name in camel case as one of a type.
pub(crate) fn pascal(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A name in camel case as one of a field.
pub(crate) fn snake(name: &str) -> String {
    name.chars().fold(String::new(), |mut snake, letter| {
        if letter.is_uppercase() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        snake
    })
}
