//! Several seeds or folds of one configuration as its resource: what all of them came to so far.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::error::{Error, Result};

const PREFIX: &str = "ashad:replicates:";
const LONGEST: usize = 4096; // characters of a checkpoint

/// The replicates of one trial, which its resource counts from 1; of
/// [`Trial::replicates`](crate::Trial::replicates).
///
/// A rung compares the trials by their mean, or a quantile, over as many replicates as its level says,
/// so that a configuration that does badly with the first ones never gets the others. The values travel
/// in the checkpoint, so that a trial that is promoted, or whose worker died, goes on with the next one.
#[derive(Clone, Debug)]
pub struct Replicates {
    study: String,
    quantile: Option<f64>,
    values: BTreeMap<String, Vec<f64>>,
}

/// What to report of all replicates: `trial.report_replicates(number, told)`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Told {
    /// What each metric came to, by name.
    pub metrics: Vec<(String, f64)>,
    /// Names the values until now.
    pub checkpoint: String,
}

impl Replicates {
    pub(crate) fn new(study: &str, start: i64, checkpoint: &str) -> Result<Self> {
        let values =
            if start == 0 { BTreeMap::new() } else { read(checkpoint).unwrap_or_default() };
        let complete = values.values().all(|many| i64::try_from(many.len()) == Ok(start));
        if start != 0 && (values.is_empty() || !complete) {
            return Err(Error::invalid(format!(
                "replicates: the trial goes on after {start}, and its checkpoint has not so many \
                 values: report each replicate with what `add` returns"
            )));
        }
        Ok(Self { study: study.to_owned(), quantile: None, values })
    }

    /// Reports a quantile of 0 to 1 in place of the mean.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for any other number.
    pub fn quantile(mut self, share: f64) -> Result<Self> {
        if !(0.0..=1.0).contains(&share) {
            return Err(Error::invalid(format!("quantile: a number from 0 to 1, not {share}")));
        }
        self.quantile = Some(share);
        Ok(self)
    }

    /// A seed for a replicate, 31 bits, the same for every trial of the study: configurations are
    /// compared under the same chance, which tells them apart sooner. FNV-1a of "STUDY/NUMBER", mixed as
    /// in `SplitMix64`: the same in every language.
    #[must_use]
    pub fn seed(&self, number: i64) -> i64 {
        let mut mixed = 0xcbf2_9ce4_8422_2325_u64;
        for byte in format!("{}/{number}", self.study).bytes() {
            mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) >> 33).cast_signed()
    }

    /// Takes the metrics of the next replicate; returns what to report of all of them.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for one that lacks a metric of the others or has another, and where the values
    /// have no room in a checkpoint. Nothing changes then.
    pub fn add<N: Into<String>>(
        &mut self,
        metrics: impl IntoIterator<Item = (N, f64)>,
    ) -> Result<Told> {
        let said: BTreeMap<String, f64> =
            metrics.into_iter().map(|(name, value)| (name.into(), value)).collect();
        if said.is_empty() || !(self.values.is_empty() || self.values.keys().eq(said.keys())) {
            let names: Vec<&str> = self.values.keys().map(String::as_str).collect();
            let due = if names.is_empty() { "at least one".to_owned() } else { names.join(", ") };
            return Err(Error::invalid(format!("add: each replicate has the same metrics: {due}")));
        }
        let mut kept = self.values.clone();
        for (name, value) in said {
            kept.entry(name).or_default().push(value);
        }
        let checkpoint = written(&kept);
        if checkpoint.len() > LONGEST {
            return Err(Error::invalid(format!(
                "add: the values of {} replicates are too many to be kept: {} of {LONGEST} characters; \
                 report fewer metrics",
                kept.values().next().map_or(0, Vec::len),
                checkpoint.len(),
            )));
        }
        self.values = kept;
        let of = |(name, many): (&String, &Vec<f64>)| (name.clone(), self.of(many));
        Ok(Told { metrics: self.values.iter().map(of).collect(), checkpoint })
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn of(&self, many: &[f64]) -> f64 {
        if many.iter().any(|value| value.is_nan()) {
            return f64::NAN;
        }
        let Some(quantile) = self.quantile else { return mean(many) };
        let mut ranked = many.to_vec();
        ranked.sort_by(f64::total_cmp);
        let place = quantile * (many.len() - 1) as f64;
        let (low, share) = (place.floor() as usize, place.fract());
        let at = |place: usize| ranked.get(place).copied().unwrap_or(f64::NAN);
        if share == 0.0 { at(low) } else { at(low) * (1.0 - share) + at(low + 1) * share }
    }
}

/// The sum with what each step loses kept apart (Neumaier, 1974), so that ten tenths are one.
#[allow(clippy::cast_precision_loss)]
fn mean(many: &[f64]) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0);
    for value in many {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
    }
    if sum.is_finite() { (sum + lost) / many.len() as f64 } else { sum }
}

/// The checkpoint: `ashad:replicates:error=1.0,2.0;loss=0.5,NaN`.
fn written(values: &BTreeMap<String, Vec<f64>>) -> String {
    let number = |value: &f64| {
        if value.is_infinite() {
            return if *value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
        }
        format!("{value:?}")
    };
    let one = |(name, many): (&String, &Vec<f64>)| {
        format!("{}={}", quoted(name), many.iter().map(number).collect::<Vec<_>>().join(","))
    };
    PREFIX.to_owned() + &values.iter().map(one).collect::<Vec<_>>().join(";")
}

/// The values in a checkpoint; none where it is of another kind.
fn read(checkpoint: &str) -> Option<BTreeMap<String, Vec<f64>>> {
    let one = |text: &str| {
        let (name, many) = text.split_once('=')?;
        let values = many.split(',').map(str::parse).collect::<std::result::Result<_, _>>();
        Some((unquoted(name)?, values.ok()?))
    };
    checkpoint.strip_prefix(PREFIX)?.split(';').map(one).collect()
}

/// A name in which only letters, digits and `_.-` are themselves, and other bytes are %XX.
fn quoted(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-".contains(&byte) {
            text.push(byte.into());
        } else {
            let _ = write!(text, "%{byte:02X}"); // a string takes all
        }
    }
    text
}

fn unquoted(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(part.get(2..)?.as_bytes());
    }
    String::from_utf8(bytes).ok()
}
