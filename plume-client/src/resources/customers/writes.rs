//! Changes of customers.

use plume_types::{AccountId, Count, Customer, GroupId, Location, PartnerId, Profile, Secret, ServiceId};

use crate::call::Call;
use crate::operations as op;
use crate::resources::change::Change;
use crate::resources::customers::handle::{CustomerHandle, Customers};
use crate::resources::values::{Sent, Values, optional_values};

/// The fewest characters an account id may have; the API answers 422 for fewer.
const ACCOUNT_ID_LENGTH: usize = 6;

optional_values! {
    /// What a customer is registered with, beside the account id.
    ///
    /// ```
    /// use plume_client::NewCustomer;
    ///
    /// let new = NewCustomer::default().name("Sample Customer").email("customer@example.com");
    /// # let _ = new;
    /// ```
    pub struct NewCustomer {
        /// The provider, where a client acts for several.
        partner_id: PartnerId = "partnerId",
        /// The name shown to people.
        name: String = "name",
        /// E-mail address; without one the customer is anonymous.
        email: String = "email",
        /// Language for e-mails, for example `en-US`.
        accept_language: String = "acceptLanguage",
        /// The kind of the first location.
        profile: Profile = "profile",
        /// `PodsAdded` or `OnboardingComplete`, when that was done before.
        onboarding_checkpoint: String = "onboardingCheckpoint",
    }
}

optional_values! {
    /// What [`CustomerHandle::update`] changes.
    pub struct CustomerUpdate {
        /// The provider's own key, six characters at least.
        account_id: String = "accountId",
        /// The name shown to people.
        name: String = "name",
        /// E-mail address.
        email: String = "email",
        /// Whether the address is taken for confirmed.
        email_verified: bool = "emailVerified",
        /// Language for e-mails.
        accept_language: String = "acceptLanguage",
        /// Whether the account is locked.
        locked: bool = "locked",
    }
}

optional_values! {
    /// What [`CustomerHandle::create_location`] sets, the name at least, and
    /// [`LocationHandle::update`](crate::LocationHandle::update) changes.
    pub struct LocationDetails {
        /// The name.
        name: String = "name",
        /// The kind of location.
        profile: Profile = "profile",
        /// The provider's contract key.
        service_id: ServiceId = "serviceId",
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
            .with("password", password.map(Sent::sent))
            .with("groupIds", (!groups.is_empty()).then_some(groups));
        Change::new(&self.client, check_account(new.fill(call), account.as_str()))
    }
}

impl CustomerHandle {
    /// Changes what is given and leaves the rest (`PATCH /Customers/{id}`).
    pub fn update(&self, update: &CustomerUpdate) -> Change<Customer> {
        let mut call = update.fill(self.call(&op::CUSTOMER_UPDATE)).fail_if(
            update.is_empty(),
            "the update",
            "changes nothing",
        );
        if let Some(account) = &update.account_id {
            call = check_account(call, account);
        }
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
