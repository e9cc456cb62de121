//! What tokens say of roles.

use serde_json::Value;
use thyra_auth::Principal;

use super::{CheckedCaller, Decision};

/// What the token says of roles, where its issuer says it.
pub(super) fn claim(caller: &Principal) -> Option<Value> {
    caller.role_claim().cloned()
}

/// What the roles that `extract` finds say. `suffice` is given whether the caller has a role.
pub(super) fn decide(
    caller: &CheckedCaller,
    extract: impl Fn(&Principal) -> Option<Value>,
    wanted: &[String],
    suffice: impl FnOnce(&dyn Fn(&String) -> bool) -> bool,
) -> Decision {
    if wanted.is_empty() {
        return Decision::Failed("it names no role".to_owned());
    }
    let Some(principal) = caller.principal() else {
        return Decision::NeedsSignIn;
    };
    let Some(has) = extract(principal) else {
        return Decision::Failed("the token says nothing of roles".to_owned());
    };
    let has = match &has {
        Value::String(role) => vec![role.as_str()],
        Value::Array(roles) => {
            let texts: Option<Vec<&str>> = roles.iter().map(Value::as_str).collect();
            match texts {
                Some(texts) => texts,
                None => return malformed(),
            }
        }
        _ => return malformed(),
    };
    if suffice(&|role| has.contains(&role.as_str())) {
        Decision::Allow
    } else {
        Decision::refuse("the caller has other roles")
    }
}

fn malformed() -> Decision {
    Decision::Failed("the roles of the token are no list of texts".to_owned())
}
