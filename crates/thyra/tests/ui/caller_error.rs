use thyra::prelude::*;

#[derive(Debug, thiserror::Error, CallerError)]
enum Unknown {
    #[error("one")]
    #[caller(show)]
    One,
}

#[derive(Debug, thiserror::Error, CallerError)]
enum Both {
    #[error("one")]
    #[caller(shown, not_found)]
    One,
}

#[derive(Debug, thiserror::Error, CallerError)]
enum Twice {
    #[error("one")]
    #[caller(shown)]
    #[caller(shown)]
    One,
}

#[derive(Debug, thiserror::Error, CallerError)]
enum Nothing {
    #[error("one")]
    #[caller()]
    One,
}

#[derive(Debug, thiserror::Error, CallerError)]
enum Transparent {
    #[error("one")]
    #[caller(transparent)]
    One,
}

#[derive(Debug, thiserror::Error, CallerError)]
#[error("one")]
#[caller(with)]
struct With;

#[derive(Debug, thiserror::Error, CallerError)]
#[caller(with = decide)]
enum WithAndWithout {
    #[error("one")]
    #[caller(shown)]
    One,
}

#[derive(Debug, CallerError)]
struct Borrows<'a>(&'a str);

#[derive(CallerError)]
union Union {
    one: u8,
}

fn main() {}
