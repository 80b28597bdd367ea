//! The schema: names, documentation and shapes of all that is on the wire.
//!
//! Over 400 lines: one shape for each thing on the wire.
//!
//! The macros that declare layouts, instructions, accounts, events and errors yield these rows too, so that nothing is said twice. The IDL
//! and the command line read them. The program reads none of them: they take no byte of its ELF.

use {
    solana_address::Address,
    tidepool_core::maths::{Fee, FutureEpoch, Lamports, PoolTokens},
};

/// A number's encoding, little-endian.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)]
pub enum Number {
    U8,
    U16,
    U32,
    U64,
    I64,
}

impl Number {
    /// Length in bytes.
    pub const fn length(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::U32 => 4,
            Self::U64 | Self::I64 => 8,
        }
    }
}

/// What a number counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unit {
    /// No unit.
    None,
    /// Lamports.
    Lamports,
    /// Pool tokens, in the smallest unit.
    PoolTokens,
    /// Percent.
    Percent,
    /// Hundredths of a percent.
    BasisPoints,
    /// Seconds.
    Seconds,
    /// Seconds since 1970.
    UnixTime,
}

/// What bytes are.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A number.
    Number(Number, Unit),
    /// One byte, 0 or 1.
    Bool,
    /// An address of 32 bytes.
    Address,
    /// Bytes of this number.
    Bytes(usize),
    /// UTF-8 behind its length as a `u32`.
    Text,
    /// A byte, 0 or 1, and with 1 a value.
    Option(&'static Shape),
    /// Values of this number.
    Array(&'static Shape, usize),
    /// Values up to the end of the data, at least one.
    Rest(&'static Shape),
    /// A value of a type that has a name.
    Named(&'static Defined),
}

/// A type that has a name.
#[derive(Debug)]
pub struct Defined {
    /// Its name in Rust.
    pub name: &'static str,
    /// Its documentation, line by line, in Markdown.
    pub docs: &'static [&'static str],
    /// What it consists of.
    pub body: Body,
}

/// What a type consists of.
#[derive(Debug)]
pub enum Body {
    /// Fields, one behind the other.
    Struct(&'static [Field]),
    /// A byte, the variant's index, and its value.
    Enum(&'static [Variant]),
    /// Another shape under a name of its own.
    Alias(Shape),
}

/// A field of a struct, or an argument of an instruction.
#[derive(Debug)]
pub struct Field {
    /// Its name in Rust.
    pub name: &'static str,
    /// Its documentation.
    pub docs: &'static [&'static str],
    /// Its shape.
    pub shape: Shape,
}

/// A variant of an enum.
#[derive(Debug)]
pub struct Variant {
    /// Its name in Rust.
    pub name: &'static str,
    /// Its documentation.
    pub docs: &'static [&'static str],
    /// Its value, if it has one.
    pub value: Option<Shape>,
}

/// What an account of an instruction has to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// One account.
    Required,
    /// One account or none, at the end.
    Optional,
    /// Any number of accounts behind the others.
    Rest,
}

/// An account of an instruction.
#[derive(Debug)]
pub struct Account {
    /// Its name in Rust.
    pub name: &'static str,
    /// `w` writable, `s` signer, `sw` both, `e` either a signer or not; empty for none.
    pub flags: &'static str,
    /// Its documentation.
    pub docs: &'static str,
    /// Whether it can be left out.
    pub role: Role,
}

/// An instruction.
#[derive(Debug)]
pub struct Instruction {
    /// Its name in Rust.
    pub name: &'static str,
    /// First byte of its data.
    pub tag: u8,
    /// Its documentation.
    pub docs: &'static [&'static str],
    /// What it does, for the person who signs it. `{NAME}` stands for an argument or an account.
    pub sentence: &'static str,
    /// Its arguments, behind the tag.
    pub arguments: &'static [Field],
    /// Its accounts, in order.
    pub accounts: &'static [Account],
}

