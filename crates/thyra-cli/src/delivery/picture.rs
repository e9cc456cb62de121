//! Pictures on terminals that can show them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::content::Media;

/// The largest picture that is shown, in bytes.
const MOST: usize = 8 * 1024 * 1024;

/// The most Base64 that one escape sequence of the kitty protocol carries, in bytes.
const CHUNK: usize = 4096;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// How a terminal takes pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Graphics {
    /// <https://iterm2.com/documentation-images.html>
    Iterm,
    /// <https://sw.kovidgoyal.net/kitty/graphics-protocol/>
    Kitty,
}

impl Graphics {
    /// What the terminal says about itself in the environment. Within `tmux` and `screen` it is
    /// another terminal than it seems.
    pub(super) fn of(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let is = |name: &str, values: &[&str]| {
            variable(name).is_some_and(|value| values.contains(&value.as_str()))
        };
        if variable("TMUX").is_some() || variable("STY").is_some() {
            return None;
        }
        if variable("KITTY_WINDOW_ID").is_some()
            || is("TERM", &["xterm-kitty", "xterm-ghostty"])
            || is("TERM_PROGRAM", &["ghostty"])
        {
            return Some(Self::Kitty);
        }
        is("TERM_PROGRAM", &["iTerm.app", "WezTerm"]).then_some(Self::Iterm)
    }

    /// What to print so that the terminal shows the picture. `None` when it cannot.
    pub(super) fn draw(self, media: &Media) -> Option<String> {
        let is_picture = media.what == "picture" && media.bytes.len() <= MOST;
        if !is_picture {
            return None;
        }
        // Written anew, so that nothing of the server's is within the escape sequence.
        let base64 = STANDARD.encode(&media.bytes);
        match self {
            Self::Iterm => Some(format!(
                "\u{1b}]1337;File=inline=1;size={}:{base64}\u{7}\n",
                media.bytes.len()
            )),
            Self::Kitty => media.bytes.starts_with(PNG).then(|| kitty(&base64)),
        }
    }
}

fn kitty(base64: &str) -> String {
    let mut sequence = String::with_capacity(base64.len() * 2);
    let mut rest = base64;
    let mut control = "a=T,f=100,q=2,";
    loop {
        let (chunk, more) = rest.split_at(rest.len().min(CHUNK));
        let has_more = u8::from(!more.is_empty());
        // A text takes whatever is written to it.
        let _ = write!(sequence, "\u{1b}_G{control}m={has_more};{chunk}\u{1b}\\");
        if more.is_empty() {
            sequence.push('\n');
            return sequence;
        }
        (control, rest) = ("", more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Option<Graphics> {
        Graphics::of(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_terminal_says_whether_it_shows_pictures() {
        assert_eq!(of(&[("TERM", "xterm-kitty")]), Some(Graphics::Kitty));
        assert_eq!(of(&[("KITTY_WINDOW_ID", "1")]), Some(Graphics::Kitty));
        assert_eq!(of(&[("TERM_PROGRAM", "WezTerm")]), Some(Graphics::Iterm));
        assert_eq!(of(&[("TERM", "xterm-kitty"), ("TMUX", "/tmp/x")]), None);
        assert_eq!(of(&[("TERM", "xterm-256color")]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_picture_is_sent_whole_and_nothing_else_is() {
        let picture = |bytes: Vec<u8>| Media {
            what: "picture",
            mime_type: Some("image/png\u{7}".to_owned()),
            bytes,
        };
        let large = picture([PNG, &[7; 5000]].concat());
        let drawn = Graphics::Kitty.draw(&large).unwrap();
        let parts: Vec<&str> = drawn.trim_end().split_terminator("\u{1b}\\").collect();
        let [first, last] = parts[..] else {
            panic!("two chunks: {drawn:?}");
        };
        let first = first.strip_prefix("\u{1b}_Ga=T,f=100,q=2,m=1;").unwrap();
        let last = last.strip_prefix("\u{1b}_Gm=0;").unwrap();
        let sent = STANDARD.decode(format!("{first}{last}")).unwrap();
        assert_eq!(sent, large.bytes);

        let drawn = Graphics::Iterm.draw(&picture(vec![1, 2])).unwrap();
        assert_eq!(drawn, "\u{1b}]1337;File=inline=1;size=2:AQI=\u{7}\n");

        assert_eq!(Graphics::Kitty.draw(&picture(vec![1, 2])), None);
        let sound = Media {
            what: "sound",
            ..picture(vec![1])
        };
        assert_eq!(Graphics::Iterm.draw(&sound), None);
        assert_eq!(Graphics::Iterm.draw(&picture(vec![0; MOST + 1])), None);
    }
}
