#![doc = include_str!("../README.md")]

mod attempt;
mod client;
mod decision;
mod diagnosis;
mod epoch;
mod error;
mod meter;
mod post;
mod replicates;
mod rpc;
mod session;
mod settings;
mod studies;
mod trial;
mod values;

/// The messages of the contract, as generated, and its bare stubs.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, rustdoc::all)]
pub mod proto {
    tonic::include_proto!("ashad.v1");
}

pub use client::{Client, Trials};
pub use decision::{Action, Decision};
pub use error::{Error, Result};
pub use meter::Meter;
pub use replicates::{Replicates, Told};
pub use settings::Options;
pub use studies::{Best, CreatedStudy, Paged, Pages};
pub use trial::{Report, Steps, Trial};
pub use values::{Params, Value};

/// Makes a client with the defaults; see [`Options`]. It connects when first used.
///
/// # Errors
/// `INVALID_ARGUMENT` for a setting of the environment that cannot be right.
pub fn connect() -> Result<Client> {
    Options::new().connect()
}
