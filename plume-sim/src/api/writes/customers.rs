//! Registers, changes and deletes customers.

use serde_json::{Map, Value, json};

use crate::api::customers::customer;
use crate::api::writes::fields::{Fields, PROFILES};
use crate::api::writes::{locations, nodes};
use crate::http::{ApiError, Outcome, Reply, Write, extend, texts};
use crate::world::{Change, LocationKey, PARTNER_ID};

const CHECKPOINTS: [&str; 2] = ["PodsAdded", "OnboardingComplete"];
/// Members that only the cloud sets, and the password, which is never read.
const FIXED: [&str; 8] = [
    "id",
    "createdAt",
    "partnerId",
    "source",
    "anonymous",
    "_version",
    "firstKnownLoginTimestamp",
    "password",
];

/// Booleans that the simulator only stores.
const FLAGS: [&str; 3] = ["autoProvisioned", "locked", "provisioningSsoAuditTrail"];

/// `POST Customers/register`.
pub(crate) fn register(write: &mut Write<'_>) -> Outcome {
    make(write, "Customer.register")
}

/// `POST Customers/registerWithGroups`: the groups must be the partner's.
pub(crate) fn register_with_groups(write: &mut Write<'_>) -> Outcome {
    let groups = Fields::of(&write.request())?;
    let groups = texts(groups.get("groupIds"));
    if groups.iter().any(|group| group != PARTNER_ID) {
        return Err(ApiError::not_allowed("The group belongs to another partner"));
    }
    make(write, "Customer.registerWithGroups")
}

fn make(write: &mut Write<'_>, source: &'static str) -> Outcome {
    let fields = Fields::of(&write.request())?;
    let account_id = fields.need("accountId")?;
    if account_id.chars().count() < 6 {
        return Err(ApiError::invalid("Customer", "accountId", "6 characters or more"));
    }
    partner(&fields)?;
    let (name, email) = (fields.text("name")?, fields.text("email")?);
    let email = email.map(checked_email).transpose()?;
    let language = fields.text("acceptLanguage")?;
    let profile = fields.word("Customer", "profile", &PROFILES)?;
    fields.word("Customer", "onboardingCheckpoint", &CHECKPOINTS)?;
    free_account(write, &account_id, None)?;
    let world = &mut *write.world;
    if world.written.registered >= world.most_registered {
        return Err(ApiError::not_allowed("The partner is locked for new accounts"));
    }
    let number = world.first_registered.saturating_add(world.written.registered);
    let key = LocationKey { customer: number, ordinal: 1 };
    let now = world.now;
    world.written.registered += 1;
    let record = world.written.customer(number);
    record.registered = Some((now, source));
    record.anonymous = Some(email.is_none());
    record.email_verified = email.as_ref().map(|_| false);
    record.name = Some(name.unwrap_or_else(|| account_id.clone()));
    record.email = email;
    record.account_id = Some(account_id.clone());
    record.added.push((key, "Home".to_owned(), now));
    record.more.extend(language.map(|language| ("acceptLanguage".to_owned(), json!(language))));
    if let Some(profile) = profile {
        let profile = Some(profile.to_owned());
        world.record(key, Change::Renamed { name: None, service_id: None, profile });
    }
    write.audit("CustomerCreated", number, None, &json!({ "accountId": account_id }));
    write.audit_location("LocationCreated", key, &json!({ "name": "Home" }));
    let customer = write.world.customer(number).ok_or_else(ApiError::unauthorized)?;
    let mut body = customer::body(&customer);
    extend(&mut body, json!({ "locationId": key.id() }));
    Ok(Reply::ok(body))
}

fn partner(fields: &Fields) -> Result<(), ApiError> {
    match fields.text("partnerId")? {
        Some(partner) if partner != PARTNER_ID => {
            Err(ApiError::not_allowed("The partner belongs to another provider"))
        }
        _ => Ok(()),
    }
}

fn checked_email(email: String) -> Result<String, ApiError> {
    let parts = email.split_once('@').filter(|(user, host)| !user.is_empty() && host.contains('.'));
    if parts.is_none() || email.contains(char::is_whitespace) {
        return Err(ApiError::invalid("Customer", "email", "an e-mail address"));
    }
    Ok(email)
}

/// Checks that the account id belongs to no customer except `own`.
fn free_account(write: &Write<'_>, account_id: &str, own: Option<u32>) -> Result<(), ApiError> {
    match write.world.customer_by_account(account_id) {
        Some(owner) if Some(owner.number) != own => {
            Err(ApiError::conflict("A customer with this accountId and partnerId exists already"))
        }
        _ => Ok(()),
    }
}

/// `PATCH` and `PUT Customers/{id}`: missing members stay unchanged.
pub(crate) fn update(write: &mut Write<'_>) -> Outcome {
    let request = write.request();
    let number = request.customer()?.number;
    let fields = Fields::of(&request)?;
    if fields.names().is_empty() {
        return Err(ApiError::bad_request("There is nothing to change"));
    }
    partner(&fields)?;
    let (account_id, name) = (fields.text("accountId")?, fields.text("name")?);
    if let Some(account_id) = &account_id {
        free_account(write, account_id, Some(number))?;
    }
    let email = fields.text("email")?.map(checked_email).transpose()?;
    let verified = fields.flag("emailVerified")?;
    let known = ["accountId", "name", "email", "emailVerified"];
    let mut more = Map::new();
    for name in FLAGS {
        // A value from a form is a text.
        more.extend(fields.flag(name)?.map(|flag| (name.to_owned(), json!(flag))));
    }
    for name in fields.names() {
        let done = known.contains(&name) || FIXED.contains(&name) || FLAGS.contains(&name);
        if let (false, Some(value)) = (done, fields.get(name)) {
            more.insert(name.to_owned(), value.clone());
        }
    }
    let record = write.world.written.customer(number);
    record.account_id = account_id.or_else(|| record.account_id.take());
    record.name = name.or_else(|| record.name.take());
    if email.is_some() {
        // A customer with an address is no longer anonymous, and has to confirm it.
        record.anonymous = Some(false);
        record.email_verified = Some(false);
        record.email = email;
    }
    record.email_verified = verified.or(record.email_verified);
    record.more.extend(more);
    let changed: Vec<&str> = fields.names().into_iter().filter(|name| !FIXED.contains(name)).collect();
    write.audit("CustomerConfigChanged", number, None, &json!({ "changed": changed }));
    let customer = write.world.customer(number).ok_or_else(ApiError::unauthorized)?;
    Ok(Reply::ok(customer::body(&customer)))
}

/// `DELETE Customers/{id}`. Its locations are archived and its nodes return to the inventory. An unknown customer is
/// a 401, as in every operation.
pub(crate) fn delete(write: &mut Write<'_>) -> Outcome {
    let customer = write.request().customer()?;
    let number = customer.number;
    for key in customer.locations {
        nodes::give_back_all(write, key);
        locations::archive(write, key);
    }
    write.world.written.customer(number).deleted = true;
    write.audit("CustomerDeleted", number, None, &Value::Object(Map::new()));
    Ok(Reply::ok(json!({ "count": 1 })))
}
