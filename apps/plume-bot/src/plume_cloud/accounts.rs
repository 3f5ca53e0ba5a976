//! The clients of the users: accounts, tokens and the call limit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use plume::{
    Client, Filter, RateLimiter, Settings, SettingsError,
    auth::{
        self, AccessToken, AuthorizationSetting, ClientCredentials, Scope, SecureUrl, TenantId,
        TokenProvider, TokenRegistry, UrlGuard,
    },
    runtime::{Clock, Transport},
};
use plume_telegram::{Log, UserId, html::short};
use secrecy::ExposeSecret;

use crate::plume_cloud::lookup::ask;
use crate::questions::{Account, Answer, Problem, Question, Standing, TokenEnd};

/// Maximum duration of a call.
const PATIENCE: Duration = Duration::from_secs(45);
/// Maximum duration of a question, which may take several calls.
const GIVE_UP: Duration = Duration::from_secs(90);

/// The Plume Cloud for the bot.
#[derive(Debug)]
pub struct Plume {
    registry: TokenRegistry,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    limiter: RateLimiter,
    log: Log,
    operator: Option<Client>,
    /// Whether the log has the warning that the operator's account was granted a narrower scope.
    told_scope: AtomicBool,
}

impl Plume {
    /// Creates the Plume side for `users` users, who share the call limit because they share the address. `transport` is for
    /// accounts that users entered and should filter addresses, see [`UrlGuard`]. `operator` is the operator's account if
    /// users may use it, with a transport in place of the one of its settings.
    pub fn new(
        transport: Arc<dyn Transport>,
        guard: &UrlGuard,
        clock: Arc<dyn Clock>,
        limiter: RateLimiter,
        log: Log,
        operator: Option<(Settings, Option<Arc<dyn Transport>>)>,
        users: usize,
    ) -> Result<Self, SettingsError> {
        let transport: Arc<dyn Transport> = Arc::new(guard.transport(transport));
        let operator = operator.map(|(settings, transport)| {
            let mut builder = Client::builder().settings(settings).clock(Arc::clone(&clock));
            if let Some(transport) = transport {
                builder = builder.transport(transport);
            }
            builder.rate_limiter(limiter.clone()).deadline(PATIENCE).build()
        });
        // Each user has an account, and perhaps others that are being tested.
        let capacity = users.saturating_mul(4).max(16);
        let registry = TokenRegistry::builder(Arc::clone(&transport), Arc::clone(&clock));
        let (registry, operator) = (registry.capacity(capacity).build(), operator.transpose()?);
        Ok(Self { registry, transport, clock, limiter, log, operator, told_scope: AtomicBool::new(false) })
    }

    /// Answers one question of a user, with the user's own account or the operator's.
    pub async fn answer(
        &self,
        user: UserId,
        account: Option<Account>,
        question: &Question,
    ) -> Result<Answer, Problem> {
        tokio::select! {
            answer = self.look_up(user, account, question) => answer,
            () = self.clock.limit(GIVE_UP) => {
                self.log.warn("a question timed out");
                Err(Problem::Unreachable)
            }
        }
    }

    async fn look_up(
        &self,
        user: UserId,
        account: Option<Account>,
        question: &Question,
    ) -> Result<Answer, Problem> {
        match question {
            Question::Test(account, number) => self.test(user, account, *number).await,
            Question::Revoke(account) => Ok(Answer::Revoked(self.revoke(user, account).await)),
            Question::Whoami => Ok(Answer::Whoami(self.standing(user, account.is_some()))),
            other => {
                let own = account.is_some();
                let client = self.client(user, account)?;
                let answer = ask(&client, other, self.now(), &self.log).await;
                self.tell_operator();
                answer.map_err(|error| Problem::of(&error, own, &self.log))
            }
        }
    }

    fn client(&self, user: UserId, account: Option<Account>) -> Result<Client, Problem> {
        // Each user is a tenant of the call limit, whichever account is used.
        let tenant = tenant("user", user)?;
        match (account, &self.operator) {
            (Some(account), _) => self.own(&tenant, &account),
            (None, Some(operator)) => Ok(operator.with_tenant(tenant.as_str())),
            (None, None) => Err(Problem::NotConnected),
        }
    }

    /// Returns the client of an account. The tokens belong to the tenant.
    fn own(&self, tenant: &TenantId, account: &Account) -> Result<Client, Problem> {
        let Self { transport, clock, limiter, log, .. } = self;
        let mut builder = Client::builder()
            .api_base(account.api.clone())
            .transport(Arc::clone(transport))
            .clock(Arc::clone(clock))
            .rate_limiter(limiter.clone())
            // Each question has a client of its own, and the call limit knows it by the user.
            .tenant(tenant.as_str())
            .deadline(PATIENCE);
        builder = match parsed(account) {
            Some(AuthorizationSetting::Basic(credential)) => {
                let scope = Scope::partner_admin(account.partner.as_str());
                let account = auth::Account::new(account.sso.clone(), account.api.clone(), credential, scope);
                // Returns the existing provider if the account is the same.
                let provider = self.registry.replace(tenant, account);
                builder.token_provider(provider.map_err(|error| {
                    Problem::other(&error.to_string(), "Please try again in a minute.", log)
                })?)
            }
            Some(AuthorizationSetting::Bearer(token)) => builder.token_provider(token),
            _ => return Err(Problem::NotConnected),
        };
        if let Some(reports) = &account.reports {
            builder = builder.reports_base(reports.clone());
        }
        builder.build().map_err(|error| Problem::other(&error.to_string(), "Please run /auth again.", log))
    }

