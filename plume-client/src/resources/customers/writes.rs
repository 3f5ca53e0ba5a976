//! Changes of customers.

use plume_types::{
    AccountId, Count, Customer, FreeForm, GroupId, Location, PartnerId, Profile, Secret, ServiceId,
};

use crate::call::Call;
use crate::operations::{self as op, Operation};
use crate::resources::change::Change;
use crate::resources::customers::handle::{CustomerHandle, Customers};

/// The minimum length of an account id; the API responds 422 for fewer characters.
const ACCOUNT_ID_LENGTH: usize = 6;

/// The details of a new customer besides the account id. `None` is not sent.
///
/// Build it with `..Default::default()`: a later version may add fields.
///
/// ```
/// use plume_client::NewCustomer;
///
/// let new = NewCustomer { name: Some("Sample Customer".into()), ..NewCustomer::default() };
/// # let _ = new;
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewCustomer {
    /// The partner, for clients of several.
    pub partner_id: Option<PartnerId>,
    /// The display name.
    pub name: Option<String>,
    /// E-mail address; without one the customer is anonymous.
    pub email: Option<String>,
    /// Language for e-mails, for example `en-US`.
    pub accept_language: Option<String>,
    /// The kind of the first location.
    pub profile: Option<Profile>,
    /// `PodsAdded` or `OnboardingComplete`, if these steps are done.
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

/// The changes of [`CustomerHandle::update`]. `None` leaves a value unchanged.
///
/// Build it with `..Default::default()`: a later version may add fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CustomerUpdate {
    /// The provider's key, at least six characters.
    pub account_id: Option<AccountId>,
    /// The display name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the e-mail address counts as confirmed.
    pub email_verified: Option<bool>,
    /// Language for e-mails.
    pub accept_language: Option<String>,
    /// Whether the account is locked.
    pub locked: Option<bool>,
}

/// The details of a location for [`CustomerHandle::create_location`], which requires the name, and for
/// [`LocationHandle::update`](crate::LocationHandle::update). `None` is not sent.
///
/// Build it with `..Default::default()`: a later version may add fields.
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

/// Checks the documented minimum; the API checks the rest.
fn check_account(call: Call<'static>, account: &str) -> Call<'static> {
    let short = account.chars().count() < ACCOUNT_ID_LENGTH;
    call.fail_if(short, "accountId", "it has fewer than 6 characters")
}

impl Customers {
    /// Registers a customer with a first location (`POST /Customers/register`), whose id is
    /// [`Customer::location_id`]. Sent once. The API rejects an account id that is taken with 409.
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
    /// Returns a change by any operation of a customer, with this customer's id.
    pub fn change(&self, operation: &'static Operation) -> Change<FreeForm> {
        let mut change = self.client.change(operation);
        self.fill(&mut change.call);
        change
    }

    /// Changes details of the customer (`PATCH /Customers/{id}`).
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
            .fail_if(*update == CustomerUpdate::default(), "update", "it changes nothing");
        let call = match account {
            Some(account) => check_account(call, account),
            None => call,
        };
        Change::new(&self.client, call)
    }

    /// Deletes the customer (`DELETE /Customers/{id}`). For an unknown one the API responds 404 or a count of 0.
    pub fn delete(&self) -> Change<Count> {
        Change::new(&self.client, self.call(&op::CUSTOMER_DELETE))
    }

    /// Adds a location (`POST /Customers/{id}/locations`). Sent once.
    pub fn create_location(&self, details: &LocationDetails) -> Change<Location> {
        Change::new(&self.client, details.fill(self.call(&op::LOCATION_CREATE)))
    }
}
