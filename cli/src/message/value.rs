//! Values of instructions as text, by their shapes: those of an instruction that is added need no code here.

use {
    super::{event::FEES, extension::ground_name},
    crate::units::{Share, local_time, percent, sol, tokens},
    solana_address::Address,
    tidepool_client::{
        announcement::kind_name,
        words::{demotion_rows, limit_rows, list, seconds},
    },
    tidepool_core::maths::Fee,
    tidepool_interface::{
        instruction::FeeType,
        schema::{Body, Defined, Described, Field, Number, Shape, Unit, words},
        state::{AnnouncementKind, DemotionGround, DemotionPolicy, Limits},
    },
};

/// Most values of a list that are shown.
const SHOWN: usize = 16;

/// The value at the front of `bytes`, which then begin behind it; `None` if they do not decode.
pub fn text(shape: &Shape, bytes: &mut &[u8]) -> Option<String> {
    Some(match shape {
        Shape::Number(number, unit) => quantity(*number, *unit, bytes)?,
        Shape::Bool => match take(bytes, 1)? {
            [0] => "no".into(),
            [1] => "yes".into(),
            _ => return None,
        },
        Shape::Address => Address::new_from_array(take(bytes, 32)?.try_into().ok()?).to_string(),
        Shape::Bytes(length) => take(bytes, *length)?.iter().map(|byte| format!("{byte:02x}")).collect(),
        Shape::Text => {
            let length = number(Number::U32, bytes)?;
            // Quoted, and control characters escaped.
            format!("{:?}", str::from_utf8(take(bytes, usize::try_from(length).ok()?)?).ok()?)
        }
        Shape::Option(item) => match take(bytes, 1)? {
            [0] => "none".into(),
            [1] => text(item, bytes)?,
            _ => return None,
        },
        Shape::Array(item, length) => join((0..*length).map(|_| text(item, bytes)).collect::<Option<Vec<_>>>()?),
        Shape::Rest(item) => {
            let mut items = vec![text(item, bytes)?];
            while !bytes.is_empty() {
                items.push(text(item, bytes)?);
            }
            join(items)
        }
        Shape::Named(defined) => named(defined, bytes)?,
    })
}

/// The arguments of an instruction in `bytes`, each with its name; `None` if the bytes are not exactly these.
pub fn arguments(fields: &[Field], mut bytes: &[u8]) -> Option<Vec<(&'static str, String)>> {
    let arguments = fields.iter().map(|field| Some((field.name, text(&field.shape, &mut bytes)?)));
    let arguments = arguments.collect::<Option<_>>()?;
    bytes.is_empty().then_some(arguments)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn number(number: Number, bytes: &mut &[u8]) -> Option<u64> {
    let mut value = [0; 8];
    value[..number.length()].copy_from_slice(take(bytes, number.length())?);
    Some(u64::from_le_bytes(value))
}

fn quantity(format: Number, unit: Unit, bytes: &mut &[u8]) -> Option<String> {
    let value = number(format, bytes)?;
    Some(match unit {
        Unit::None => value.to_string(),
        Unit::Lamports => sol(value),
        Unit::PoolTokens => tokens(value),
        Unit::Percent => format!("{value} %"),
        Unit::BasisPoints => Share(u16::try_from(value).ok()?).to_string(),
        Unit::Seconds => seconds(u32::try_from(value).ok()?),
        Unit::UnixTime => local_time(value.cast_signed()),
    })
}

/// A value of a type that has a name: in words of its own if the type has some, else by what it consists of.
fn named(defined: &Defined, bytes: &mut &[u8]) -> Option<String> {
    if is::<Limits>(defined) {
        return Some(list(&limit_rows(&layout(bytes)?), "no limits"));
    }
    if is::<DemotionPolicy>(defined) {
        return Some(list(&demotion_rows(&layout(bytes)?), "no demotions"));
    }
    if is::<Fee>(defined) {
        let (denominator, numerator) = (number(Number::U64, bytes)?, number(Number::U64, bytes)?);
        return Some(percent(&Fee::new(numerator, denominator)));
    }
    match &defined.body {
        Body::Alias(shape) => text(shape, bytes),
        Body::Struct(fields) => {
            let fields = fields.iter().map(|field| {
                let value = text(&field.shape, bytes)?;
                Some(format!("{} {value}", words(field.name)))
            });
            Some(fields.collect::<Option<Vec<_>>>()?.join(", "))
        }
        Body::Enum(variants) => {
            let index = number(Number::U8, bytes)?;
            let place = usize::try_from(index).ok()?;
            let variant = variants.get(place)?;
            let name = if is::<AnnouncementKind>(defined) {
                kind_name(AnnouncementKind::from_number(index as u8)?).into()
            } else if is::<DemotionGround>(defined) {
                ground_name(DemotionGround::from_number(index as u8)?).into()
            } else if is::<FeeType>(defined) {
                (*FEES.get(place)?).into()
            } else {
                words(variant.name)
            };
            Some(match &variant.value {
                Some(value) => format!("{name} {}", text(value, bytes)?),
                None => name,
            })
        }
    }
}

/// Whether a type is `T`.
fn is<T: Described>(defined: &Defined) -> bool {
    matches!(T::SHAPE, Shape::Named(own) if own.name == defined.name)
}

fn layout<T: bytemuck::Pod>(bytes: &mut &[u8]) -> Option<T> {
    take(bytes, size_of::<T>()).map(bytemuck::pod_read_unaligned)
}

fn join(mut items: Vec<String>) -> String {
    let more = items.len().saturating_sub(SHOWN);
    items.truncate(SHOWN);
    let separator = if items.iter().any(|item| item.contains(", ")) { "; " } else { ", " };
    let shown = items.join(separator);
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
