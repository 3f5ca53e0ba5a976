//! The lists with pages and filters.

use std::{fmt, sync::Arc};

use futures_util::FutureExt;
use plume_types::{Count, Customer, FreeForm, Group, GroupId, List, PartnerCustomerHit, decode::Decode};

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operations as op;
use crate::operations::{Operation, Paging};
use crate::resources::filter::Filter;
use crate::resources::pages::stream::Pages;
use crate::resources::pages::walk::PageRequest;
use crate::resources::partner::{CustomerSearch, Partner};
use crate::resources::rows::ROWS;

/// The default page size, which is the API's default and documented maximum.
pub(crate) const PAGE: u32 = 500;
/// The default page size of searches.
const SEARCH_PAGE: u32 = 100;

/// A list that takes a [`Filter`]: as one page, as a stream of pages, or counted. Made by [`Partner::groups`] and
/// [`Partner::group_customers`]; [`Customers`](crate::Customers) has the same methods.
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// use plume_client::Filter;
///
/// let groups = client.partner().groups();
/// println!("{:?} groups", groups.count().await?);
/// for group in groups.filter(Filter::new().order("name ASC").limit(20)).list().await? {
///     println!("{}", group.id);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "nothing is sent before `list`, `pages` or `count`"]
pub struct Listing<T> {
    client: Client,
    call: Call<'static>,
    count: Call<'static>,
    filter: Filter,
    key: fn(&T) -> String,
}

impl<T> fmt::Debug for Listing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.call.operation.name;
        f.debug_struct("Listing")
            .field("operation", &operation)
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}

impl<T: Decode + Send + 'static> Listing<T> {
    /// Restricts, orders and cuts the list; all rows by default.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Returns one page of the list, which is 500 rows without a limit.
    pub async fn list(&self) -> Result<List<T>, Error> {
        self.client.list(self.call.clone().with("filter", self.filter.query()), ROWS).await
    }

    /// Returns the number of rows that match the filter's conditions.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) for the conditions of a group's customers, which the API counts
    /// as a whole only.
    pub async fn count(&self) -> Result<Option<u64>, Error> {
        let (call, conditions) = (self.count.clone(), self.filter.conditions());
        let call = if call.operation.parameter("where").is_some() {
            call.with("where", conditions)
        } else {
            call.fail_if(conditions.is_some(), "filter", "this list is counted without conditions")
        };
        Ok(self.client.one::<Count>(call).await?.count)
    }

    /// Returns the list to its end, page by page. The filter's limit is the page size, 500 by default, and its offset the
    /// start.
    pub fn pages(&self) -> Pages<T> {
        filtered(&self.client, self.call.clone(), &self.filter, self.key)
    }
}

impl Listing<Customer> {
    pub(in crate::resources) fn of_customers(
        client: &Client,
        call: Call<'static>,
        count: Call<'static>,
    ) -> Self {
        let key = |customer: &Customer| customer.id.to_string();
        Self { client: client.clone(), call, count, filter: Filter::new(), key }
    }
}

impl Partner {
    /// Returns the groups (`GET /Groups`, `GET /Groups/count`).
    pub fn groups(&self) -> Listing<Group> {
        Listing {
            client: self.client.clone(),
            call: Call::new(&op::GROUPS_LIST),
            count: Call::new(&op::GROUPS_COUNT),
            filter: Filter::new(),
            key: |group| group.id.to_string(),
        }
    }

    /// Returns the customers of a group (`GET /Groups/{groupId}/customers`, `GET /Groups/{groupId}/customers/count`). A
    /// partner's id also works as a group's.
    pub fn group_customers(&self, group: impl Into<GroupId>) -> Listing<Customer> {
        let group = group.into();
        let call = |operation| Call::new(operation).with("groupId", group.as_str());
        Listing::of_customers(&self.client, call(&op::GROUP_CUSTOMERS), call(&op::GROUP_CUSTOMERS_COUNT))
    }

    /// Returns the hits of a search, page by page (`GET /partners/customers/search/{keyword}`). The search's limit is the
    /// page size, 100 by default.
    pub fn search_customers_pages(&self, search: &CustomerSearch) -> Pages<PartnerCustomerHit> {
        let key = |hit: &PartnerCustomerHit| hit.id.to_string();
        let start = search.skip.unwrap_or_default().into();
        skipped(&self.client, search.call(), search.limit.unwrap_or(SEARCH_PAGE), start, key)
    }
}

impl Pages<FreeForm> {
    /// Returns the list of any operation, or an error if it has no pages.
    pub(in crate::resources) fn of_any(client: &Client, mut call: Call<'static>) -> Result<Self, Error> {
        let refused = |name: &str, why: &str| Err(Error::argument(call.operation, name, why));
        match call.operation.paging {
            Paging::None => refused("operation", "its list has no pages; one response holds all of it"),
            Paging::LimitOnly => {
                refused("operation", "its list has no pages; `limit` cuts it, and the rest cannot be read")
            }
            Paging::Filter => {
                let given = call.given("filter").map_or(Some(Filter::new()), Filter::parse);
                let Some(filter) = given else { return refused("filter", "not a JSON object") };
                Ok(filtered(client, call, &filter, row_key))
            }
            Paging::LimitSkip => {
                let number = |name| call.given(name).and_then(|text| text.parse::<u32>().ok());
                let (limit, skip) = (number("limit"), number("skip"));
                call.forget("limit");
                Ok(skipped(
                    client,
                    call,
                    limit.unwrap_or(SEARCH_PAGE),
                    skip.unwrap_or_default().into(),
                    row_key,
                ))
            }
        }
    }
}

/// Returns the key of a row of unknown form.
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
