//! The lists with pages.

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
use crate::resources::pages::walk::PageRequest;
use crate::resources::partner::{CustomerSearch, Partner};
use crate::resources::read::Read;
use crate::resources::rows::ROWS;

/// The default page size, which is the API's default and documented maximum.
const PAGE: u32 = 500;
/// The default page size of searches.
const SEARCH_PAGE: u32 = 100;

impl Customers {
    /// Returns the customers that match a filter, page by page (`GET /Customers`). The filter's limit is the page size, 500
    /// by default, and its offset the start.
    pub fn pages(&self, filter: &Filter) -> Pages<Customer> {
        Pages::of_customers(&self.client, Call::new(&op::CUSTOMERS_LIST), filter)
    }
}

impl Partner {
    /// Returns the groups that match a filter, page by page (`GET /Groups`); see [`Customers::pages`].
    pub fn groups_pages(&self, filter: &Filter) -> Pages<Group> {
        filtered(&self.client, Call::new(&op::GROUPS_LIST), filter, |group: &Group| group.id.to_string())
    }

    /// Returns the customers of a group, page by page (`GET /Groups/{groupId}/customers`); see [`Customers::pages`]. A
    /// partner's id also works as a group's.
    pub fn group_customers_pages(&self, group: impl Into<GroupId>, filter: &Filter) -> Pages<Customer> {
        let call = Call::new(&op::GROUP_CUSTOMERS).with("groupId", group.into().as_str());
        Pages::of_customers(&self.client, call, filter)
    }

    /// Returns the hits of a search, page by page (`GET /partners/customers/search/{keyword}`). The search's limit is the
    /// page size, 100 by default.
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
    /// Returns the rows of a list, page by page. The page size is the parameter `limit`, or the limit of the `filter`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if the operation's list has no pages, or its `filter` is
    /// not a JSON object.
    pub fn pages(self) -> Result<Pages<FreeForm>, Error> {
        let Self { client, mut call } = self;
        let refused = |name: &str, why: &str| Err(Error::argument(call.operation, name, why));
        match call.operation.paging {
            Paging::None => refused("operation", "its list has no pages; one response holds all of it"),
            Paging::LimitOnly => {
                refused("operation", "its list has no pages; `limit` cuts it, and the rest cannot be read")
            }
            Paging::Filter => {
                let given = call.given("filter").map_or(Some(Filter::new()), Filter::parse);
                let Some(filter) = given else { return refused("filter", "not a JSON object") };
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

/// The key of a row of unknown form.
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
    page: impl Fn(Call<'static>, PageRequest) -> Call<'static> + Send + Sync + 'static,
) -> Pages<T> {
    let operation: &'static Operation = call.operation;
    let client = client.clone();
    let fetch = move |ask: PageRequest| {
        let client = client.clone();
        let call = page(call.clone(), ask);
        async move { client.list(call, ROWS).await }.boxed()
    };
    Pages::new(operation, query, limit, start, key, Arc::new(fetch))
}
