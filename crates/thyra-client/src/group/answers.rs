//! The URIs in what servers answer, as the group has them.

use thyra_protocol::{
    CallToolResult, Content, GetPromptResult, ReadResourceResult, ResourceContents,
};

use super::member::Member;
use crate::client::Outside;

/// An answer of a server.
pub(super) trait Outward {
    /// Puts the URIs of the group in the place of the server's own.
    fn outward(&mut self, member: &Member);
}

impl<R: Outward> Outside<R> for Member {
    fn result(&self, result: &mut R) {
        result.outward(self);
    }

    fn task(&self, id: &str) -> String {
        self.outward(id)
    }
}

impl Outward for CallToolResult {
    fn outward(&mut self, member: &Member) {
        self.content.outward(member);
    }
}

impl Outward for GetPromptResult {
    fn outward(&mut self, member: &Member) {
        for message in &mut self.messages {
            message.content.outward(member);
        }
    }
}

impl Outward for ReadResourceResult {
    fn outward(&mut self, member: &Member) {
        self.contents.outward(member);
    }
}

impl<T: Outward> Outward for Vec<T> {
    fn outward(&mut self, member: &Member) {
        for one in self {
            one.outward(member);
        }
    }
}

impl Outward for Content {
    fn outward(&mut self, member: &Member) {
        match self {
            Self::Resource(embedded) => embedded.resource.outward(member),
            Self::ResourceLink(link) => link.uri.outward(member),
            _ => {}
        }
    }
}

impl Outward for ResourceContents {
    fn outward(&mut self, member: &Member) {
        match self {
            Self::Blob(contents) => contents.uri.outward(member),
            Self::Text(contents) => contents.uri.outward(member),
        }
    }
}

/// A URI. One without `://` stays as it is, as in lists.
impl Outward for String {
    fn outward(&mut self, member: &Member) {
        if let Some(outward) = member.outward_uri(self) {
            *self = outward;
        }
    }
}
