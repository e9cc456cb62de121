//! The sessions by their ids, and which of them makes room for another when all places are taken.
//!
//! There are so many places, and so many bytes for what clients say about themselves. Room is made
//! by the sessions of whoever holds the largest part of either, and among equals by the longest
//! idle. A session with a call or a reader is spared. One with a subscription goes after those
//! without.
//!
//! Sessions say nothing to the table when they are used. What the table knows of one is checked
//! when its turn comes, and corrected then. So each use costs the table at most one such look.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use thyra_auth::SubjectId;

use super::NoSession;
use super::http_session::{HttpSession, Idleness, Standing};
use crate::shares::{Full, Places, Shares};

/// While more than this part of a holder's idle sessions were never used, these go first. A flood
/// of `initialize` drives out itself, and a new client has a moment for its second request.
const UNUSED_PART: usize = 10;

/// All sessions of a server.
#[derive(Debug)]
pub(super) struct Table {
    by_id: HashMap<Box<str>, Entry>,
    shares: Shares,
    most: usize,
    /// The bytes that sessions keep.
    memory: Places,
    most_bytes: usize,
    idle: HashMap<Option<SubjectId>, Idle>,
    /// Whose turn is next. Only who has a session in `idle` is here.
    turns: BTreeSet<Turn>,
    next: u64,
}

#[derive(Debug)]
struct Entry {
    session: Arc<HttpSession>,
    /// Where it waits in `idle`; `None` while it is spared.
    rank: Option<Rank>,
}

/// The idle sessions of one holder, by age.
#[derive(Debug, Default)]
struct Idle {
    unused: BTreeMap<Age, Arc<HttpSession>>,
    used: BTreeMap<Age, Arc<HttpSession>>,
    subscribed: BTreeMap<Age, Arc<HttpSession>>,
    turn: Option<Turn>,
}

/// When a session was last heard of, in milliseconds, and a number that makes it unique.
type Age = (u64, u64);

/// Where a session waits.
type Rank = (Idleness, Age);

/// Who makes room: how large a part of the table they hold, and the age of the one that goes.
type Turn = (Reverse<usize>, Age, Option<SubjectId>);

/// What parts of the table are measured in.
const WHOLE: usize = 1 << 20;

