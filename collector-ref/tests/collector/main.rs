//! The collector over real HTTP, on a real disk.

mod clients;
mod http;
mod sigkill;
mod welcome;
