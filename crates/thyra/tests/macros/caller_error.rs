//! What `#[derive(CallerError)]` writes: errors that say what callers read.

use std::fmt;
use std::io;

use thyra::{AskError, CallerError, ToolError};

const MASKED: &str = "The tool failed. The reason is in the server's log.";

/// Everything that a variant can say, in every form that a variant can have.
#[derive(Debug, thiserror::Error, CallerError)]
pub enum NoteError {
    /// No such note.
    #[error("there is no note {0}")]
    #[caller(not_found)]
    Missing(u64),
    /// A note beyond the bound.
    #[error("a note has at most 1000 characters")]
    #[caller(shown)]
    TooLong,
    /// A refusal with its reason.
    #[error("{who} may not write here")]
    #[caller(shown)]
    Refused {
        /// Who was refused.
        who: String,
        /// Why.
        #[source]
        why: io::Error,
    },
    /// A fault that is nobody's business.
    #[error("the disk at /srv failed")]
    Disk(#[from] io::Error),
    /// The same, said aloud.
    #[error("the host db.internal is down")]
    #[caller(masked)]
    Host,
    /// A question without an answer.
    #[error(transparent)]
    #[caller(transparent)]
    Unanswered(#[from] AskError),
    /// What a helper says.
    #[error("{told}")]
    #[caller(transparent)]
    Helper {
        /// What it says.
        told: ToolError,
    },
}

/// An error of one kind.
#[derive(Debug, thiserror::Error, CallerError)]
#[error("try again on Monday")]
#[caller(shown)]
pub struct Closed;

/// An error around another.
#[derive(Debug, thiserror::Error, CallerError)]
#[error(transparent)]
#[caller(transparent)]
pub struct Outer(#[from] NoteError);

/// Most of it is for callers.
#[derive(Debug, thiserror::Error, CallerError)]
#[caller(shown)]
pub enum Mostly {
    /// For callers.
    #[error("a title is missing")]
    Untitled,
    /// Not for callers.
    #[error("the index at /srv/index is broken")]
    #[caller(masked)]
    Broken,
}

/// The value decides.
#[derive(Debug, thiserror::Error, CallerError)]
#[error("status {0}")]
#[caller(with = by_status)]
pub struct Upstream(u16);

fn by_status(error: Upstream) -> ToolError {
    match error.0 {
        404 => ToolError::not_found().with_message("upstream has no such note"),
        400..500 => ToolError::new(error.to_string()),
        _ => ToolError::internal(error),
    }
}

/// An error of a generic store, by hand.
#[derive(Debug, CallerError)]
pub enum StoreError<K: fmt::Debug> {
    /// No such key.
    #[caller(not_found)]
    Missing(K),
}

impl<K: fmt::Debug> fmt::Display for StoreError<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Missing(key) = self;
        write!(f, "there is no {key:?}")
    }
}

impl<K: fmt::Debug> std::error::Error for StoreError<K> {}

/// Cannot happen.
#[derive(Debug, thiserror::Error, CallerError)]
pub enum Impossible {}

/// It compiles, and that is all there is to it.
#[must_use]
pub fn never(error: Impossible) -> ToolError {
    error.into()
}

/// What a tool's caller reads, and whether the log has something to say.
fn told(error: impl CallerError) -> (String, bool) {
    let error = error.into_tool_error();
    (error.message().to_owned(), error.source().is_some())
}

fn quiet(text: &str) -> (String, bool) {
    (text.to_owned(), false)
}

fn logged(text: &str) -> (String, bool) {
    (text.to_owned(), true)
}

#[test]
fn each_variant_tells_what_it_says() {
    let disk = || io::Error::other("sector 7");
    let refused = NoteError::Refused {
        who: "Ada".to_owned(),
        why: disk(),
    };
    let helper = NoteError::Helper {
        told: ToolError::new("Name a page."),
    };
    assert_eq!(told(NoteError::Missing(7)), quiet("there is no note 7"));
    assert_eq!(
        told(NoteError::TooLong),
        quiet("a note has at most 1000 characters")
    );
    assert_eq!(told(refused), logged("Ada may not write here"));
    assert_eq!(told(NoteError::Disk(disk())), logged(MASKED));
    assert_eq!(told(NoteError::Host), logged(MASKED));
    assert_eq!(
        told(NoteError::from(AskError::Declined)),
        quiet("The user declined to answer.")
    );
    assert_eq!(told(helper), quiet("Name a page."));
}

#[test]
fn a_type_says_it_for_all_its_variants() {
    assert_eq!(told(Closed), quiet("try again on Monday"));
    assert_eq!(
        told(Outer(NoteError::Missing(7))),
        quiet("there is no note 7")
    );
    assert_eq!(told(Mostly::Untitled), quiet("a title is missing"));
    assert_eq!(told(Mostly::Broken), logged(MASKED));
    assert_eq!(told(StoreError::Missing(7)), quiet("there is no 7"));
}

#[test]
fn a_function_may_decide_by_the_value() {
    assert_eq!(told(Upstream(404)), quiet("upstream has no such note"));
    assert_eq!(told(Upstream(429)), quiet("status 429"));
    assert_eq!(told(Upstream(500)), logged(MASKED));
}

/// Own and foreign errors, and text, in one function.
fn question_marks(step: u8) -> Result<(), ToolError> {
    match step {
        0 => Err(NoteError::Missing(7))?,
        1 => Err(io::Error::other("sector 7"))?,
        2 => Err("notes are numbered from 1")?,
        3 => Err(format!("there is no step {step}"))?,
        _ => Err(ToolError::new("as it is"))?,
    }
    Ok(())
}

#[test]
fn question_marks_take_every_error() {
    let texts = [
        quiet("there is no note 7"),
        logged(MASKED),
        quiet("notes are numbered from 1"),
        quiet("there is no step 3"),
        quiet("as it is"),
    ];
    for (step, text) in (0..).zip(texts) {
        let error = question_marks(step).expect_err("each step fails");
        assert_eq!(told(error), text);
    }
}

#[test]
fn an_own_error_is_still_an_error_like_any_other() {
    let boxed: Box<dyn std::error::Error + Send + Sync> = NoteError::Missing(7).into();
    assert!(boxed.is::<NoteError>());
    // The box hides what the variant says.
    assert_eq!(told(boxed), logged(MASKED));
}
