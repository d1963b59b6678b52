//! Parameters in native types. A whole number stays one, all 64 bits of it.

use std::fmt;

use crate::error::{Error, Result};
use crate::proto;
use crate::proto::parameter_value::Kind;

/// One value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// A finite number.
    Float(f64),
    /// Text.
    Str(String),
    /// True or false.
    Bool(bool),
}

macro_rules! from {
    ($($native:ty => $kind:ident),*) => {$(
        impl From<$native> for Value {
            fn from(value: $native) -> Self {
                Self::$kind(value.into())
            }
        }
    )*};
}
from!(i64 => Int, i32 => Int, u32 => Int, f64 => Float, f32 => Float, &str => Str, String => Str, bool => Bool);

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Str(value) => value.fmt(f),
            Self::Bool(value) => value.fmt(f),
        }
    }
}

impl From<Value> for proto::ParameterValue {
    fn from(value: Value) -> Self {
        let kind = match value {
            Value::Int(value) => Kind::IntValue(value),
            Value::Float(value) => Kind::DoubleValue(value),
            Value::Str(value) => Kind::StringValue(value),
            Value::Bool(value) => Kind::BoolValue(value),
        };
        Self { kind: Some(kind) }
    }
}

/// A configuration, in the order of the space.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params(Vec<(String, Value)>);

impl Params {
    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// A real number; also a whole number that a double holds exactly.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where there is no such parameter, or of another type.
    pub fn float(&self, name: &str) -> Result<f64> {
        match self.typed(name)? {
            Value::Float(value) => Ok(*value),
            #[allow(clippy::cast_precision_loss)] // looked at: no more than 53 bits
            Value::Int(value) if value.unsigned_abs() <= 1 << 53 => Ok(*value as f64),
            other => Err(mismatch(name, "a float", other)),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where there is no such parameter, or of another type.
    pub fn int(&self, name: &str) -> Result<i64> {
        match self.typed(name)? {
            Value::Int(value) => Ok(*value),
            other => Err(mismatch(name, "an int", other)),
        }
    }

    /// Text.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where there is no such parameter, or of another type.
    pub fn str(&self, name: &str) -> Result<&str> {
        match self.typed(name)? {
            Value::Str(value) => Ok(value),
            other => Err(mismatch(name, "a text", other)),
        }
    }

    /// True or false.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where there is no such parameter, or of another type.
    pub fn bool(&self, name: &str) -> Result<bool> {
        match self.typed(name)? {
            Value::Bool(value) => Ok(*value),
            other => Err(mismatch(name, "a bool", other)),
        }
    }

    /// All of them, in the order of the space.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(crate) fn read(params: Vec<proto::Parameter>) -> Result<Self> {
        let read = |param: proto::Parameter| {
            let value = match param.value.and_then(|value| value.kind) {
                Some(Kind::IntValue(value)) => Value::Int(value),
                Some(Kind::DoubleValue(value)) => Value::Float(value),
                Some(Kind::StringValue(value)) => Value::Str(value),
                Some(Kind::BoolValue(value)) => Value::Bool(value),
                None => {
                    let name = param.name;
                    return Err(Error::invalid(format!(
                        "{name}: the daemon sent a kind that this client does not know: upgrade it"
                    )));
                }
            };
            Ok((param.name, value))
        };
        params.into_iter().map(read).collect::<Result<_>>().map(Self)
    }

    fn typed(&self, name: &str) -> Result<&Value> {
        self.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.iter().map(|(name, _)| name).collect();
            Error::invalid(format!("{name}: no such parameter; there are {}", names.join(", ")))
        })
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value}")?;
        }
        Ok(())
    }
}

fn mismatch(name: &str, wanted: &str, found: &Value) -> Error {
    Error::invalid(format!("{name}: not {wanted}: {found:?}"))
}
