//! Customers, and the searches that find them. (`plume-api` models §1)

use chrono::{DateTime, Utc};

use crate::list::List;
use crate::macros::{model, open_enum};
use crate::values::{AccountId, CustomerId, FreeForm, GroupId, LocationId, PartnerId, ServiceId, TextOrFlag};

model! {
    /// A customer of the internet provider: the owner of one or more locations.
    ///
    /// Also the response of a registration, which adds [`Customer::location_id`].
    pub struct Customer("a customer") key {
        /// The customer's id.
        id: CustomerId = "id",
    } fields {
        /// The provider's own key; a random UUID if the provider gave none.
        account_id: Option<AccountId> = "accountId",
        /// The provider.
        partner_id: Option<PartnerId> = "partnerId",
        /// The name shown to people.
        name: Option<String> = "name",
        /// First name, given by some provisioning tools.
        first_name: Option<String> = "firstName",
        /// Last name, given by some provisioning tools.
        last_name: Option<String> = "lastName",
        /// Full name, given by some provisioning tools.
        full_name: Option<String> = "fullName",
        /// E-mail address; a placeholder `null+…@plume.com` for anonymous customers.
        email: Option<String> = "email",
        /// Whether the address was confirmed.
        email_verified: Option<bool> = "emailVerified",
        /// Whether the customer was created without a name or address.
        anonymous: Option<bool> = "anonymous",
        /// Whether the customer was created by the provider's automation.
        auto_provisioned: Option<bool> = "autoProvisioned",
        /// Whether the account is locked.
        locked: Option<bool> = "locked",
        /// Whether this is an account of the cloud itself.
        system_user: Option<bool> = "systemUser",
        /// Language for e-mails, for example `en-US`.
        accept_language: Option<String> = "acceptLanguage",
        /// Language chosen by the customer.
        preferred_language: Option<String> = "preferredLanguage",
        /// The origin of the account, for example `Customer.registerWithGroups`.
        source: Option<String> = "source",
        /// The time of creation.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// First log-in with the mobile app.
        first_known_login: Option<DateTime<Utc>> = "firstKnownLoginTimestamp",
        /// Whether single sign-on provisioning is audited.
        provisioning_sso_audit_trail: Option<TextOrFlag> = "provisioningSsoAuditTrail",
        /// The contact.
        contact: Option<String> = "contact",
        /// The realm of the account.
        realm: Option<String> = "realm",
        /// The user name of the account.
        username: Option<String> = "username",
        /// Settings of the support tool; free form.
        noc_settings: Option<FreeForm> = "nocSettings",
        /// Accounts linked to this one; free form.
        linked_accounts: Option<FreeForm> = "linkedAccounts",
        /// Accepted terms; free form.
        terms_and_privacy: Option<FreeForm> = "termsAndPrivacy",
        /// Origin and target of a migration of the account; free form.
        migration: Option<FreeForm> = "migration",
        /// The customer's locations, if requested.
        locations: Option<List<LocationRef>> = "locations",
        /// The first location, in the response of a registration.
        location_id: Option<LocationId> = "locationId",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

impl Customer {
    /// Returns the name for people: name, full name, first and last name, e-mail address, else the id.
    ///
    /// ```
    /// use plume_types::Customer;
    ///
    /// let mut customer = Customer::new("5f0000000000000000000001");
    /// assert_eq!(customer.display_name(), "5f0000000000000000000001");
    /// customer.name = Some("Sample Customer".into());
    /// assert_eq!(customer.display_name(), "Sample Customer");
    /// ```
    #[must_use]
    pub fn display_name(&self) -> String {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        given(&self.name)
            .or_else(|| given(&self.full_name))
            .or_else(|| {
                let parts: Vec<String> =
                    [given(&self.first_name), given(&self.last_name)].into_iter().flatten().collect();
                (!parts.is_empty()).then(|| parts.join(" "))
            })
            .or_else(|| given(&self.email))
            .unwrap_or_else(|| self.id.to_string())
    }
}

model! {
    /// A reference to a location inside another response.
    pub struct LocationRef("a location's id") key {
        /// The location's id.
        id: LocationId = "id" or location_id,
    } fields {
        /// The same id under the name that search hits use.
        location_id: Option<String> = "locationId",
        /// The location's name, if given.
        name: Option<String> = "name",
    }
}

model! {
    /// A hit of the search over all kinds of keys (`Customers/v2/search`).
    pub struct CustomerSearchHit("a search hit") fields {
        /// The search text.
        matching_string: Option<String> = "matchingString",
        /// The value that matched.
        matched_value: Option<String> = "matchedValue",
        /// The customer.
        customer_id: Option<CustomerId> = "customerId",
        /// The customer's name.
        customer_name: Option<String> = "customerName",
        /// The customer's e-mail address.
        customer_email: Option<String> = "customerEmail",
        /// The location of the hit.
        location_id_to_select: Option<LocationId> = "locationIdToSelect",
        /// The customer's locations, at most ten.
        locations: Option<List<LocationRef>> = "locations",
    }
}

model! {
    /// A hit of the provider's search (`partners/customers/search`).
    pub struct PartnerCustomerHit("a customer") key {
        /// The customer's id.
        id: CustomerId = "id",
    } fields {
        /// The provider's own key.
        account_id: Option<AccountId> = "accountId",
        /// The customer's name.
        name: Option<String> = "name",
        /// The customer's e-mail address.
        email: Option<String> = "email",
        /// The customer's locations.
        locations: Option<List<LocationRef>> = "locations",
    }
}

model! {
    /// A location found by its id or contract key (`partners/locations`).
    pub struct PartnerLocation("a location") key {
        /// The location's id.
        id: LocationId = "id",
    } fields {
        /// The location's name.
        name: Option<String> = "name",
        /// The provider's contract key.
        service_id: Option<ServiceId> = "serviceId",
        /// The owner.
        customer: Option<PartnerLocationCustomer> = "customer",
        /// The owner's id, if the response is flat.
        flat_customer_id: Option<CustomerId> = "customerId",
    }
}

impl PartnerLocation {
    /// Returns the owner's id, from either form of the response.
    #[must_use]
    pub fn customer_id(&self) -> Option<&CustomerId> {
        self.customer.as_ref().map(|customer| &customer.id).or(self.flat_customer_id.as_ref())
    }
}

model! {
    /// The owner of a [`PartnerLocation`].
    pub struct PartnerLocationCustomer("a customer") key {
        /// The customer's id.
        id: CustomerId = "id",
    } fields {
        /// The customer's name.
        name: Option<String> = "name",
        /// The provider's own key.
        account_id: Option<AccountId> = "accountId",
    }
}

model! {
    /// A count: the response of `count` and of deletions.
    pub struct Count("a count") fields {
        /// The count.
        count: Option<u64> = "count",
    }
}

model! {
    /// A group of customers.
    pub struct Group("a group") key {
        /// The group's id.
        id: GroupId = "id",
    } fields {
        /// Its name.
        name: Option<String> = "name",
        /// Its purpose.
        description: Option<String> = "description",
        /// The time of creation.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

model! {
    /// An entry of the audit trail: a change with its author and time.
    pub struct AuditTrail("an audit entry") fields {
        /// Its id.
        id: Option<String> = "id",
        /// The customer.
        customer_id: Option<CustomerId> = "customerId",
        /// The location, if one was changed.
        location_id: Option<LocationId> = "locationId",
        /// The provider.
        partner_id: Option<PartnerId> = "partnerId",
        /// The author.
        author: Option<String> = "author",
        /// The event.
        event: Option<AuditEvent> = "event",
        /// Details; free form.
        details: Option<FreeForm> = "details",
        /// The cloud's own id of the request.
        request_id: Option<String> = "xRequestId",
        /// The time of the event.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// The time when the entry expires.
        expires_at: Option<DateTime<Utc>> = "expiresAt",
    }
}

open_enum! {
    /// The event of an [`AuditTrail`].
    pub enum AuditEvent {
        /// A customer was created.
        CustomerCreated = "CustomerCreated",
        /// A customer was deleted.
        CustomerDeleted = "CustomerDeleted",
        /// Settings of a customer were changed.
        CustomerConfigChanged = "CustomerConfigChanged",
        /// A location was created.
        LocationCreated = "LocationCreated",
        /// A location was deleted.
        LocationDeleted = "LocationDeleted",
        /// Settings of a location were changed.
        LocationConfigChanged = "LocationConfigChanged",
        /// A node was claimed.
        NodeClaimed = "NodeClaimed",
        /// A node was unclaimed.
        NodeUnclaimed = "NodeUnclaimed",
        /// Several nodes were claimed.
        MultiNodeClaimed = "MultiNodeClaimed",
        /// A node was exchanged for another.
        NodeSwapped = "NodeSwapped",
        /// Wi-Fi settings were changed.
        WifiConfigChanged = "WifiConfigChanged",
        /// A security policy was changed.
        SecurityPolicyChanged = "SecurityPolicyChanged",
    }
}
