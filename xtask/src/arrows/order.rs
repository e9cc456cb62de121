//! The order of crates and rooms: the drawing of the architecture page as a table.

/// The crates from the top down, and which of ours each may depend on. Dependencies of tests do not
/// count. A planned crate may be absent.
pub(super) const CRATES: &[(&str, &[&str])] = &[
    // The workspace's own tools.
    ("soak", &["bench", "idp-emulator", "thyra"]),
    ("bench", &["idp-emulator", "thyra"]),
    (
        "fuzz",
        &[
            "thyra",
            "thyra-client",
            "thyra-auth",
            "thyra-login",
            "thyra-oauth",
            "thyra-protocol",
            "thyra-uri-template",
        ],
    ),
    ("notes", &["thyra"]),
    ("xtask", &[]),
    // What users meet.
    (
        "thyra-cli",
        &["thyra-gateway", "thyra", "thyra-client", "idp-emulator"],
    ),
    ("thyra-gateway", &["thyra"]),
    (
        "thyra",
        &[
            "thyra-issuer",
            "thyra-client",
            "thyra-auth",
            "thyra-macros",
            "thyra-oauth",
            "thyra-protocol",
            "thyra-uri-template",
        ],
    ),
    (
        "thyra-client",
        &["thyra-login", "thyra-oauth", "thyra-protocol"],
    ),
    (
        "thyra-issuer",
        &["thyra-auth", "thyra-store", "thyra-oauth"],
    ),
    ("thyra-login", &["thyra-oauth"]),
    ("thyra-auth", &["thyra-oauth"]),
    ("thyra-store", &["thyra-oauth"]),
    ("thyra-macros", &["thyra-uri-template"]),
    ("thyra-oauth", &[]),
    ("thyra-protocol", &[]),
    ("thyra-uri-template", &[]),
    // It depends on none of our crates, so it cannot share their mistakes.
    ("idp-emulator", &[]),
];

/// The rooms of each crate from the top down. Rooms on one line do not know each other.
const ROOMS: &[(&str, &str)] = &[
    (
        "bench",
        "
        load program usage
        ",
    ),
    (
        "idp-emulator",
        "
        emulator
        routes
        control
        guard outage page serve server
        answer claims dpop mint variables
        environment
        assertion cimd jwt keyring secret vendor
        bounded client clock faults grant issuer journal key parameters redirect resource scope user
        ",
    ),
    (
        "fuzz",
        "
        arguments challenge claims events form key_set message metadata proof redirect request request_state responses token uri_template
        service shown
        ",
    ),
    (
        "notes",
        "
        prompts resources tools
        store
        error
        ",
    ),
    (
        "soak",
        "
        run
        attack
        report rig
        caller served
        memory wire
        ask
        ",
    ),
    (
        "thyra",
        "
        __private extend guides prelude
        server
        transport
        dispatch
        app
        extension middleware sessions
        catalog sampling
        component
        handler
        context
        reply task
        conversation
        check lifespan views
        budget closing elicit finite limits outbox request_state selector session_state state trace
        blocking
        shares
        throttled
        ",
    ),
    (
        "thyra-auth",
        "
        extract provider
        layer
        refusal
        certificate dpop
        metadata verify
        routes
        answer principal unread
        ",
    ),
    (
        "thyra-issuer",
        "
        preset
        in_memory
        provider
        endpoint
        server
        issued
        grant
        assertion code login
        client page upstream
        cookie token_key
        record
        answer digest form rate
        ",
    ),
    (
        "thyra-client",
        "
        __private group
        mcp_servers
        builder
        client stdio streamable_http
        cache error
        transport
        answers background backoff changes hop log
        form sampling skill visits
        ",
    ),
    (
        "thyra-cli",
        "
        call complete demo list login prompt read task watch
        connection delivery idp report
        inputs questions
        address arguments content identity interruption progress target
        network output registered schema suggestion
        input
        failure
        ",
    ),
    (
        "thyra-macros",
        "
        caller_error elicit function methods
        component
        attribute template
        arguments values
        checks keys name
        doc kind nearest
        ",
    ),
    (
        "thyra-login",
        "
        __private login
        oauth
        error identity_provider tokens way
        authorize client device dpop hop scopes
        assertion browser callback discovery store
        ",
    ),
    (
        "thyra-oauth",
        "
        device
        introspection learned protected_resource registration revocation
        token
        authorization_server challenge client_assertion client_authentication dpop pkce resource
        clock fetch freshness locations members page_url random scope signing_key throttle
        charset printable secret
        ",
    ),
    (
        "thyra-protocol",
        "
        tasks
        mrtr
        sampling
        prompts resources tools
        content discover initialize
        annotations cancelled completion elicitation implementation logging page roots subscriptions
        decode
        meta result
        params progress
        jsonrpc
        error
        capabilities
        form
        present schema
        cache_scope header_parameter icon meta_key method revision string_or_integer text
        ",
    ),
    (
        "thyra-store",
        "
        environment guide
        contract store
        faulty file memory redis_server redis_store seal
        open_error
        backend keys
        key
        error
        ",
    ),
    (
        "thyra-uri-template",
        "
        security
        template
        expand matching parse
        error matched
        part
        expression limits percent scheme value
        ",
    ),
    (
        "xtask",
        "
        ci
        check conformance test
        arrows comments features imports interop package unused
        bench chromium docs fuzz node python redis soak
        machine source workspace
        repository stamp steps
        ",
    ),
];

/// The floors of a crate from the top down, each with its rooms.
pub(super) fn floors(name: &str) -> Option<Vec<Vec<&'static str>>> {
    ROOMS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, plan)| parse(plan))
}

/// The floors of a plan.
fn parse(plan: &str) -> Vec<Vec<&str>> {
    plan.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|floor| !floor.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_a_plan_is_a_floor() {
        assert_eq!(
            parse("\n  server\n  transport catalog\n  limits\n"),
            [vec!["server"], vec!["transport", "catalog"], vec!["limits"]]
        );
    }

    #[test]
    fn no_crate_may_know_one_that_stands_above_it() {
        for (place, (name, knows)) in CRATES.iter().enumerate() {
            for known in *knows {
                let below = CRATES.iter().position(|(other, _)| other == known);
                assert!(
                    below.is_some_and(|below| below > place),
                    "{name} -> {known}"
                );
            }
        }
    }
}
