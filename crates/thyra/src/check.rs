//! Checks: who may use which component, where scopes do not say it.
//!
//! A check may be wrong in one direction only. One that fails, panics or takes too long refuses,
//! and so does one that nobody asked.

mod ask;
mod call;
mod decision;
mod role;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Not;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;
use thyra_auth::{Principal, ScopeSet};

use self::ask::Memory;
pub(crate) use self::ask::{Inquiry, Subject};
pub use self::call::{CheckedCall, CheckedCaller, Operation};
pub use self::decision::Decision;
use crate::selector::ComponentInfo;

/// Decides who may use a component: given to one component ([`Tool::check`](crate::Tool::check) and
/// its siblings, `#[tool(check = ..)]`) or to all of a server
/// ([`Server::check`](crate::Server::check)). All checks of a component have to allow a use.
///
/// ```
/// use thyra::prelude::*;
/// use thyra::Check;
///
/// /// Delete every note.
/// #[tool(check = Check::role("admin"))]
/// async fn drop_all() -> &'static str {
///     "gone"
/// }
///
/// let server = Server::new("Notes")
///     .tool(drop_all)
///     .check(Check::tag("billing", Check::scopes_any(["billing", "admin"])))
///     .check(Check::new("not on sundays", |_call| async { is_workday() }));
/// # fn is_workday() -> bool { true }
/// ```
///
/// What a check refuses looks absent: it is in no list, and to use it fails as if it did not exist.
/// What only lacks scopes, or a caller who is signed in, stays listed, and to use it is answered
/// with the challenge that lets the client ask for more. The log says which check refused, and why.
///
/// A check that fails refuses: one that returns an error, panics, or takes longer than
/// [`Limits::check_time`](crate::Limits::check_time). Whoever started the process (stdio,
/// [`Server::connect`](crate::Server::connect)) is not checked.
#[derive(Clone)]
pub struct Check(Arc<Rule>);

enum Rule {
    And(Check, Check),
    Or(Check, Check),
    Not(Check),
    /// Asks the check of components with this tag only.
    Tag(String, Check),
    /// Decides at once, by the caller alone.
    Caller {
        name: String,
        decide: Box<dyn Fn(&CheckedCaller) -> Decision + Send + Sync>,
    },
    /// Decides by the caller alone, so it is asked once for all components.
    CallerLater {
        name: String,
        decide: Box<dyn Fn(CheckedCaller) -> BoxFuture<'static, Decision> + Send + Sync>,
    },
    CallLater {
        name: String,
        decide: Box<dyn Fn(CheckedCall) -> BoxFuture<'static, Decision> + Send + Sync>,
    },
}

