//! The words of a file that people read: all of Markdown, and the comments and string literals of sources.

/// A word in lower case, and its line, from 1.
pub type Word = (String, usize);

/// The words of a file, in runs: a phrase is within one. Files of other kinds have none.
pub fn runs(name: &str, text: &str) -> Vec<Vec<Word>> {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("md") => vec![words(text, 1)],
        Some("json") => text.lines().zip(1..).map(|(line, number)| words(line, number)).collect(),
        Some("toml" | "yml") => comments(text),
        Some("rs") => rust(text),
        _ => vec![],
    }
}

/// The words of a text that begins in `line`, but for code spans.
fn words(text: &str, line: usize) -> Vec<Word> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let text = without_code(text);
    let lines = text.split('\n').zip(line..);
    let words = lines.flat_map(|(text, line)| text.split(|letter| !is_part(letter)).map(move |word| (word, line)));
    words.filter(|(word, _)| !word.is_empty()).map(|(word, line)| (word.to_lowercase(), line)).collect()
}

/// A text with a space in place of each code span, and the same lines. A span ends within its paragraph.
fn without_code(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let (before, span) = rest.split_at(start);
        kept.push_str(before);
        let ticks = span.len() - span.trim_start_matches('`').len();
        let inside = &span[ticks..];
        let end = inside.find('`').filter(|end| ticks == 1 && !inside[..*end].contains("\n\n"));
        let code = end.map_or("", |end| &inside[..end]);
        kept.push(' ');
        kept.extend(code.chars().filter(|letter| *letter == '\n'));
        rest = &inside[end.map_or(0, |end| end + 1)..];
    }
    kept + rest
}

/// Comments that begin with `#`.
fn comments(text: &str) -> Vec<Vec<Word>> {
    let lines = text.lines().zip(1..);
    let comments =
        lines.filter_map(|(line, number)| line.trim_start().strip_prefix('#').map(|text| words(text, number)));
    vec![comments.flatten().collect()]
}

/// Comments and string literals.
fn rust(text: &str) -> Vec<Vec<Word>> {
    let mut runs: Vec<Vec<Word>> = vec![];
    // The line after the last comment, which goes on there.
    let mut goes_on = 0;
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let (length, run) = if rest.starts_with("//") {
            let length = rest.find('\n').unwrap_or(rest.len());
            (length, Some(rest[..length].trim_start_matches(['/', '!'])))
        } else if rest.starts_with("/*") {
            let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
            (length, Some(&rest[..length]))
        } else if let Some((start, end, length)) = string(rest) {
            (length, Some(&rest[start..end]))
        } else if let Some(length) = name(rest).or_else(|| character(rest)) {
            (length, None)
        } else {
            (first.len_utf8(), None)
        };
        if let Some(run) = run {
            let is_comment = rest.starts_with('/');
            let found = if is_comment { words(run, line) } else { words(&plain(run), line) };
            match runs.last_mut().filter(|_| is_comment && goes_on == line) {
                Some(before) => before.extend(found),
                None => runs.push(found),
            }
            goes_on = if is_comment { line + 1 } else { 0 };
        }
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    runs
}

/// Where the text of a string literal begins and ends, and where the literal ends.
fn string(rest: &str) -> Option<(usize, usize, usize)> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix);
        after.is_some_and(|after| {
            after.trim_start_matches('#').starts_with('"') && (prefix.ends_with('r') || after.starts_with('"'))
        })
    })?;
    let hashes = rest[prefix.len()..].chars().take_while(|letter| *letter == '#').count();
    let start = prefix.len() + hashes + 1;
    if prefix.ends_with('r') {
        let close = format!("\"{}", "#".repeat(hashes));
        let end = rest[start..].find(&close).map_or(rest.len(), |end| start + end);
        return Some((start, end, (end + close.len()).min(rest.len())));
    }
    let mut is_escaped = false;
    for (index, letter) in rest[start..].char_indices() {
        match letter {
            '"' if !is_escaped => return Some((start, start + index, start + index + 1)),
            '\\' if !is_escaped => is_escaped = true,
            _ => is_escaped = false,
        }
    }
    Some((start, rest.len(), rest.len()))
}

/// The length of a name, keyword or number, so that its end is not taken for the prefix of a string.
fn name(rest: &str) -> Option<usize> {
    let length = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
    (length > 0).then_some(length)
}

/// The length of a character literal, and not of a lifetime.
fn character(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('\'')?;
    if after.starts_with('\\') {
        return after.get(2..)?.find('\'').map(|end| end + 4);
    }
    let letter = after.chars().next()?;
    after[letter.len_utf8()..].starts_with('\'').then_some(letter.len_utf8() + 2)
}

/// A string literal with spaces in place of escapes and placeholders, and the same lines.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.push(letters.next().filter(|next| *next == '\n').unwrap_or(' ')),
            '{' => {
                while letters.next_if(|next| next.is_alphanumeric() || *next == '_').is_some() {}
                plain.push(' ');
            }
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Vec<String> {
        let joined = |run: Vec<Word>| run.into_iter().map(|(word, _)| word).collect::<Vec<_>>().join(" ");
        runs(name, text).into_iter().map(joined).filter(|run| !run.is_empty()).collect()
    }

    #[test]
    fn markdown_is_text_but_for_code() {
        assert_eq!(read("a.md", "# One `two` x_y\n    three # four\n"), ["one x_y three four"]);
        assert_eq!(read("a.md", "a `b\n\nc` d"), ["a b c d"]);
        assert_eq!(read("a.md", "```\na\n```\nb"), ["a b"]);
        assert_eq!(runs("a.md", "a\nb\n\nc")[0].iter().map(|(_, line)| *line).collect::<Vec<_>>(), [1, 2, 4]);
    }

    #[test]
    fn sources_have_comments_and_strings() {
        let text = "//! One\n//! two `three`\nfn four(a: &'a str) { let b = '\"'; five(\"six {seven} \\n\\\n eight\"); }\n/* nine */ // ten";
        assert_eq!(read("a.rs", text), ["one two", "six eight", "nine", "ten"]);
        assert_eq!(
            read("a.rs", r##"let a = r#"one "two""#; let b = b"three"; '\''; "four\"five""##),
            ["one two", "three", "four five"]
        );
        assert_eq!(read("a.toml", "# One\nname = \"two\"\n# three"), ["one three"]);
    }

    #[test]
    fn strings_keep_their_lines() {
        let text = "\n\"a \\\n b\"; // c";
        let lines: Vec<_> = runs("a.rs", text).into_iter().flatten().collect();
        assert_eq!(lines, [("a".into(), 2), ("b".into(), 3), ("c".into(), 3)]);
    }
}
