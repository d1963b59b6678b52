//! What a conversation cannot show, against a real daemon: `ASHAD_DAEMON`, or that of `.venv`.

#![allow(clippy::unwrap_used, clippy::panic)]

mod daemon;
mod imports;
mod leaving;
mod outage;
mod readme;
mod security;
mod settings;
mod working;
