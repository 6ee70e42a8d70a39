//! The client on a real disk: with a collector in memory, over real HTTP, and killed.

mod client;
mod damage;
#[cfg(feature = "reqwest")]
mod http;
mod kill;
#[cfg(feature = "reqwest")]
mod server;
