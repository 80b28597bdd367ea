//! Shapes as type nodes.

use {
    crate::text,
    codama_nodes::{
        AmountNumberDisplayNode, ArrayTypeNode, BooleanTypeNode, BytesEncoding, BytesTypeNode,
        ConstantDiscriminatorNode, ConstantValueNode, DateTimeNumberDisplayNode, DefinedTypeLinkNode, DefinedTypeNode,
        DisplaySkip, DurationNumberDisplayNode, EnumEmptyVariantTypeNode, EnumTupleVariantTypeNode, EnumTypeNode,
        EnumVariantTypeNode, EventNode, FixedSizeTypeNode, HiddenPrefixTypeNode, NumberDisplayNode, NumberFormat,
        NumberTypeNode, NumberValueNode, OptionTypeNode, PublicKeyTypeNode, SizePrefixTypeNode, StringTypeNode,
        StringValueNode, StructFieldDisplayNode, StructFieldTypeNode, StructTypeNode, TupleTypeNode, TypeNode,
    },
    tidepool_interface::{
        POOL_MINT_DECIMALS,
        event::Event,
        schema::{self, Body, Defined, Field, Number, Shape, Unit, Variant},
    },
};

/// Decimals of SOL.
const SOL_DECIMALS: u8 = 9;

/// The type of a shape.
pub fn node(shape: &Shape) -> TypeNode {
    match shape {
        Shape::Number(format, unit) => number(*format, *unit).into(),
        Shape::Bool => BooleanTypeNode::new(number(Number::U8, Unit::None)).into(),
        Shape::Address => PublicKeyTypeNode::new().into(),
        Shape::Bytes(length) => FixedSizeTypeNode::<TypeNode>::new(BytesTypeNode::new(), *length).into(),
        Shape::Text => {
            SizePrefixTypeNode::<TypeNode>::new(StringTypeNode::utf8(), number(Number::U32, Unit::None)).into()
        }
        Shape::Option(item) => OptionTypeNode::new(node(item)).into(),
        Shape::Array(item, length) => ArrayTypeNode::fixed(node(item), *length as u64).into(),
        Shape::Rest(item) => ArrayTypeNode::remainder(node(item)).into(),
        Shape::Named(defined) => DefinedTypeLinkNode::new(defined.name).into(),
    }
}

/// A number, with the display of its unit.
pub fn number(format: Number, unit: Unit) -> NumberTypeNode {
    let mut node = NumberTypeNode::le(match format {
        Number::U8 => NumberFormat::U8,
        Number::U16 => NumberFormat::U16,
        Number::U32 => NumberFormat::U32,
        Number::U64 => NumberFormat::U64,
        Number::I64 => NumberFormat::I64,
    });
    *node.display = display(unit);
    node
}

fn display(unit: Unit) -> Option<NumberDisplayNode> {
    let amount = |decimals: u8, unit: &str| -> NumberDisplayNode {
        AmountNumberDisplayNode::new(NumberValueNode::new(u64::from(decimals)), StringValueNode::new(unit)).into()
    };
    match unit {
        Unit::None => None,
        Unit::Lamports => Some(amount(SOL_DECIMALS, "SOL")),
        Unit::PoolTokens => Some(amount(POOL_MINT_DECIMALS, "pool tokens")),
        Unit::Percent => Some(amount(0, "%")),
        Unit::BasisPoints => Some(amount(2, "%")),
        Unit::Seconds => Some(DurationNumberDisplayNode::new(Some(1)).into()),
        Unit::UnixTime => Some(DateTimeNumberDisplayNode::new(Some(1)).into()),
    }
}

/// A struct of fields.
pub fn structure(fields: &[Field]) -> StructTypeNode {
    StructTypeNode::new(fields.iter().map(field).collect())
}

/// A field.
pub fn field(field: &Field) -> StructFieldTypeNode {
    let mut node = StructFieldTypeNode::new(field.name, self::node(&field.shape));
    node.docs = text::docs(field.docs);
    if field.name == "reserved" {
        node.display = Some(StructFieldDisplayNode::skipped(DisplaySkip::Always));
    }
    node
}

fn body(body: &Body) -> TypeNode {
    match body {
        Body::Struct(fields) => structure(fields).into(),
        Body::Enum(variants) => EnumTypeNode::new(variants.iter().map(variant).collect()).into(),
        Body::Alias(shape) => node(shape),
    }
}

fn variant(variant: &Variant) -> EnumVariantTypeNode {
    match &variant.value {
        None => EnumEmptyVariantTypeNode::new(variant.name).into(),
        Some(value) => EnumTupleVariantTypeNode::new(variant.name, TupleTypeNode::new(vec![node(value)])).into(),
    }
}

/// An event: its tag, then its data.
pub fn event(event: &schema::Event) -> EventNode {
    let tag = str::from_utf8(&event.tag).expect("tags are ASCII");
    let tag = ConstantValueNode::bytes(BytesEncoding::Utf8, tag);
    let data = TypeNode::from(DefinedTypeLinkNode::new(event.data.name));
    let mut node = EventNode::new(event.data.name, HiddenPrefixTypeNode::new(data, vec![tag.clone()]));
    node.docs = text::docs(event.data.docs);
    node.discriminators = vec![ConstantDiscriminatorNode::new(tag, 0).into()];
    node
}

/// All types that have a name: those of arguments, events and of the fields of accounts, each behind those that it consists of.
pub fn defined(accounts: &[&'static [Field]]) -> Vec<DefinedTypeNode> {
    let mut found = vec![];
    let arguments = schema::instructions().map(|instruction| instruction.arguments);
    for field in arguments.chain(accounts.iter().copied()).flatten() {
        collect(&field.shape, &mut found);
    }
    for event in Event::SCHEMA {
        collect(&Shape::Named(event.data), &mut found);
    }
    let named = |defined: &&Defined| {
        let mut node = DefinedTypeNode::new(defined.name, body(&defined.body));
        node.docs = text::docs(defined.docs);
        node
    };
    found.iter().map(named).collect()
}

fn collect(shape: &Shape, found: &mut Vec<&'static Defined>) {
    match shape {
        Shape::Named(defined) if found.iter().all(|known| known.name != defined.name) => {
            match &defined.body {
                Body::Struct(fields) => fields.iter().for_each(|field| collect(&field.shape, found)),
                Body::Enum(variants) => {
                    variants
                        .iter()
                        .filter_map(|variant| variant.value.as_ref())
                        .for_each(|value| collect(value, found));
                }
                Body::Alias(shape) => collect(shape, found),
            }
            found.push(defined);
        }
        Shape::Option(item) | Shape::Array(item, _) | Shape::Rest(item) => collect(item, found),
        _ => {}
    }
}
