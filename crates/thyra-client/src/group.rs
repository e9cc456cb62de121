//! Several servers as one.

mod answers;
mod error;
mod lists;
mod member;
mod operations;
mod owner;
mod subscription;

use std::sync::Arc;

pub use self::error::{Failure, GroupError};
use self::member::Member;
pub use self::owner::Owner;
pub use self::subscription::GroupSubscription;
use crate::builder::{ClientBuilder, ConfiguredServer};
use crate::client::Client;
use crate::error::ClientError;
use crate::mcp_servers::{McpServer, McpServers};

/// The clients of several servers, used as one.
///
/// ```no_run
/// use thyra_client::{ClientGroup, McpServers, OAuth, SystemBrowser};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let servers = McpServers::from_file("mcp.json")?;
/// let group = ClientGroup::from_servers(&servers, |_, client| {
///     client.oauth(OAuth::new(SystemBrowser::new()))
/// })?;
/// for tool in group.list_tools().await? {
///     println!("{:?}", tool.name); // `add` of the server `math` is `math_add`
/// }
/// let sum: i64 = group.call_tool_as("math_add", &serde_json::json!({ "a": 2, "b": 3 })).await?;
/// # Ok(())
/// # }
/// ```
///
/// The names of tools and prompts begin with the server's: `SERVER_tool`. URIs have it after their
/// scheme: `scheme://SERVER/rest`, also in what tools and prompts return. With one server alone,
/// all names are its own.
///
/// The servers are asked at the same time. One that fails is left out of the list, with a warning
/// in the log, and is asked again for the next list. A call goes to the one server that owns the
/// name. When a name could belong to two servers, such as `git_hub_issues` to `git` and to
/// `git_hub`, their lists decide: it belongs to the first server that has it, and the call fails if
/// one before that cannot be asked.
///
/// A clone is the same group.
#[derive(Clone, Debug)]
pub struct ClientGroup(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    members: Vec<Arc<Member>>,
    left_out: Vec<Arc<Failure>>,
}

impl ClientGroup {
    /// A group of these clients, each with the name of its server.
    ///
    /// # Errors
    ///
    /// [`GroupError::NoServers`] without any, and [`GroupError::Name`] when a name is empty or
    /// comes twice.
    pub fn new<N: Into<String>>(
        clients: impl IntoIterator<Item = (N, Client)>,
    ) -> Result<Self, GroupError> {
        let clients = clients.into_iter();
        let clients = clients.map(|(name, client)| (name.into(), client));
        Self::of(clients, Vec::new())
    }

    /// A group of the servers of a file. `set_up` gets the name of each server and its builder, and
    /// gives the builder back: with a login, or with answers to the server's questions.
    ///
    /// A server that the file describes badly, or of which no client can be built, is left out with
    /// a warning in the log; [`ClientGroup::left_out`] tells of it. Nothing is sent yet, and no
    /// program started.
    ///
    /// # Errors
    ///
    /// [`GroupError::NoServers`] when the file turns all of them off or names none, and
    /// [`GroupError::AllFailed`] when none can be used.
    pub fn from_servers(
        servers: &McpServers,
        set_up: impl Fn(&str, ClientBuilder<ConfiguredServer>) -> ClientBuilder<ConfiguredServer>,
    ) -> Result<Self, GroupError> {
        Self::try_from_servers(servers, |server| {
            set_up(server.name(), server.client()).build()
        })
    }

    /// The same, with clients that `connect` builds, each from [`McpServer::client`]. A server for
    /// which it fails is left out.
    ///
    /// # Errors
    ///
    /// As [`ClientGroup::from_servers`].
    pub fn try_from_servers(
        servers: &McpServers,
        connect: impl Fn(&McpServer) -> Result<Client, ClientError>,
    ) -> Result<Self, GroupError> {
        let bad = servers.errors().iter().cloned().map(Failure::Entry);
        let mut left_out: Vec<_> = bad.collect();
        let mut clients = Vec::new();
        for server in servers.servers() {
            match connect(server) {
                Ok(client) => clients.push((server.name().to_owned(), client)),
                Err(source) => left_out.push(Failure::client(server.name(), source)),
            }
        }
        for failure in &left_out {
            tracing::warn!("{failure}; the server is left out");
        }
        Self::of(clients, left_out.into_iter().map(Arc::new).collect())
    }

    fn of(
        clients: impl IntoIterator<Item = (String, Client)>,
        left_out: Vec<Arc<Failure>>,
    ) -> Result<Self, GroupError> {
        let clients: Vec<_> = clients.into_iter().collect();
        // A server that is left out comes back one day, and the names of the others stay.
        let is_alone = clients.len() + left_out.len() == 1;
        let mut members: Vec<Arc<Member>> = Vec::with_capacity(clients.len());
        for (name, client) in clients {
            let problem = if name.is_empty() {
                Some("it is empty")
            } else if members.iter().any(|member| member.server() == name) {
                Some("another server has it")
            } else {
                None
            };
            if let Some(problem) = problem {
                return Err(GroupError::Name { name, problem });
            }
            members.push(Arc::new(Member::new(name, client, is_alone)));
        }
        match (members.is_empty(), left_out.is_empty()) {
            (true, true) => Err(GroupError::NoServers),
            (true, false) => Err(GroupError::AllFailed { failures: left_out }),
            (false, _) => Ok(Self(Arc::new(Inner { members, left_out }))),
        }
    }

    /// The servers with their clients, in order.
    pub fn clients(&self) -> impl Iterator<Item = (&str, &Client)> {
        let members = self.0.members.iter();
        members.map(|member| (member.server(), member.client()))
    }

    /// The client of a server.
    pub fn client(&self, server: &str) -> Option<&Client> {
        let mut clients = self.clients();
        clients.find_map(|(name, client)| (name == server).then_some(client))
    }

    /// What the group calls the tool or the prompt that `server` calls `name`; `None` without such
    /// a server.
    pub fn outward_name(&self, server: &str, name: &str) -> Option<String> {
        Some(self.member(server)?.outward(name))
    }

    /// What the group calls the resource, or the template of resources, that `server` has at
    /// `uri`. `None` without such a server, and when the URI has no `://`.
    pub fn outward_uri(&self, server: &str, uri: &str) -> Option<String> {
        self.member(server)?.outward_uri(uri)
    }

    fn member(&self, server: &str) -> Option<&Member> {
        let mut members = self.0.members.iter();
        let member = members.find(|member| member.server() == server);
        member.map(AsRef::as_ref)
    }

    /// Why servers of the file are not in the group.
    pub fn left_out(&self) -> impl Iterator<Item = &Failure> {
        self.0.left_out.iter().map(AsRef::as_ref)
    }
}
