//! The client on a real disk: with a collector in memory, over real HTTP, and killed.

mod client;
mod consent;
mod damage;
#[cfg(target_os = "linux")]
mod disk_full;
#[cfg(feature = "reqwest")]
mod http;
mod kill;
#[cfg(target_os = "linux")]
mod quiet;
#[cfg(feature = "reqwest")]
mod server;