impl Check {
    /// A check of your own. The log knows it by its `name`. It is asked for each component of a
    /// list by itself, up to 16 at a time; see [`Check::caller`] for one that needs to know the
    /// caller only.
    ///
    /// It answers with a `bool`, a [`Decision`], or a `Result` of either, whose error refuses.
    ///
    /// ```
    /// use thyra::{Check, CheckedCall, Decision, Operation};
    ///
    /// let owners = Check::new("only its owner changes it", |call: CheckedCall| async move {
    ///     let owner = call.component().meta?.get("example.com/owner")?.as_str()?.to_owned();
    ///     let caller = call.caller().principal()?;
    ///     Some(call.operation() == Operation::List || caller.subject() == owner)
    /// });
    /// let weekly = Check::new("once a week", |call| async move {
    ///     match last_use(call.component().name).await? {
    ///         days if days < 7 => Ok(Decision::refuse("it was used this week")),
    ///         _ => Ok::<_, std::io::Error>(Decision::Allow),
    ///     }
    /// });
    /// # async fn last_use(_: &str) -> std::io::Result<u32> { Ok(8) }
    /// ```
    pub fn new<F, D>(
        name: impl Into<String>,
        check: impl Fn(CheckedCall) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = D> + Send + 'static,
        D: Into<Decision> + 'static,
    {
        Self::of(Rule::CallLater {
            name: name.into(),
            decide: Box::new(move |call| check(call).map(Into::into).boxed()),
        })
    }

    /// A check of your own that depends on the caller alone. A request asks it once, however many
    /// components it is for.
    ///
    /// ```
    /// use thyra::Check;
    ///
    /// let paying = Check::caller("has paid", |caller| async move {
    ///     match caller.principal() {
    ///         Some(caller) => has_paid(caller.subject()).await,
    ///         None => Ok(false),
    ///     }
    /// });
    /// # async fn has_paid(_: &str) -> std::io::Result<bool> { Ok(true) }
    /// ```
    pub fn caller<F, D>(
        name: impl Into<String>,
        check: impl Fn(CheckedCaller) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = D> + Send + 'static,
        D: Into<Decision> + 'static,
    {
        Self::of(Rule::CallerLater {
            name: name.into(),
            decide: Box::new(move |caller| check(caller).map(Into::into).boxed()),
        })
    }

    /// The caller needs all of these scopes, as with [`Tool::scopes`](crate::Tool::scopes). Without
    /// any scope it refuses everybody.
    pub fn scopes_all(scopes: impl Into<ScopeSet>) -> Self {
        let scopes = scopes.into();
        Self::now(format!("all of the scopes {scopes}"), move |caller| {
            if scopes.is_empty() {
                return Decision::Failed("it names no scope".to_owned());
            }
            if caller.has_scopes(&scopes) {
                Decision::Allow
            } else {
                Decision::NeedsScopes(scopes.clone())
            }
        })
    }

    /// The caller needs one of these scopes. A client is told to ask for the first. Without any
    /// scope it refuses everybody.
    pub fn scopes_any<S: AsRef<str>>(scopes: impl IntoIterator<Item = S>) -> Self {
        let each: Vec<ScopeSet> = scopes.into_iter().map(|scope| [scope].into()).collect();
        let all: ScopeSet = each.iter().flat_map(ScopeSet::iter).collect();
        Self::now(
            format!("one of the scopes {all}"),
            move |caller| match each.first() {
                None => Decision::Failed("it names no scope".to_owned()),
                Some(_) if each.iter().any(|scope| caller.has_scopes(scope)) => Decision::Allow,
                Some(first) => Decision::NeedsScopes(first.clone()),
            },
        )
    }

    /// The caller needs this role, as [`Principal::roles`] reads it: from the claim `roles` of the
    /// token (RFC 9068 section 2.2.3.1), unless the provider knows another place. See
    /// [`Check::roles_all`].
    pub fn role(role: impl Into<String>) -> Self {
        Self::roles_all(role::claim, [role.into()])
    }

    /// The caller needs all of these roles. `extract` finds what the token says of roles: a string,
    /// or a list of strings.
    ///
    /// A token that says nothing of them, or says it in another form, is refused, also behind
    /// [`!`](Not). Without any role it refuses everybody.
    ///
    /// ```
    /// use thyra::Check;
    /// use thyra::prelude::*;
    ///
    /// // As Keycloak writes them.
    /// let realm = |caller: &Principal| caller.claim("realm_access")?.get("roles").cloned();
    /// let editors = Check::roles_all(realm, ["editor"]);
    /// ```
    pub fn roles_all<S: Into<String>>(
        extract: impl Fn(&Principal) -> Option<Value> + Send + Sync + 'static,
        roles: impl IntoIterator<Item = S>,
    ) -> Self {
        let roles: Vec<String> = roles.into_iter().map(Into::into).collect();
        Self::now(format!("all of the roles {roles:?}"), move |caller| {
            role::decide(caller, &extract, &roles, |has| roles.iter().all(has))
        })
    }

    /// The caller needs one of these roles; see [`Check::roles_all`].
    pub fn roles_any<S: Into<String>>(
        extract: impl Fn(&Principal) -> Option<Value> + Send + Sync + 'static,
        roles: impl IntoIterator<Item = S>,
    ) -> Self {
        let roles: Vec<String> = roles.into_iter().map(Into::into).collect();
        Self::now(format!("one of the roles {roles:?}"), move |caller| {
            role::decide(caller, &extract, &roles, |has| roles.iter().any(has))
        })
    }

    /// The caller's token needs a claim with this value, or with a list that has it. A token
    /// without the claim is refused, also behind [`!`](Not).
    ///
    /// ```
    /// use thyra::Check;
    ///
    /// let finance = Check::claim("department", "finance");
    /// let verified = Check::claim("email_verified", true);
    /// ```
    pub fn claim(claim: impl Into<String>, value: impl Into<Value>) -> Self {
        let (claim, value) = (claim.into(), value.into());
        Self::now(format!("the claim {claim}"), move |caller| {
            let Some(principal) = caller.principal() else {
                return Decision::NeedsSignIn;
            };
            match principal.claim(&claim) {
                None => Decision::Failed(format!("the token has no claim {claim}")),
                Some(Value::Array(has)) if has.contains(&value) => Decision::Allow,
                Some(has) if *has == value => Decision::Allow,
                Some(_) => Decision::refuse("the claim has another value"),
            }
        })
    }

    /// The caller has to be signed in.
    pub fn signed_in() -> Self {
        Self::now("signed in".to_owned(), |caller| match caller.principal() {
            Some(_) => Decision::Allow,
            None => Decision::NeedsSignIn,
        })
    }

    /// Asks `check` for components with this tag. It allows all others.
    pub fn tag(tag: impl Into<String>, check: Self) -> Self {
        Self::of(Rule::Tag(tag.into(), check))
    }

    /// Both have to allow. If both lack scopes, the caller is told of all of them; if one refuses,
    /// of none.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::of(Rule::And(self, other))
    }

    /// One of them has to allow. If both lack something that the caller can bring, the first says
    /// what.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::of(Rule::Or(self, other))
    }