#[cfg(feature = "client")]
impl Instruction {
    /// The sentence, with `text` for each name in it.
    pub fn with(&self, mut text: impl FnMut(&str) -> std::string::String) -> std::string::String {
        let mut sentence = std::string::String::new();
        let mut rest = self.sentence;
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            sentence += before;
            sentence += &text(name);
            rest = after;
        }
        sentence + rest
    }
}

/// An event.
#[derive(Debug)]
pub struct Event {
    /// Bytes before its data.
    pub tag: [u8; 8],
    /// Its data.
    pub data: &'static Defined,
}

/// An error code.
#[derive(Debug)]
pub struct Error {
    /// The code.
    pub code: u32,
    /// Its name in Rust.
    pub name: &'static str,
    /// Its message.
    pub message: &'static str,
}

/// The words of a name in camel or snake case, with the usual abbreviations: `deposit SOL` for `DepositSol`.
#[cfg(feature = "client")]
pub fn words(name: &str) -> std::string::String {
    let mut words = std::string::String::new();
    for letter in name.chars() {
        if letter == '_' || (letter.is_uppercase() && !words.is_empty()) {
            words.push(' ');
        }
        words.extend(letter.to_lowercase().filter(|letter| *letter != '_'));
    }
    let abbreviation = |word| match word {
        "sol" => "SOL",
        "bls" => "BLS",
        "uri" => "URI",
        _ => word,
    };
    words.split(' ').map(abbreviation).collect::<std::vec::Vec<_>>().join(" ")
}

/// All instructions, by tag.
pub fn instructions() -> impl Iterator<Item = &'static Instruction> {
    use crate::instruction::{ExtensionInstruction, StakePoolInstruction};
    StakePoolInstruction::SCHEMA.iter().chain(ExtensionInstruction::SCHEMA)
}

/// All errors, by code.
pub fn errors() -> impl Iterator<Item = &'static Error> {
    crate::StakePoolError::SCHEMA.iter().chain(crate::ExtensionError::SCHEMA)
}

/// A type with a shape.
pub trait Described {
    /// The shape.
    const SHAPE: Shape;
}

/// The type that has a name behind a shape.
pub(crate) const fn defined(shape: Shape) -> &'static Defined {
    match shape {
        Shape::Named(defined) => defined,
        _ => panic!("a shape without a name"),
    }
}

/// The shape of a field's type, or of the type that stands behind `as`.
macro_rules! shape {
    ($type:ty) => {
        <$type as $crate::schema::Described>::SHAPE
    };
    ($type:ty as $described:ty) => {
        <$described as $crate::schema::Described>::SHAPE
    };
}

