//! The attacks: who does what how often, and what the second caller wants meanwhile.

mod flood;
mod hold;
mod tally;

use std::error::Error;

pub(crate) use self::tally::Tally;
use crate::caller::Errand;
use crate::rig::{Rig, Server};

/// What strangers and greedy callers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attack {
    Tasks,
    TenClients,
    Capabilities,
    HalfBodies,
    UnreadReplies,
    BodiesWithoutToken,
    RefusedTokens,
    BlockingCalls,
    IdleSockets,
    SlowHeads,
}

/// What is to know of an attack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Its name for `--only`.
    pub(crate) name: &'static str,
    /// What happens `count` times.
    pub(crate) what: &'static str,
    pub(crate) count: usize,
    pub(crate) server: Server,
    /// What the second caller does: what the attack uses up.
    pub(crate) errand: Errand,
    /// Whether each piece holds a socket until the end.
    pub(crate) holds_sockets: bool,
}

impl Attack {
    pub(crate) const ALL: [Self; 10] = [
        Self::Tasks,
        Self::TenClients,
        Self::Capabilities,
        Self::HalfBodies,
        Self::UnreadReplies,
        Self::BodiesWithoutToken,
        Self::RefusedTokens,
        Self::BlockingCalls,
        Self::IdleSockets,
        Self::SlowHeads,
    ];

    pub(crate) fn facts(self) -> Facts {
        let facts = |name, what, count, server, errand| Facts {
            name,
            what,
            count,
            server,
            errand,
            holds_sockets: false,
        };
        let holding = |name, what, count, server| Facts {
            holds_sockets: true,
            ..facts(name, what, count, server, Errand::Call)
        };
        match self {
            Self::Tasks => facts(
                "tasks",
                "tasks of one caller",
                1_000,
                Server::Protected,
                Errand::Task,
            ),
            Self::TenClients => facts(
                "ten-clients",
                "sessions of one person's ten clients",
                10_000,
                Server::Protected,
                Errand::Session,
            ),
            Self::Capabilities => facts(
                "capabilities",
                "sessions with 10 KB of capabilities",
                10_000,
                Server::Open,
                Errand::Session,
            ),
            Self::HalfBodies => holding(
                "half-bodies",
                "bodies of 4 MiB without the last byte",
                300,
                Server::Open,
            ),
            Self::UnreadReplies => holding(
                "unread-replies",
                "replies of 8 MB that nobody reads",
                50,
                Server::Protected,
            ),
            Self::BodiesWithoutToken => facts(
                "bodies-without-token",
                "bodies of 2 MB without a token",
                500,
                Server::Protected,
                Errand::Call,
            ),
            Self::RefusedTokens => facts(
                "refused-tokens",
                "tokens with a wrong signature",
                53_000,
                Server::Protected,
                Errand::Call,
            ),
            Self::BlockingCalls => Facts {
                holds_sockets: true,
                ..facts(
                    "blocking-calls",
                    "calls of one caller that block for 2 s",
                    700,
                    Server::Protected,
                    Errand::Block,
                )
            },
            Self::IdleSockets => holding(
                "idle-sockets",
                "sockets without a byte",
                10_400,
                Server::Protected,
            ),
            Self::SlowHeads => holding(
                "slow-heads",
                "heads of a byte a second",
                2_000,
                Server::Protected,
            ),
        }
    }

    /// Attacks with `count` pieces, and says what became of them.
    pub(crate) async fn run(self, rig: &Rig, count: usize) -> Result<Tally, Box<dyn Error>> {
        let address = rig.site(self.facts().server).address();
        let greedy = || rig.token("greedy", "1");
        Ok(match self {
            Self::Tasks => flood::tasks(address, &greedy()?, count).await,
            Self::TenClients => {
                let tokens: Result<Vec<_>, _> = (0..10)
                    .map(|client| rig.token("greedy", &client.to_string()))
                    .collect();
                flood::sessions(address, &tokens?, count).await
            }
            Self::Capabilities => flood::capabilities(address, count).await,
            Self::HalfBodies => hold::half_bodies(address, count).await,
            Self::UnreadReplies => hold::unread_replies(address, &greedy()?, count).await,
            Self::BodiesWithoutToken => flood::bodies_without_token(address, count).await,
            Self::RefusedTokens => flood::refused_tokens(address, &greedy()?, count).await,
            Self::BlockingCalls => flood::blocking_calls(address, &greedy()?, count).await,
            Self::IdleSockets => hold::idle_sockets(address, count).await,
            Self::SlowHeads => hold::slow_heads(address, count).await,
        })
    }

    /// What is wrong with how the server answered, if anything is.
    pub(crate) fn problem(self, tally: &Tally) -> Option<String> {
        match self {
            // A client that does not see the refusal never logs in again.
            Self::BodiesWithoutToken | Self::RefusedTokens => tally.all_are("401"),
            _ => None,
        }
    }
}
