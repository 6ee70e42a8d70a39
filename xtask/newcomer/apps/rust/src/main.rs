//! A server of many users, as a developer writes it after reading the README.
//!
//! Prints one line for each thing that it tried; the test reads them.

use std::time::Duration;

use serde_json::json;

#[tokio::main]
async fn main() {
    let host = std::env::var("HOLLOWAY_HOST").expect("HOLLOWAY_HOST names the collector");
    wrong_settings(&host);
    dropped_at_once(&host);
    if let Err(error) = two_users(&host).await {
        println!("two users: {error}");
    }
}

/// Builders that must answer with an error, in async context too.
fn wrong_settings(host: &str) {
    let builder = || holloway::Client::builder("server").host(host);
    for (what, builder) in [
        ("unwritable", builder().store_dir("/proc/holloway")),
        ("file as folder", builder().store_dir("/dev/null/events")),
        ("flush_at 0", builder().store_dir("wrong").flush_at(0)),
        ("port 99999", builder().store_dir("wrong").host("http://127.0.0.1:99999")),
        ("no scheme", builder().store_dir("wrong").host("events.example.com")),
        ("no key", holloway::Client::builder("").host(host).store_dir("wrong")),
    ] {
        match builder.build() {
            Ok(_) => println!("{what}: accepted"),
            Err(error) => println!("{what}: refused: {error} | {error:?}"),
        }
    }
}

/// A client that is dropped in async context, with an event in it.
fn dropped_at_once(host: &str) {
    match holloway::Client::builder("server").host(host).store_dir("dropped").build() {
        Ok(hw) => {
            hw.for_user("dropped").track("Left At Once", json!({}));
            drop(hw);
            println!("dropped: survived");
        }
        Err(error) => println!("dropped: {error}"),
    }
}

/// One client, two users and a visitor, from many tasks.
async fn two_users(host: &str) -> Result<(), Box<dyn std::error::Error>> {
    let hw = holloway::Client::builder("server").host(host).store_dir("events").build()?;
    let mut tasks = Vec::new();
    for turn in 0..50 {
        for user in ["ada", "bob"] {
            let hw = hw.clone();
            tasks.push(tokio::spawn(async move { hw.for_user(user).track("Bought", json!({ "turn": turn, "by": user })) }));
        }
    }
    for task in tasks {
        task.await?;
    }
    hw.for_anonymous("visitor-1").track("Looked", json!({}));
    hw.flush_async(Duration::from_secs(20)).await?;
    println!("flushed: {} queued", hw.queued_events());
    hw.for_user("ada").track("Upgraded", json!({ "plan": "pro" }));
    hw.shutdown_async(Duration::from_secs(20)).await?;
    println!("shut down: {:?}", hw.losses());
    Ok(())
}
