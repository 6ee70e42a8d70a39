//! The client on a real disk: with a collector in memory, over real HTTP, and killed.

#[cfg(feature = "reqwest")]
mod async_code;
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
mod scope;
#[cfg(feature = "reqwest")]
mod server;
mod settings;
