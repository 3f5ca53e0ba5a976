//! The lists that page.

use std::sync::Arc;

use futures_util::FutureExt;
use plume_types::{Customer, FreeForm, Group, GroupId, PartnerCustomerHit, decode::Decode};

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operations as op;
use crate::operations::{Operation, Paging};
use crate::resources::customers::Customers;
use crate::resources::filter::Filter;
use crate::resources::pages::stream::Pages;
use crate::resources::pages::walk::Ask;
use crate::resources::partner::{CustomerSearch, Partner};
use crate::resources::read::Read;
use crate::resources::rows::ROWS;

/// What the API gives of a list by itself, and the most its documentation speaks of.
const PAGE: u32 = 500;
/// What clients ask a search for.
const SEARCH_PAGE: u32 = 100;

impl Customers {
    /// The customers that fulfil a filter, page by page (`GET /Customers`). The filter's limit is the size of a page,
    /// 500 if it has none, and its offset the place where the walk begins.
    pub fn pages(&self, filter: &Filter) -> Pages<Customer> {
        Pages::of_customers(&self.client, Call::new(&op::CUSTOMERS_LIST), filter)
    }
}

impl Partner {
    /// The groups that fulfil a filter, page by page (`GET /Groups`); as [`Customers::pages`].
    pub fn groups_pages(&self, filter: &Filter) -> Pages<Group> {
        filtered(&self.client, Call::new(&op::GROUPS_LIST), filter, |group: &Group| group.id.to_string())
    }

    /// The customers of a group, page by page (`GET /Groups/{groupId}/customers`); as [`Customers::pages`]. The
    /// partner's own id works as a group's.
    pub fn group_customers_pages(&self, group: impl Into<GroupId>, filter: &Filter) -> Pages<Customer> {
        let call = Call::new(&op::GROUP_CUSTOMERS).with("groupId", group.into().as_str());
        Pages::of_customers(&self.client, call, filter)
    }

    /// The hits of a search, page by page (`GET /partners/customers/search/{keyword}`). The search's limit is the size
    /// of a page, 100 if it has none.
    pub fn search_customers_pages(&self, search: &CustomerSearch) -> Pages<PartnerCustomerHit> {
        let key = |hit: &PartnerCustomerHit| hit.id.to_string();
        let start = search.skip.unwrap_or_default().into();
        skipped(&self.client, search.call(), search.limit.unwrap_or(SEARCH_PAGE), start, key)
    }
}

impl Pages<Customer> {
    pub(in crate::resources) fn of_customers(client: &Client, call: Call<'static>, filter: &Filter) -> Self {
        filtered(client, call, filter, |customer: &Customer| customer.id.to_string())
    }
}

impl Read {
    /// The rows of a list, page by page. The page size is the `limit` that was given, or that of the `filter`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if the operation's list does not page, and why; and if its
    /// `filter` is no JSON object.
    pub fn pages(self) -> Result<Pages<FreeForm>, Error> {
        let Self { client, mut call } = self;
        let refused = |name: &str, why: &str| Err(Error::argument(call.operation, name, why));
        match call.operation.paging {
            Paging::None => refused("the list", "does not page: the answer is all there is"),
            Paging::LimitOnly => {
                refused("the list", "does not page: `limit` cuts it, and nothing leads to the rest")
            }
            Paging::Filter => {
                let given = call.given("filter").map_or(Some(Filter::new()), Filter::parse);
                let Some(filter) = given else { return refused("filter", "is no JSON object") };
                Ok(filtered(&client, call, &filter, row_key))
            }
            Paging::LimitSkip => {
                let number = |name| call.given(name).and_then(|text| text.parse::<u32>().ok());
                let (limit, skip) = (number("limit"), number("skip"));
                call.forget("limit");
                Ok(skipped(
                    &client,
                    call,
                    limit.unwrap_or(SEARCH_PAGE),
                    skip.unwrap_or_default().into(),
                    row_key,
                ))
            }
        }
    }
}

/// What tells a row of unknown form from the others.
fn row_key(row: &FreeForm) -> String {
    ["id", "nodeId", "mac", "customerId"]
        .iter()
        .find_map(|name| row.text(name))
        .unwrap_or_else(|| row.expose().to_string())
}

fn filtered<T: Decode + Send + 'static>(
    client: &Client,
    call: Call<'static>,
    filter: &Filter,
    key: fn(&T) -> String,
) -> Pages<T> {
    let mut filter = filter.clone();
    let (limit, start) = filter.take_page();
    let query = format!("{} {}", call.place(), filter.to_json());
    fetched(client, call, query, (limit.unwrap_or(PAGE), start), key, move |call, ask| {
        call.with("filter", filter.clone().limit(ask.limit).at(ask.offset).to_json())
    })
}

fn skipped<T: Decode + Send + 'static>(
    client: &Client,
    mut call: Call<'static>,
    limit: u32,
    start: u64,
    key: fn(&T) -> String,
) -> Pages<T> {
    call.forget("limit");
    call.forget("skip");
    let query = call.place();
    fetched(client, call, query, (limit, start), key, |call, ask| {
        call.with("limit", ask.limit).with("skip", ask.offset)
    })
}

fn fetched<T: Decode + Send + 'static>(
    client: &Client,
    call: Call<'static>,
    query: String,
    (limit, start): (u32, u64),
    key: fn(&T) -> String,
    page: impl Fn(Call<'static>, Ask) -> Call<'static> + Send + Sync + 'static,
) -> Pages<T> {
    let operation: &'static Operation = call.operation;
    let client = client.clone();
    let fetch = move |ask: Ask| {
        let client = client.clone();
        let call = page(call.clone(), ask);
        async move { client.list(call, ROWS).await }.boxed()
    };
    Pages::new(operation, query, limit, start, key, Arc::new(fetch))
}
