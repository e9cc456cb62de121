//! All who may sign in.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use thyra_oauth::Clock;

use super::person::InMemoryUser;
use super::tries::Tries;
use crate::form::Form;
use crate::page::{self, Asking, PagePolicy, Person, SignInPage};
use crate::record::{Grant, SignedIn};
use crate::server::{Directory, NotSignedIn};

/// The same whether it was the name, the password, or one try too many: nobody learns which.
const WRONG: &str = "The user name or the password is wrong. After five wrong passwords, nobody can \
     sign in by that name for a minute.";

/// All who may sign in.
#[derive(Debug)]
pub(super) struct People {
    users: Vec<InMemoryUser>,
    /// Of each user, in the same order.
    tries: Tries,
    /// Compared with where there is no such user, so that it takes the same time.
    nobody: InMemoryUser,
    /// Whether they have passwords. Either all have one or none.
    type_passwords: bool,
}

impl People {
    pub(super) fn new(users: Vec<InMemoryUser>, clock: Arc<dyn Clock>) -> Self {
        Self {
            tries: Tries::new(users.len(), clock),
            nobody: InMemoryUser::new("").password("nobody has this one"),
            type_passwords: users.iter().any(InMemoryUser::has_password),
            users,
        }
    }

    fn find(&self, username: &str) -> Option<(usize, &InMemoryUser)> {
        let mut users = self.users.iter().enumerate();
        users.find(|(_, user)| user.username() == username)
    }
}

impl Directory for People {
    fn page(
        &self,
        asking: Asking<'_>,
        typed: Option<&Form>,
        error: Option<&str>,
        policy: &PagePolicy,
    ) -> Response<Bytes> {
        let username = typed.and_then(|form| form.one("username").ok().flatten());
        // Whoever is first, unless another was chosen before: then signing in is one key.
        let chosen = username
            .and_then(|name| self.find(name))
            .map_or(0, |(place, _)| place);
        let users = self.users.iter().enumerate();
        let listed: Vec<_> = users
            .map(|(place, user)| Person {
                username: user.username(),
                name: user.text("name").unwrap_or(user.username()),
                about: user.text("email"),
                chosen: place == chosen,
            })
            .collect();
        page::sign_in(&SignInPage {
            asking,
            people: if self.type_passwords {
                page::People::Typed(username.unwrap_or_default())
            } else {
                page::People::Listed(&listed)
            },
            error,
            policy,
        })
    }

    fn sign_in(&self, form: &Form) -> Result<SignedIn, NotSignedIn> {
        let wrong = || NotSignedIn(WRONG.to_owned());
        let unclear = |_| NotSignedIn("The form was not filled in as it should be.".to_owned());
        let username = form.one("username").map_err(unclear)?.unwrap_or_default();
        let password = form.one("password").map_err(unclear)?.unwrap_or_default();
        let Some((place, user)) = self.find(username) else {
            self.nobody.is_password(password);
            return Err(wrong());
        };
        let good = user.is_password(password);
        if self.tries.judge(place, good) {
            Ok(user.signed_in())
        } else {
            Err(wrong())
        }
    }

    fn known(&self, grant: &Grant) -> Option<SignedIn> {
        self.find(&grant.subject).map(|(_, user)| user.signed_in())
    }
}
