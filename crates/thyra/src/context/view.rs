//! Changing what one caller sees.

use thyra_protocol::{ListChangedParams, write_notification};

use super::Context;
use crate::catalog::{Kind, Rules, Selector, Viewer};
use crate::server::handle::Change;
use crate::server::views::ViewError;

impl Context {
    /// Shows what `selector` names to this caller, also what the server hides from everybody
    /// ([`ServerHandle::disable`](crate::ServerHandle::disable)). What [`Server::visible`](crate::Server::visible) hides stays hidden.
    ///
    /// It counts for the session. Where calls stand alone (revision 2026-07-28) it counts for the signed-in caller, or for whoever runs the
    /// process on stdio. The client is told that its lists changed. This is for keeping a model's view small, not for keeping things secret:
    /// it is gone with the process, and so are the views of those whose views were not used for longest, when there are 10,000.
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
    /// [`ViewError`] when there is nobody whose view it could be, or the view has too many selectors.
    pub async fn enable(&self, selector: Selector) -> Result<(), ViewError> {
        self.change_view(|rules| rules.set(selector, true)).await
    }

    /// Hides what `selector` names from this caller: it is in no list, and calling it is calling something that is not there. The last word
    /// about a component counts.
    ///
    /// # Errors
    ///
    /// As [`Context::enable`].
    pub async fn disable(&self, selector: Selector) -> Result<(), ViewError> {
        self.change_view(|rules| rules.set(selector, false)).await
    }

    /// Takes back all that [`Context::enable`] and [`Context::disable`] said to this caller.
    ///
    /// # Errors
    ///
    /// As [`Context::enable`].
    pub async fn reset_view(&self) -> Result<(), ViewError> {
        self.change_view(|rules| *rules = Rules::default()).await
    }

    async fn change_view(&self, change: impl FnOnce(&mut Rules)) -> Result<(), ViewError> {
        let server = self.0.server.as_ref().ok_or(ViewError::Nobody)?;
        let before = self.viewer();
        let changed = || server.catalog().differs_between(&before, &self.viewer());
        match (&self.0.session, self.0.onlooker) {
            (Some(session), _) => {
                session.view().change(change)?;
                for kind in changed() {
                    self.say_that_list_changed(kind).await;
                }
            }
            (None, Some(onlooker)) => {
                server.views().change(onlooker, change)?;
                for kind in changed() {
                    server.tell(Change::ListOf(kind, onlooker));
                }
            }
            (None, None) => return Err(ViewError::Nobody),
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

    /// The caller as one who looks at components.
    fn viewer(&self) -> Viewer<'_> {
        let own = match (&self.0.session, self.0.onlooker, &self.0.server) {
            (Some(session), ..) => session.view().rules(),
            (None, Some(onlooker), Some(server)) => server.views().rules(onlooker),
            _ => None,
        };
        Viewer {
            principal: self.0.principal.as_deref(),
            session_id: self.0.session.as_ref().and_then(|session| session.id()),
            own,
        }
    }
}
