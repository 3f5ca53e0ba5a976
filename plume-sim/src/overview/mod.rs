//! Views that put much of a location into one answer.

mod facade;
mod graph;

use crate::{
    router::{Handler, RouteRow, Verb},
    routes::{api, get},
};

pub(crate) const ROUTES: &[RouteRow] = &[
    get(api!("/appFacade/home"), facade::home),
    get(api!("/appFacade/dashboard"), facade::dashboard).made_up(),
    get(api!("/appFacade/wifiDashboard"), facade::wifi_dashboard),
    get(api!("/summary"), facade::summary),
    get(api!("/topology"), facade::topology),
    get(api!("/marketingExport"), facade::marketing).made_up(),
    RouteRow {
        verb: Verb::Get,
        template: api!("/forceGraph"),
        handler: Handler::Page(graph::force_graph),
        published: true,
    },
];
