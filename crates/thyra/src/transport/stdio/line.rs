//! The lines of the input, each of bounded length.

use std::io;

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// What a client sent.
pub(super) enum Line {
    /// Nothing more: the input is over.
    End,
    /// A line over the limit. It is gone.
    TooLong,
    Whole(Bytes),
}

/// The next line without its line break, at most `limit` bytes. A longer line is read to its end
/// and discarded.
pub(super) async fn next_line<R>(input: &mut BufReader<R>, limit: usize) -> io::Result<Line>
where
    R: AsyncRead + Unpin,
{
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let available = input.fill_buf().await?;
        if available.is_empty() {
            return Ok(match (too_long, line.is_empty()) {
                (true, _) => Line::TooLong,
                (false, true) => Line::End,
                (false, false) => Line::Whole(whole(line)),
            });
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let piece = end.map_or(available, |end| available.get(..end).unwrap_or(available));
        if too_long || line.len() + piece.len() > limit {
            too_long = true;
            line = Vec::new();
        } else {
            line.extend_from_slice(piece);
        }
        let used = end.map_or(available.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(if too_long {
                Line::TooLong
            } else {
                Line::Whole(whole(line))
            });
        }
    }
}

/// The line in as many bytes as it has, since it may be kept for long.
fn whole(line: Vec<u8>) -> Bytes {
    line.into_boxed_slice().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_bounded_and_the_rest_of_a_long_one_is_thrown_away() {
        let mut input =
            BufReader::with_capacity(3, b"12345\n123456\n\n123456789\n1\r\n12".as_slice());
        let mut seen = Vec::new();
        loop {
            seen.push(match next_line(&mut input, 5).await.unwrap() {
                Line::End => break,
                Line::TooLong => "too long".to_owned(),
                Line::Whole(line) => String::from_utf8(line.to_vec()).unwrap(),
            });
        }
        assert_eq!(seen, ["12345", "too long", "", "too long", "1\r", "12"]);
    }
}
