//! The client on a real disk: with a collector in memory, over real HTTP, and killed.

mod client;
mod damage;
mod http;
mod kill;
mod server;
