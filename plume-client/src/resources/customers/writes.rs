//! Changes of customers.

use plume_types::{AccountId, Count, Customer, GroupId, Location, PartnerId, Profile, Secret, ServiceId};

use crate::call::Call;
use crate::operations as op;
use crate::resources::change::Change;
use crate::resources::customers::handle::{CustomerHandle, Customers};

/// The fewest characters an account id may have; the API answers 422 for fewer.
const ACCOUNT_ID_LENGTH: usize = 6;

/// What a customer is registered with, beside the account id. What is `None` is not sent.
///
/// ```
/// use plume_client::NewCustomer;
///
/// let new = NewCustomer { name: Some("Sample Customer".into()), ..NewCustomer::default() };
/// # let _ = new;
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewCustomer {
    /// The provider, where a client acts for several.
    pub partner_id: Option<PartnerId>,
    /// The name shown to people.
    pub name: Option<String>,
    /// E-mail address; without one the customer is anonymous.
    pub email: Option<String>,
    /// Language for e-mails, for example `en-US`.
    pub accept_language: Option<String>,
    /// The kind of the first location.
    pub profile: Option<Profile>,
    /// `PodsAdded` or `OnboardingComplete`, when that was done before.
    pub onboarding_checkpoint: Option<String>,
}

impl NewCustomer {
    fn fill(&self, call: Call<'static>) -> Call<'static> {
        call.with("partnerId", self.partner_id.as_ref().map(PartnerId::as_str))
            .with("name", self.name.as_deref())
            .with("email", self.email.as_deref())
            .with("acceptLanguage", self.accept_language.as_deref())
            .with("profile", self.profile.as_ref().map(Profile::as_str))
            .with("onboardingCheckpoint", self.onboarding_checkpoint.as_deref())
    }
}

/// What [`CustomerHandle::update`] changes. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CustomerUpdate {
    /// The provider's own key, six characters at least.
    pub account_id: Option<AccountId>,
    /// The name shown to people.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the address is taken for confirmed.
    pub email_verified: Option<bool>,
    /// Language for e-mails.
    pub accept_language: Option<String>,
    /// Whether the account is locked.
    pub locked: Option<bool>,
}

/// What [`CustomerHandle::create_location`] sets, the name at least, and
/// [`LocationHandle::update`](crate::LocationHandle::update) changes. What is `None` is not sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LocationDetails {
    /// The name.
    pub name: Option<String>,
    /// The kind of location.
    pub profile: Option<Profile>,
    /// The provider's contract key.
    pub service_id: Option<ServiceId>,
}

impl LocationDetails {
    pub(crate) fn fill(&self, call: Call<'static>) -> Call<'static> {
        call.with("name", self.name.as_deref())
            .with("profile", self.profile.as_ref().map(Profile::as_str))
            .with("serviceId", self.service_id.as_ref().map(ServiceId::as_str))
    }
}

/// The documented minimum saves a refused call; the API checks the rest.
fn check_account(call: Call<'static>, account: &str) -> Call<'static> {
    let short = account.chars().count() < ACCOUNT_ID_LENGTH;
    call.fail_if(short, "accountId", "has fewer than 6 characters, and the API refuses it")
}

impl Customers {
    /// Registers a customer with a first location (`POST /Customers/register`), whose id stands in
    /// [`Customer::location_id`]. Sent once: an account id that is taken is refused with 409.
    pub fn register(&self, account: impl Into<AccountId>, new: &NewCustomer) -> Change<Customer> {
        let account = account.into();
        let call = new.fill(Call::new(&op::CUSTOMERS_REGISTER).with("accountId", account.as_str()));
        Change::new(&self.client, check_account(call, account.as_str()))
    }

    /// Registers a customer with a password, in groups (`POST /Customers/registerWithGroups`). Sent once.
    pub fn register_with_groups(
        &self,
        account: impl Into<AccountId>,
        new: &NewCustomer,
        password: Option<&Secret>,
        groups: &[GroupId],
    ) -> Change<Customer> {
        let account = account.into();
        let groups: Vec<&str> = groups.iter().map(GroupId::as_str).collect();
        let call = Call::new(&op::CUSTOMERS_REGISTER_WITH_GROUPS)
            .with("accountId", account.as_str())
            .with("password", password.map(Secret::expose))
            .with("groupIds", (!groups.is_empty()).then_some(groups));
        Change::new(&self.client, check_account(new.fill(call), account.as_str()))
    }
}

impl CustomerHandle {
    /// Changes what is given and leaves the rest (`PATCH /Customers/{id}`).
    pub fn update(&self, update: &CustomerUpdate) -> Change<Customer> {
        let account = update.account_id.as_ref().map(AccountId::as_str);
        let call = self
            .call(&op::CUSTOMER_UPDATE)
            .with("accountId", account)
            .with("name", update.name.as_deref())
            .with("email", update.email.as_deref())
            .with("emailVerified", update.email_verified)
            .with("acceptLanguage", update.accept_language.as_deref())
            .with("locked", update.locked)
            .fail_if(*update == CustomerUpdate::default(), "the update", "changes nothing");
        let call = match account {
            Some(account) => check_account(call, account),
            None => call,
        };
        Change::new(&self.client, call)
    }

    /// Deletes the customer (`DELETE /Customers/{id}`). Where there is none, the API answers 404 or a count of 0.
    pub fn delete(&self) -> Change<Count> {
        Change::new(&self.client, self.call(&op::CUSTOMER_DELETE))
    }

    /// Adds a location (`POST /Customers/{id}/locations`). Sent once.
    pub fn create_location(&self, details: &LocationDetails) -> Change<Location> {
        Change::new(&self.client, details.fill(self.call(&op::LOCATION_CREATE)))
    }
}
