//! Changing what one caller sees.

use thyra_protocol::{ListChangedParams, write_notification};

use super::Context;
use super::scope::Scope;
use crate::conversation::Session;
use crate::selector::{Asked, Kind, Rules, Selector, Viewer};
use crate::views::{ViewError, ViewOwner, ViewPlace, Views};

impl Context {
    /// Shows what `selector` names to this caller, even if the server hid it from everybody before
    /// ([`ServerHandle::disable`](crate::ServerHandle::disable)). What the server hides later is
    /// hidden, and what [`Server::visible`](crate::Server::visible) hides stays hidden.
    ///
    /// It counts for the session. Where calls stand alone (revision 2026-07-28) it counts for the
    /// signed-in caller, who is one issuer, subject and client in all conversations, or on stdio
    /// for whoever runs the process. The client is told that its lists changed. One that does not
    /// listen may keep its list for as long as [`Server::cache_lists`](crate::Server::cache_lists)
    /// allows.
    ///
    /// Use it to keep a model's view small, not to keep secrets: a view ends with the process, and
    /// a signed-in caller's also after a day without use, or when there are 10,000 newer ones.
    ///
    /// ```
    /// use thyra::prelude::*;
    /// use thyra::Selector;
    ///
    /// /// Show the tools for editing, too.
    /// #[tool]
    /// async fn begin_editing(ctx: Context) -> Result<&'static str, ToolError> {
    ///     ctx.enable(Selector::tag("editing")).await?;
    ///     Ok("Look at the list of tools again.")
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ViewError`] when the caller has no view, or the view has too many selectors.
    pub async fn enable(&self, selector: Selector) -> Result<(), ViewError> {
        self.change_view(|rules, at| rules.set(selector, true, at))
            .await
    }

    /// Hides what `selector` names from this caller: it is in no list, and a call to it fails as if
    /// it did not exist. The last word about a component counts. Leave the caller a way back: do
    /// not hide the tool that shows things again.
    ///
    /// # Errors
    ///
    /// As [`Context::enable`].
    pub async fn disable(&self, selector: Selector) -> Result<(), ViewError> {
        self.change_view(|rules, at| rules.set(selector, false, at))
            .await
    }

    /// Hides everything from this caller but what one of `selectors` matches. What earlier calls
    /// hid or showed does not count any more. Leave the caller a way back, as in
    /// [`Context::disable`].
    ///
    /// # Errors
    ///
    /// As [`Context::enable`].
    pub async fn enable_only(
        &self,
        selectors: impl IntoIterator<Item = Selector>,
    ) -> Result<(), ViewError> {
        let selectors: Vec<Selector> = selectors.into_iter().collect();
        self.change_view(|rules, at| {
            *rules = Rules::default();
            rules.set(Selector::all(), false, at);
            for selector in selectors {
                rules.set(selector, true, at);
            }
        })
        .await
    }

    /// Undoes every [`Context::enable`] and [`Context::disable`] for this caller.
    ///
    /// # Errors
    ///
    /// As [`Context::enable`].
    pub async fn reset_view(&self) -> Result<(), ViewError> {
        self.change_view(|rules, _| *rules = Rules::default()).await
    }

    async fn change_view(&self, change: impl FnOnce(&mut Rules, u64)) -> Result<(), ViewError> {
        let server = self.own_server().ok_or(ViewError::Nobody)?;
        let session = self.0.known.session.as_deref();
        let place = ViewPlace::of(
            session.map(Session::view),
            self.0.known.view_owner,
            server.views(),
        )
        .ok_or(ViewError::Nobody)?;
        // Checks say the same before and after.
        let viewer = || Viewer {
            asked: Asked::Exempt,
            ..self.0.viewer(server.views())
        };
        let before = viewer();
        place.change(|rules| change(rules, server.next_rule()))?;
        let changed = server.differs_between(&before, &viewer());
        for kind in changed {
            match place {
                ViewPlace::Session(_) => self.say_that_list_changed(kind).await,
                ViewPlace::Owner(views, owner) => views.tell(owner, kind),
            }
        }
        Ok(())
    }

    async fn say_that_list_changed(&self, kind: Kind) {
        let mut message = Vec::with_capacity(64);
        let params = ListChangedParams::new(None);
        if write_notification(&mut message, kind.list_changed(), &params).is_ok() {
            self.emit(message.into()).await;
        }
    }
}

impl Scope {
    /// The caller as a viewer of the components; `views` are those of its server.
    pub(super) fn viewer(&self, views: &Views) -> Viewer<'_> {
        let session = self.known.session.as_deref();
        let place = ViewPlace::of(session.map(Session::view), self.known.view_owner, views);
        Viewer {
            principal: self.known.principal.as_deref(),
            session_id: session.and_then(Session::id),
            own: place.and_then(ViewPlace::rules),
            asked: match (&self.known.principal, self.known.view_owner) {
                (None, Some(ViewOwner::Local)) => Asked::Exempt,
                _ => Asked::Nothing,
            },
        }
    }
}