impl Table {
    /// A table of `most` sessions, which keep at most `most_bytes`, counted in `memory`.
    pub(super) fn new(most: usize, memory: Places, most_bytes: usize) -> Self {
        Self {
            by_id: HashMap::new(),
            shares: Shares::new(most),
            most,
            memory,
            most_bytes,
            idle: HashMap::new(),
            turns: BTreeSet::new(),
            next: 0,
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Arc<HttpSession>> {
        self.by_id.get(id).map(|entry| &entry.session)
    }

    pub(super) fn sessions(&self) -> impl Iterator<Item = &Arc<HttpSession>> {
        self.by_id.values().map(|entry| &entry.session)
    }

    /// Keeps a new session. Those that made room for it come into `gone`, for the caller to close.
    ///
    /// # Errors
    ///
    /// [`Full`] when nobody's session can make room.
    pub(super) fn insert(
        &mut self,
        session: &Arc<HttpSession>,
        gone: &mut Vec<Arc<HttpSession>>,
    ) -> Result<(), NoSession> {
        let subject = session.subject();
        if let Err(full) = self.shares.check(subject, 1) {
            gone.push(self.make_room(subject, full).ok_or(full)?);
        }
        while let Err(full) = session.session().charge() {
            let Some(one) = self.make_room(subject, full) else {
                return Err(NoSession::of_memory(full));
            };
            one.session().discharge();
            gone.push(one);
        }
        self.shares.take(subject, 1)?;
        let entry = Entry {
            session: Arc::clone(session),
            rank: None,
        };
        self.by_id.insert(session.id().into(), entry);
        self.wait(session);
        Ok(())
    }

    /// Forgets a session. Does nothing if it is forgotten already.
    pub(super) fn remove(&mut self, session: &HttpSession) {
        self.spare(session);
        if self.by_id.remove(session.id()).is_some() {
            self.shares.give_back(session.subject(), 1);
            self.set_turn(session.subject());
        }
    }

    /// Forgets the sessions that are over, and returns them for the caller to close. Spared ones
    /// that have become idle can make room again.
    pub(super) fn sweep(&mut self) -> Vec<Arc<HttpSession>> {
        let over: Vec<_> = self
            .sessions()
            .filter(|one| one.is_over())
            .cloned()
            .collect();
        for session in &over {
            self.remove(session);
        }
        let spared = self.by_id.values().filter(|entry| entry.rank.is_none());
        let spared: Vec<_> = spared.map(|entry| Arc::clone(&entry.session)).collect();
        for session in &spared {
            self.wait(session);
        }
        over
    }

    /// Takes out the session that goes first: of `subject`, if only its share is full.
    fn make_room(&mut self, subject: Option<SubjectId>, full: Full) -> Option<Arc<HttpSession>> {
        loop {
            let holder = match full {
                Full::Share { .. } => subject,
                Full::Table => self.turns.first()?.2,
            };
            let ((idleness, (since, _)), session) = self.idle.get(&holder)?.first()?;
            let session = Arc::clone(session);
            let known = Standing::Idle(idleness, since);
            if session.standing() == known {
                self.remove(&session);
                return Some(session);
            }
            self.spare(&session);
            self.wait(&session);
        }
    }

    /// Lets an idle session wait for its turn. A busy one is spared.
    fn wait(&mut self, session: &Arc<HttpSession>) {
        let Standing::Idle(idleness, since) = session.standing() else {
            return;
        };
        let Some(entry) = self.by_id.get_mut(session.id()) else {
            return;
        };
        let age = (since, self.next);
        self.next += 1;
        entry.rank = Some((idleness, age));
        let idle = self.idle.entry(session.subject()).or_default();
        idle.of(idleness).insert(age, Arc::clone(session));
        self.set_turn(session.subject());
    }

    /// Takes a session out of those that wait for their turn.
    fn spare(&mut self, session: &HttpSession) {
        let entry = self.by_id.get_mut(session.id());
        let Some((idleness, age)) = entry.and_then(|entry| entry.rank.take()) else {
            return;
        };
        if let Some(idle) = self.idle.get_mut(&session.subject()) {
            idle.of(idleness).remove(&age);
        }
        self.set_turn(session.subject());
    }

    /// How large a part of the table `subject` holds, by places or by bytes.
    fn part_of(&self, subject: Option<SubjectId>) -> usize {
        let part = |held: usize, most: usize| held.saturating_mul(WHOLE) / most.max(1);
        let places = part(self.shares.held_by(subject), self.most);
        places.max(part(self.memory.held_by(subject), self.most_bytes))
    }

    /// Notes when it is the turn of `subject`.
    fn set_turn(&mut self, subject: Option<SubjectId>) {
        let part = self.part_of(subject);
        let Some(idle) = self.idle.get_mut(&subject) else {
            return;
        };
        let turn = idle
            .first()
            .map(|((_, age), _)| (Reverse(part), age, subject));
        if idle.turn == turn {
            return;
        }
        if let Some(was) = std::mem::replace(&mut idle.turn, turn) {
            self.turns.remove(&was);
        }
        match turn {
            Some(turn) => {
                self.turns.insert(turn);
            }
            None => {
                self.idle.remove(&subject);
            }
        }
    }
}

impl Idle {
    fn of(&mut self, idleness: Idleness) -> &mut BTreeMap<Age, Arc<HttpSession>> {
        match idleness {
            Idleness::Unused => &mut self.unused,
            Idleness::Used => &mut self.used,
            Idleness::Subscribed => &mut self.subscribed,
        }
    }

    /// The session that goes first.
    fn first(&self) -> Option<(Rank, &Arc<HttpSession>)> {
        let unused = oldest(Idleness::Unused, &self.unused);
        let used = oldest(Idleness::Used, &self.used);
        let all = self.unused.len() + self.used.len() + self.subscribed.len();
        if self.unused.len() > all / UNUSED_PART {
            return unused;
        }
        let longest_idle = unused
            .into_iter()
            .chain(used)
            .min_by_key(|((_, age), _)| *age);
        longest_idle.or_else(|| oldest(Idleness::Subscribed, &self.subscribed))
    }
}

fn oldest(
    idleness: Idleness,
    sessions: &BTreeMap<Age, Arc<HttpSession>>,
) -> Option<(Rank, &Arc<HttpSession>)> {
    let (age, session) = sessions.first_key_value()?;
    Some(((idleness, *age), session))
}