/// Declares structs whose layout in memory is that on the wire. `as` names a type that describes a field better than its own: a unit, or
/// the enum that a byte stands for.
macro_rules! layout {
    ($(
        $(#[doc = $doc:literal])*
        $(#[derive($($derive:ident),*)])?
        $vis:vis struct $name:ident {
            $($(#[doc = $field_doc:literal])* $field_vis:vis $field:ident: $type:ty $(as $described:ty)?,)*
        }
    )*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug, Eq, PartialEq, bytemuck::Pod, bytemuck::Zeroable, $($($derive),*)?)]
            #[repr(C)]
            $vis struct $name {
                $($(#[doc = $field_doc])* $field_vis $field: $type,)*
            }

            fields!($name [$($doc)*] $($field [$($field_doc)*]: $type $(as $described)?,)*);
        )*
    };
}

/// Describes a struct by its fields.
macro_rules! fields {
    ($name:ident [$($doc:literal)*] $($field:ident [$($field_doc:literal)*]: $type:ty $(as $described:ty)?,)*) => {
        impl $crate::schema::Described for $name {
            const SHAPE: $crate::schema::Shape = $crate::schema::Shape::Named(&$crate::schema::Defined {
                name: stringify!($name),
                docs: &[$($doc),*],
                body: $crate::schema::Body::Struct(&[$($crate::schema::Field {
                    name: stringify!($field),
                    docs: &[$($field_doc),*],
                    shape: shape!($type $(as $described)?),
                }),*]),
            });
        }
    };
}

/// Declares enums that are one byte on the wire.
macro_rules! numbered {
    ($(
        $(#[doc = $doc:literal])*
        $(#[derive($($derive:ident),*)])?
        $vis:vis enum $name:ident {
            $($(#[doc = $variant_doc:literal])* $variant:ident,)*
        }
    )*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug, Eq, PartialEq, $($($derive),*)?)]
            #[repr(u8)]
            $vis enum $name {
                $($(#[doc = $variant_doc])* $variant,)*
            }

            variants!($name [$($doc)*] $($variant [$($variant_doc)*],)*);
        )*
    };
}

/// Describes an enum by its variants.
macro_rules! variants {
    ($name:ty [$($doc:literal)*] $($variant:ident [$($variant_doc:literal)*] $(($value:ty $(as $described:ty)?))?,)*) => {
        impl $crate::schema::Described for $name {
            const SHAPE: $crate::schema::Shape = $crate::schema::Shape::Named(&$crate::schema::Defined {
                name: stringify!($name),
                docs: &[$($doc),*],
                body: $crate::schema::Body::Enum(&[$($crate::schema::Variant {
                    name: stringify!($variant),
                    docs: &[$($variant_doc),*],
                    value: {
                        #[allow(unused_assignments, unused_mut)]
                        let mut value = None;
                        $(value = Some(shape!($value $(as $described)?));)?
                        value
                    },
                }),*]),
            });
        }
    };
}

macro_rules! numbers {
    ($($name:ty: $number:ident $unit:ident,)*) => {
        $(impl Described for $name {
            const SHAPE: Shape = Shape::Number(Number::$number, Unit::$unit);
        })*
    };
}

/// A percentage of one byte.
pub(crate) struct Percent;
/// A share in basis points.
pub(crate) struct BasisPoints;
/// A number of seconds.
pub(crate) struct Seconds;
/// Seconds since 1970.
pub(crate) struct UnixTime;

numbers! {
    u8: U8 None,
    u32: U32 None,
    u64: U64 None,
    crate::state::U16: U16 None,
    crate::state::U32: U32 None,
    crate::state::U64: U64 None,
    crate::state::I64: I64 None,
    Lamports: U64 Lamports,
    PoolTokens: U64 PoolTokens,
    Percent: U8 Percent,
    BasisPoints: U16 BasisPoints,
    Seconds: U32 Seconds,
    UnixTime: I64 UnixTime,
}

impl Described for bool {
    const SHAPE: Shape = Shape::Bool;
}

impl Described for Address {
    const SHAPE: Shape = Shape::Address;
}

impl Described for &str {
    const SHAPE: Shape = Shape::Text;
}

impl<const N: usize> Described for [u8; N] {
    const SHAPE: Shape = Shape::Bytes(N);
}

impl<T: Described> Described for Option<T> {
    const SHAPE: Shape = Shape::Option(&T::SHAPE);
}

impl<T: Described> Described for &[T] {
    const SHAPE: Shape = Shape::Rest(&T::SHAPE);
}

fields! {
    Fee ["A fee as a ratio. The denominator comes first; with denominator 0 the fee is 0."]
    denominator ["Denominator."]: u64,
    numerator ["Numerator."]: u64,
}

impl Described for crate::state::PodFee {
    const SHAPE: Shape = Fee::SHAPE;
}

/// The name of a pending fee on the wire.
type FutureFee = FutureEpoch<Fee>;

impl Described for FutureFee {
    const SHAPE: Shape = Shape::Named(&Defined {
        name: "FutureFee",
        docs: &["A fee that is not in force yet."],
        body: Body::Enum(&[
            Variant { name: "None", docs: &["None is pending."], value: None },
            Variant { name: "One", docs: &["In force after the next update in a new epoch."], value: Some(Fee::SHAPE) },
            Variant { name: "Two", docs: &["In force after two updates in new epochs."], value: Some(Fee::SHAPE) },
        ]),
    });
}
