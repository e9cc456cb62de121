//! What a client may ask the token endpoint for.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A grant that this authorization server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrantType {
    AuthorizationCode,
    /// RFC 7523 section 2.1, which ID-JAG uses.
    JwtBearer,
    RefreshToken,
}

impl GrantType {
    pub(crate) const ALL: [Self; 3] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::JwtBearer];

    /// Its name in `grant_type` and `grant_types`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
            Self::RefreshToken => "refresh_token",
        }
    }

    pub(crate) fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == name)
    }
}

/// The grants of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GrantTypes(u8);

impl GrantTypes {
    /// All that there are.
    pub(crate) const ALL: Self = Self::LOGINS.with(GrantType::JwtBearer);
    /// Logins, and refresh tokens.
    pub(crate) const LOGINS: Self =
        Self(Self::bit(GrantType::AuthorizationCode) | Self::bit(GrantType::RefreshToken));

    pub(crate) const fn contain(self, grant: GrantType) -> bool {
        self.0 & Self::bit(grant) != 0
    }

    #[must_use]
    pub(crate) const fn with(self, grant: GrantType) -> Self {
        Self(self.0 | Self::bit(grant))
    }

    #[must_use]
    pub(crate) const fn without(self, grant: GrantType) -> Self {
        Self(self.0 & !Self::bit(grant))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = GrantType> {
        let all = GrantType::ALL.into_iter();
        all.filter(move |grant| self.contain(*grant))
    }

    const fn bit(grant: GrantType) -> u8 {
        1 << grant as u8
    }
}

impl FromIterator<GrantType> for GrantTypes {
    fn from_iter<I: IntoIterator<Item = GrantType>>(grants: I) -> Self {
        grants.into_iter().fold(Self(0), Self::with)
    }
}

/// By their names; those that are not known are left out.
impl<'de> Deserialize<'de> for GrantTypes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(names
            .iter()
            .filter_map(|name| GrantType::read(name))
            .collect())
    }
}

impl Serialize for GrantTypes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(GrantType::as_str))
    }
}
