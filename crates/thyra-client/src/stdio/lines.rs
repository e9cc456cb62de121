//! Lines of bounded length.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// What comes next of a stream of lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, without its end.
    Whole(Vec<u8>),
    /// The begin of a line that is longer than the limit. Its rest was read and dropped.
    Cut(Vec<u8>),
}

/// The next line, of at most `limit` bytes; `None` at the end of the stream. A last line without an
/// end counts.
pub(super) async fn next_line(
    stream: &mut (impl AsyncBufRead + Unpin),
    limit: usize,
) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut is_cut = false;
    let mut is_any = false;
    loop {
        let chunk = stream.fill_buf().await?;
        if chunk.is_empty() {
            return Ok(is_any.then(|| finished(line, is_cut)));
        }
        is_any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
        let fits = part
            .get(..part.len().min(limit - line.len()))
            .unwrap_or_default();
        is_cut |= fits.len() < part.len();
        line.extend_from_slice(fits);
        let read = part.len() + usize::from(end.is_some());
        stream.consume(read);
        if end.is_some() {
            return Ok(Some(finished(line, is_cut)));
        }
    }
}

fn finished(mut line: Vec<u8>, is_cut: bool) -> Line {
    if is_cut {
        return Line::Cut(line);
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Line::Whole(line)
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    #[tokio::test]
    async fn lines_end_where_they_end_and_are_cut_where_they_are_too_long() {
        let text = b"one\r\n\n12345\n123456789\nlast";
        for capacity in [1, 3, 100] {
            let mut stream = BufReader::with_capacity(capacity, &text[..]);
            let mut lines = Vec::new();
            while let Some(line) = next_line(&mut stream, 5).await.unwrap() {
                lines.push(line);
            }
            let whole = |text: &str| Line::Whole(text.into());
            assert_eq!(
                lines,
                [
                    whole("one"),
                    whole(""),
                    whole("12345"),
                    Line::Cut("12345".into()),
                    whole("last")
                ]
            );
        }
    }
}
