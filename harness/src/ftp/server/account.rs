//! The one account of a server.

use async_trait::async_trait;
use unftp_core::auth::{AuthenticationError, Authenticator, Credentials, Principal};

/// Lets one user in, with one password.
#[derive(Debug)]
pub(super) struct Account {
    user: String,
    password: String,
}

impl Account {
    pub(super) fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: password.to_owned() }
    }
}

#[async_trait]
impl Authenticator for Account {
    async fn authenticate(
        &self,
        username: &str,
        credentials: &Credentials,
    ) -> Result<Principal, AuthenticationError> {
        if username != self.user {
            return Err(AuthenticationError::BadUser);
        }
        if credentials.password.as_deref() != Some(&self.password) {
            return Err(AuthenticationError::BadPassword);
        }
        Ok(Principal { username: username.to_owned() })
    }
}