    /// Tests an account with a token request and a call.
    async fn test(&self, user: UserId, account: &Account, number: u32) -> Result<Answer, Problem> {
        // Under another name, so that the working account stays until this one is tested; and under a name of its own for
        // each test, so that the end of an older test that was cancelled does not end this one.
        let tenant = tenant(&format!("setup:{number}"), user)?;
        let _probation = Probation { registry: &self.registry, tenant: &tenant };
        let client = self.own(&tenant, account)?;
        let result = client.customers().filter(Filter::new().limit(1)).list().await;
        result.map_err(|error| Problem::of(&error, true, &self.log))?;
        let token = match self.registry.provider(&tenant) {
            Some(provider) => provider.token().await.ok(),
            None => None,
        };
        // The words of the scope that the SSO did not grant, if it reports them.
        let scope = Scope::partner_admin(account.partner.as_str());
        let not_granted = token.map(|token| scope.not_granted(token.scope())).unwrap_or_default();
        Ok(Answer::Tested { not_granted })
    }

    /// Signs a user out, and revokes the token if possible.
    async fn revoke(&self, user: UserId, account: &Account) -> TokenEnd {
        let Ok(tenant) = tenant("user", user) else { return TokenEnd::None };
        let has_token = self.token_ends(&tenant).is_some();
        let token = match self.registry.provider(&tenant) {
            Some(provider) if has_token => provider.token().await.ok(),
            _ => None,
        };
        self.registry.logout(&tenant);
        match token {
            None => TokenEnd::None,
            Some(token) => self.end(account, &token).await,
        }
    }

    async fn end(&self, account: &Account, token: &AccessToken) -> TokenEnd {
        // Plume documents no such endpoint. If its authorization server has one, it is beside the token endpoint.
        let url = account.sso.as_str().strip_suffix("/token").map(|base| format!("{base}/revoke"));
        let url = url.and_then(|url| SecureUrl::parse(&url).ok());
        let (Some(url), Some(AuthorizationSetting::Basic(credential))) = (url, parsed(account)) else {
            return TokenEnd::RunsOut;
        };
        let scope = Scope::partner_admin(account.partner.as_str());
        let source =
            ClientCredentials::new(account.sso.clone(), credential, scope, Arc::clone(&self.transport))
                .clock(Arc::clone(&self.clock))
                .revocation_url(url);
        match source.revoke(token).await {
            Ok(()) => TokenEnd::Revoked,
            Err(error) => {
                self.log.warn(&format!("failed to revoke a token: {error}"));
                TokenEnd::RunsOut
            }
        }
    }

    fn standing(&self, user: UserId, own: bool) -> Standing {
        let operator = self.operator.as_ref().filter(|_| !own);
        Standing {
            token_ends: tenant("user", user).ok().and_then(|tenant| self.token_ends(&tenant)),
            not_granted: operator.map(Client::scope_not_granted).unwrap_or_default(),
        }
    }

    /// Logs once that the operator's account was granted a narrower scope.
    fn tell_operator(&self) {
        let missing = self.operator.as_ref().map(Client::scope_not_granted).unwrap_or_default();
        if !missing.is_empty() && !self.told_scope.swap(true, Ordering::Relaxed) {
            self.log.warn(&format!(
                "the SSO granted the operator's account a narrower scope than requested (missing: {}); the API may refuse some commands",
                short(&missing.join(" "))
            ));
        }
    }

    fn token_ends(&self, tenant: &TenantId) -> Option<DateTime<Utc>> {
        let status = self.registry.status().into_iter().find(|status| status.tenant == *tenant)?;
        let ends = status.expires_at?;
        (ends > self.now()).then_some(ends)
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.wall()
    }
}

/// An account that is being tested. When the test ends or is dropped, its secret leaves the registry.
struct Probation<'a> {
    registry: &'a TokenRegistry,
    tenant: &'a TenantId,
}

impl Drop for Probation<'_> {
    fn drop(&mut self) {
        self.registry.logout(self.tenant);
    }
}

fn tenant(kind: &str, user: UserId) -> Result<TenantId, Problem> {
    TenantId::new(&format!("{kind}:{user}")).ok_or(Problem::NotConnected)
}

fn parsed(account: &Account) -> Option<AuthorizationSetting> {
    AuthorizationSetting::parse(account.header.expose_secret()).ok()
}
