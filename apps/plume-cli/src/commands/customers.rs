//! `plume customers`: list, search, show.

use clap::{Args, Subcommand};
use plume::{
    Filter, SearchEntity,
    cli::exit,
    types::{Customer, CustomerSearchHit},
};

use crate::args::{Length, help};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Printed, Rows, Schemas};
use crate::session::Session;

/// Find and show customers
#[derive(Debug, Subcommand)]
pub(crate) enum Customers {
    List(ListCustomers),
    Search(SearchCustomers),
    Show(ShowCustomer),
}

/// List customers
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo customers list --limit 5",
    "plume customers list --all -o jsonl",
]))]
pub(crate) struct ListCustomers {
    /// Skip this many customers
    #[arg(long, value_name = "ROWS", default_value_t = 0)]
    offset: u32,
    #[command(flatten)]
    length: Length,
}

const SCHEMAS: Schemas = Schemas { list: "plume.customer.list/1", row: "plume.customer/1" };

const COLUMNS: [Column<Customer>; 4] = [
    Column::word("ID", |customer| Cell::new(&customer.id)),
    Column::extra(Column::word("ACCOUNT", |customer| Cell::option(customer.account_id.as_ref()))),
    Column::text("NAME", |customer| Cell::new(customer.display_name())),
    Column::extra(Column::word("EMAIL", |customer| Cell::option(customer.email.as_ref()))),
];

/// The largest documented page.
const MAX_PAGE: u32 = 500;
/// The number of rows without --limit and --all.
const DEFAULT_LIMIT: u32 = 25;

impl Customers {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        Ok(match self {
            Self::List(command) => session.print(&command.run(session).await?),
            Self::Search(command) => session.print(&command.run(session).await?),
            Self::Show(command) => session.print(&command.run(session).await?),
        })
    }
}

impl ListCustomers {
    async fn run(self, session: &Session) -> Result<Outcome<Customer>> {
        let limit = if self.length.all { u32::MAX } else { self.length.limit.unwrap_or(DEFAULT_LIMIT) };
        // One more row shows whether the list continues: the API has no total, and a short page is not the end.
        let page = limit.saturating_add(1).min(MAX_PAGE);
        let filter = Filter::new().limit(page).offset(self.offset);
        let mut found = session.client()?.customers().filter(filter).pages().items();
        let (mut items, mut failure) = (Vec::new(), None);
        while items.len() < limit as usize
            && let Some(customer) = found.next().await
        {
            match customer {
                Ok(customer) => items.push(customer),
                Err(error) if items.is_empty() => return Err(error.into()),
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        let end = found.continuation().offset();
        // If that fails, there may be more.
        let more = match &failure {
            Some(error) => {
                session.warn(&format!("the list ends early: {error}"));
                Some(format!("There may be more; go on with --offset {end}."))
            }
            None => {
                found.next().await.map(|_| format!("There is more; go on with --offset {end}, or --all."))
            }
        };
        let rows = Rows { items, unreadable: found.notes().unreadable, more };
        let outcome = Outcome::list(SCHEMAS, rows, &COLUMNS);
        let code = if failure.is_some() { exit::PARTLY } else { outcome.code };
        Ok(Outcome { code, ..outcome })
    }
}

/// Search customers by name, e-mail, id, account or serial number
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo customers search Sample",
    "plume customers search jo@example.net --exact -o json",
]))]
pub(crate) struct SearchCustomers {
    /// A name, e-mail address, account, service id, serial number, or id of a customer or location
    text: String,
    /// Only exact matches
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    length: Length,
}

const HIT_SCHEMAS: Schemas = Schemas { list: "plume.customer.search/1", row: "plume.customer.hit/1" };

const HIT_COLUMNS: [Column<CustomerSearchHit>; 5] = [
    Column::word("CUSTOMER ID", |hit| Cell::option(hit.customer_id.as_ref())),
    Column::text("NAME", |hit| Cell::option(hit.customer_name.as_ref())),
    Column::extra(Column::word("EMAIL", |hit| Cell::option(hit.customer_email.as_ref()))),
    Column::extra(Column::text("MATCH", |hit| Cell::option(hit.matched_value.as_ref()))),
    Column::extra(Column::word("LOCATION ID", |hit| {
        let first = || Some(&hit.locations.as_ref()?.first()?.id);
        Cell::option(hit.location_id_to_select.as_ref().or_else(first))
    })),
];

const KINDS: [SearchEntity; 7] = [
    SearchEntity::NodeId,
    SearchEntity::LocationId,
    SearchEntity::CustomerId,
    SearchEntity::Name,
    SearchEntity::Email,
    SearchEntity::AccountId,
    SearchEntity::ServiceId,
];
/// The API returns at most this many customers of each kind.
const MAX_HITS: usize = 10;

impl SearchCustomers {
    async fn run(self, session: &Session) -> Result<Outcome<CustomerSearchHit>> {
        let found = session.client()?.customers().search(&self.text, &KINDS, self.exact).await?;
        let mut rows = Rows::from(found).cut(&self.length);
        if rows.more.is_none() && rows.items.len() >= MAX_HITS {
            rows.more =
                Some("There may be more: the search returns ten of a kind. Use a longer text.".to_owned());
        }
        Ok(Outcome::list(HIT_SCHEMAS, rows, &HIT_COLUMNS))
    }
}

/// Show a customer
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo customers show",
    "plume customers show 5f0000000000000000000001",
]))]
pub(crate) struct ShowCustomer {
    /// The customer's id; may be left out with --demo, and with a profile that has one
    customer_id: Option<String>,
}

const FIELDS: [Column<Customer>; 10] = [
    Column::text("Name", |customer| Cell::new(customer.display_name())),
    Column::word("Id", |customer| Cell::new(&customer.id)),
    Column::text("Account", |customer| Cell::option(customer.account_id.as_ref())),
    Column::text("Email", |customer| Cell::option(customer.email.as_ref())),
    Column::text("Email verified", |customer| Cell::yes_no(customer.email_verified)),
    Column::text("Locked", |customer| Cell::yes_no(customer.locked)),
    Column::text("Language", |customer| {
        Cell::option(customer.preferred_language.as_ref().or(customer.accept_language.as_ref()))
    }),
    Column::text("Partner", |customer| Cell::option(customer.partner_id.as_ref())),
    Column::text("Source", |customer| Cell::option(customer.source.as_ref())),
    Column::text("Created", |customer| Cell::time(customer.created_at)),
];

impl ShowCustomer {
    async fn run(self, session: &Session) -> Result<Outcome<Customer>> {
        let customer = session.customer(self.customer_id.as_deref())?.get().await?;
        Ok(Outcome::record("plume.customer/1", customer, &FIELDS))
    }
}
