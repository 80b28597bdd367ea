//! Names and documentation as text.

use {codama_nodes::Docs, tidepool_interface::schema::words};

/// The words of a name, as the start of a sentence: `Deposit SOL` for `DepositSol`.
pub fn title(name: &str) -> String {
    let words = words(name);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Documentation as plain text, a line for each paragraph.
pub fn paragraphs(docs: &[&str]) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    for line in docs.iter().map(|line| line.trim()) {
        let Some(last) = paragraphs.last_mut() else { continue };
        if line.is_empty() {
            paragraphs.push(String::new());
        } else {
            last.push_str(if last.is_empty() { "" } else { " " });
            last.push_str(line);
        }
    }
    paragraphs.iter().map(|paragraph| without_links(paragraph)).filter(|paragraph| !paragraph.is_empty()).collect()
}

/// As [`paragraphs`], for a node.
pub fn docs(docs: &[&str]) -> Docs {
    paragraphs(docs).into()
}

/// Text without rustdoc's links: `` [`X`](path) `` becomes `` `X` ``.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once("[`") {
        plain.push_str(before);
        let (name, after) = link.split_once("`]").unwrap_or((link, ""));
        plain.push('`');
        plain.push_str(name);
        plain.push('`');
        rest = match after.strip_prefix('(') {
            Some(target) => target.split_once(')').map_or("", |(_, after)| after),
            None => after,
        };
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words() {
        assert_eq!(title("DepositSolWithSlippage"), "Deposit SOL with slippage");
        assert_eq!(title("minimum_pool_tokens_out"), "Minimum pool tokens out");
    }

    #[test]
    fn documentation_becomes_plain_text() {
        let lines = [" First [`X::y`](crate::X).", " Second [`Z`];", "", " third."];
        assert_eq!(paragraphs(&lines), ["First `X::y`. Second `Z`;", "third."]);
    }
}
