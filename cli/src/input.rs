//! Files and standard input as they are read everywhere: without a byte order mark, which editors on Windows put first.

use std::{
    fs::File,
    io::{self, Cursor, Read},
    path::Path,
};

/// The mark in UTF-8.
const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

pub fn open(path: impl AsRef<Path>) -> io::Result<impl Read> {
    without_mark(File::open(path)?)
}

pub fn stdin() -> io::Result<impl Read> {
    without_mark(io::stdin().lock())
}

fn without_mark<R: Read>(mut from: R) -> io::Result<impl Read> {
    let mut start = vec![];
    from.by_ref().take(MARK.len() as u64).read_to_end(&mut start)?;
    if start == MARK {
        start.clear();
    }
    Ok(Cursor::new(start).chain(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_one_mark_at_the_beginning() {
        for (bytes, read) in [
            (&b"\xef\xbb\xbf[1]"[..], &b"[1]"[..]),
            (b"\xef\xbb\xbf", b""),
            (b"\xef\xbb\xbf\xef\xbb\xbf", b"\xef\xbb\xbf"),
            (b"[1]\xef\xbb\xbf", b"[1]\xef\xbb\xbf"),
            (b"\xef\xbb", b"\xef\xbb"),
            (b"", b""),
        ] {
            let mut found = vec![];
            without_mark(bytes).unwrap().read_to_end(&mut found).unwrap();
            assert_eq!(found, read, "{bytes:?}");
        }
    }
}