    /// Whether nobody can pass it who has no token.
    pub(crate) fn needs_a_caller(&self, component: &ComponentInfo<'_>) -> bool {
        match &*self.0 {
            Rule::And(one, other) => {
                one.needs_a_caller(component) || other.needs_a_caller(component)
            }
            Rule::Or(one, other) => {
                one.needs_a_caller(component) && other.needs_a_caller(component)
            }
            Rule::Not(check) => check.needs_a_caller(component),
            Rule::Tag(tag, check) => {
                component.tags.contains(tag) && check.needs_a_caller(component)
            }
            Rule::Caller { .. } => true,
            Rule::CallerLater { .. } | Rule::CallLater { .. } => false,
        }
    }

    fn of(rule: Rule) -> Self {
        Self(Arc::new(rule))
    }

    /// A check that decides at once, by what the token says.
    fn now(
        name: String,
        decide: impl Fn(&CheckedCaller) -> Decision + Send + Sync + 'static,
    ) -> Self {
        let decide = Box::new(decide);
        Self::of(Rule::Caller { name, decide })
    }

    /// What it says of this use. `memory` is that of the request.
    fn decide<'a>(&'a self, call: &'a CheckedCall, memory: &'a Memory) -> BoxFuture<'a, Decision> {
        async move {
            match &*self.0 {
                Rule::And(one, other) => match one.decide(call, memory).await {
                    no @ (Decision::Refuse(_) | Decision::Failed(_)) => no,
                    one => one.and(other.decide(call, memory).await),
                },
                Rule::Or(one, other) => match one.decide(call, memory).await {
                    Decision::Allow => Decision::Allow,
                    one => one.or(other.decide(call, memory).await),
                },
                Rule::Not(check) => check.decide_not(call, memory).await,
                Rule::Tag(tag, check) if call.component().tags.contains(tag) => {
                    check.decide(call, memory).await
                }
                Rule::Tag(..) => Decision::Allow,
                Rule::Caller { name, decide } => ask::caught(async { decide(call.caller()) })
                    .await
                    .named(name),
                Rule::CallerLater { name, decide } => {
                    let decide = ask::caught(async { decide(call.caller().clone()).await });
                    memory.once(self, decide).await.named(name)
                }
                Rule::CallLater { name, decide } => {
                    ask::caught(async { decide(call.clone()).await })
                        .await
                        .named(name)
                }
            }
        }
        .boxed()
    }

    /// The opposite of what it says of this use. It is the opposite of each part, and not of the
    /// whole: a way that `or` tells in place of a failure would become an `Allow`.
    fn decide_not<'a>(
        &'a self,
        call: &'a CheckedCall,
        memory: &'a Memory,
    ) -> BoxFuture<'a, Decision> {
        async move {
            match &*self.0 {
                Rule::And(one, other) => {
                    let one = one.decide_not(call, memory).await;
                    one.or_failed(other.decide_not(call, memory).await)
                }
                Rule::Or(one, other) => {
                    let one = one.decide_not(call, memory).await;
                    one.and(other.decide_not(call, memory).await)
                }
                Rule::Not(check) => check.decide(call, memory).await,
                Rule::Tag(tag, check) if call.component().tags.contains(tag) => {
                    check.decide_not(call, memory).await
                }
                Rule::Tag(..)
                | Rule::Caller { .. }
                | Rule::CallerLater { .. }
                | Rule::CallLater { .. } => self.opposite(call, memory).await,
            }
        }
        .boxed()
    }

    async fn opposite(&self, call: &CheckedCall, memory: &Memory) -> Decision {
        let is_known = call.caller().principal().is_some();
        self.decide(call, memory).await.not(is_known)
    }

    /// Whether it is the same check, or a clone of it.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What tells it from other checks, as long as it lives.
    fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

/// Allows what the check refuses, and the other way round. A check that fails refuses all the same,
/// and so does one that has to know the caller when nobody is signed in.
///
/// ```
/// use thyra::Check;
///
/// let not_for_guests = !Check::role("guest");
/// ```
impl Not for Check {
    type Output = Self;

    fn not(self) -> Self {
        Self::of(Rule::Not(self))
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Rule::And(one, other) => write!(f, "({one:?} and {other:?})"),
            Rule::Or(one, other) => write!(f, "({one:?} or {other:?})"),
            Rule::Not(check) => write!(f, "not {check:?}"),
            Rule::Tag(tag, check) => write!(f, "for the tag {tag}: {check:?}"),
            Rule::Caller { name, .. }
            | Rule::CallerLater { name, .. }
            | Rule::CallLater { name, .. } => f.write_str(name),
        }
    }
}
