//! A shop's web server: one client for all requests, and each event of the user who made the request.
//!
//! ```text
//! cargo run -p holloway-axum-example -- --host http://127.0.0.1:8787
//! curl -X POST -H 'x-user: ada' 'http://127.0.0.1:3000/orders?total=12.5'
//! ```

mod visitor;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Result;
use axum::{
    Extension, Router,
    extract::Query,
    http::StatusCode,
    middleware,
    routing::{get, post},
};
use clap::Parser;
use holloway::Client;
use serde::Deserialize;
use serde_json::json;
use tokio::{net::TcpListener, signal};

use visitor::{Visitor, of_request};

/// A shop that records orders.
#[derive(Parser)]
struct Arguments {
    /// The collector's origin.
    #[arg(long, default_value = "http://127.0.0.1:8787")]
    host: String,
    /// The write key.
    #[arg(long, default_value = "demo")]
    key: String,
    /// Where events wait until the collector has them.
    #[arg(long, default_value = "holloway-events")]
    dir: PathBuf,
    /// Where the shop listens; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { host, key, dir, listen } = Arguments::parse();
    let hw = Client::builder(key)
        .host(host)
        .store_dir(dir)
        .app(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
        .build()?;

    let shop = Router::new()
        .route("/products/{sku}", get(product))
        .route("/orders", post(order))
        .route("/login", post(login))
        .layer(middleware::from_fn_with_state(hw.clone(), of_request));
    let listener = TcpListener::bind(listen).await?;
    println!("the shop is at http://{}", listener.local_addr()?);
    axum::serve(listener, shop.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stopped())
        .await?;

    // What cannot be sent in time is on disk, and the next start sends it.
    if let Err(error) = hw.shutdown_async(Duration::from_secs(5)).await {
        eprintln!("holloway: {error}");
    }
    Ok(())
}

async fn product(Extension(visitor): Extension<Visitor>) -> &'static str {
    visitor.page("Product", json!({}));
    "a lamp\n"
}

#[derive(Deserialize)]
struct Order {
    total: f64,
}

async fn order(Extension(visitor): Extension<Visitor>, Query(order): Query<Order>) -> StatusCode {
    visitor.track("Ordered", json!({ "total": order.total, "currency": "EUR" }));
    StatusCode::CREATED
}

/// The event carries the user and the visitor of the cookie, so that what the visitor did before is the user's too.
async fn login(Extension(visitor): Extension<Visitor>) -> StatusCode {
    visitor.identify(json!({ "plan": "pro" }));
    StatusCode::NO_CONTENT
}

/// Completes when the process is asked to end.
async fn stopped() {
    #[cfg(unix)]
    {
        let mut terminated = signal::unix::signal(signal::unix::SignalKind::terminate())
            .expect("a process may listen to its own signals");
        tokio::select! {
            _ = signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = signal::ctrl_c().await;
}
