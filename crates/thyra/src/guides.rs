//! The code blocks of the README and of the guides in `docs/src`, as doctests.
//!
//! Only `cargo test --doc` compiles this module: the pages are not in the crate's package.

macro_rules! guides {
    ($($name:ident: $path:literal,)+) => {$(
        #[doc = include_str!(concat!("../../../docs/src/", $path))]
        mod $name {}
    )+};
}

guides! {
    asking: "asking.md",
    auth0: "providers/auth0.md",
    authkit: "providers/authkit.md",
    authorization: "authorization.md",
    changing: "changing.md",
    clerk: "providers/clerk.md",
    client: "client.md",
    cognito: "providers/cognito.md",
    context: "context.md",
    dependencies: "dependencies.md",
    deploy: "deploy.md",
    descope: "providers/descope.md",
    embed: "embed.md",
    emulator: "emulator.md",
    entra: "providers/entra.md",
    errors: "errors.md",
    keycloak: "providers/keycloak.md",
    introspection: "providers/introspection.md",
    login: "login.md",
    oauth_server: "oauth-server.md",
    okta: "providers/okta.md",
    own: "providers/own.md",
    prompts: "prompts.md",
    propelauth: "providers/propelauth.md",
    protect: "protect.md",
    readme: "../../README.md",
    remote: "providers/remote.md",
    resources: "resources.md",
    rest: "rest.md",
    scalekit: "providers/scalekit.md",
    serving: "serving.md",
    several: "providers/several.md",
    stytch: "providers/stytch.md",
    supabase: "providers/supabase.md",
    tasks: "tasks.md",
    testing: "testing.md",
    tools: "tools.md",
    tutorial: "tutorial.md",
    types: "types.md",
    vendor_apis: "providers/vendor-apis.md",
}

#[cfg(feature = "issuer")]
guides! {
    proxy: "proxy.md",
}
