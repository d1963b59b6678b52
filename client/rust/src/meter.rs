//! Time, cost or steps as the resource: whole units of what was spent. It only counts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::attempt::Attempt;
use crate::error::{Error, Result};

const ROUNDING: f64 = 1e-9; // of a unit: ten times 0.1 is one

/// What an attempt has spent, in whole units on top of where the trial stood; of
/// [`Trial::meter`](crate::Trial::meter) and [`Trial::clock`](crate::Trial::clock).
#[derive(Debug)]
pub struct Meter {
    attempt: Arc<Attempt>,
    unit: f64,
    every: i64,
    spent: f64,
    began: Option<Instant>,
}

impl Meter {
    pub(crate) fn new(attempt: Arc<Attempt>, unit: f64, every: i64) -> Result<Self> {
        if !(unit > 0.0 && unit.is_finite()) {
            return Err(Error::invalid(format!("unit: a finite number above 0, not {unit}")));
        }
        if every < 1 {
            return Err(Error::invalid(format!("every: units, at least 1, not {every}")));
        }
        Ok(Self { attempt, unit, every, spent: 0.0, began: None })
    }

    pub(crate) fn clock(attempt: Arc<Attempt>, unit: Duration, every: i64) -> Result<Self> {
        let began = Some(Instant::now());
        Ok(Self { began, ..Self::new(attempt, unit.as_secs_f64(), every)? })
    }

    /// Counts what was spent, in the caller's measure.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a number that is negative or not finite, and for a clock, which counts by
    /// itself.
    pub fn add(&mut self, amount: f64) -> Result<()> {
        if self.began.is_some() {
            return Err(Error::invalid(
                "add: a clock counts by itself; trial.meter(...) is what is added to",
            ));
        }
        if !(amount >= 0.0 && amount.is_finite()) {
            return Err(Error::invalid(format!("add: a finite number, at least 0, not {amount}")));
        }
        self.spent += amount;
        Ok(())
    }

    /// The resource to report now, cumulative over the trial's attempts; never beyond its
    /// `target_resource`, so that nothing is refused for being a second too long.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // a cast saturates
    pub fn resource(&self) -> i64 {
        let spent = self.began.map_or(self.spent, |began| began.elapsed().as_secs_f64());
        let whole = (spent / self.unit + ROUNDING).floor() as i64;
        let assignment = &self.attempt.assignment;
        assignment.start_resource.saturating_add(whole).min(assignment.target_resource)
    }

    /// Whether a report is due: `every` units since the last one, or the target is reached.
    #[must_use]
    pub fn due(&self) -> bool {
        let (here, last) = (self.resource(), self.attempt.progress().position);
        let target = self.attempt.assignment.target_resource;
        here >= last.saturating_add(self.every) || (here == target && here > last)
    }
}
