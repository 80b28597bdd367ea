//! The accounts of the program, put together from layouts. A test decodes accounts by them.

use {
    crate::{text, types},
    codama_nodes::{
        AccountNode, ArrayTypeNode, BytesEncoding, ConstantDiscriminatorNode, ConstantValueNode, DefaultValueStrategy,
        Docs, FieldDiscriminatorNode, NumberValueNode, PdaLinkNode, PreOffsetTypeNode, SizeDiscriminatorNode,
        StructFieldTypeNode, StructTypeNode, TypeNode,
    },
    tidepool_interface::{
        schema::{Body, Described, Field, Number, Shape, Unit},
        state::{
            AccountType, EXIT_TICKET_LENGTH, EXIT_TICKET_TYPE, EXTENSION_MAGIC, ExitTicket, POOL_MAX_LENGTH,
            PoolExtension, PoolHead, PoolTerms, ValidatorListHeader, ValidatorStakeInfo,
        },
    },
};

/// Fields of a layout.
fn fields<T: Described>() -> &'static [Field] {
    match T::SHAPE {
        Shape::Named(defined) => match &defined.body {
            Body::Struct(fields) => fields,
            _ => &[],
        },
        _ => &[],
    }
}

/// A field of accounts that has a layout of its own, for the types that have names.
const INNER: &[Field] = &[
    Field { name: "validators", docs: &["Records in use."], shape: ValidatorStakeInfo::SHAPE },
    Field { name: "extension", docs: &["Tidepool's fields behind the SPL layout."], shape: PoolExtension::SHAPE },
];

/// The fields of all accounts.
pub fn layouts() -> Vec<&'static [Field]> {
    vec![fields::<PoolHead>(), fields::<PoolTerms>(), fields::<ExitTicket>(), INNER]
}

/// All accounts. An extended pool comes before a pool: it is one too.
pub fn all() -> Vec<AccountNode> {
    let pool = || fields::<PoolHead>().iter().chain(fields::<PoolTerms>()).map(types::field).collect::<Vec<_>>();
    let [list, extended] = INNER else { unreachable!("two fields") };

    let mut extended_fields = pool();
    let mut extension = types::field(extended);
    let at = i32::try_from(POOL_MAX_LENGTH).expect("a small number");
    extension.r#type = Box::new(PreOffsetTypeNode::<TypeNode>::absolute(types::node(&extended.shape), at).into());
    extended_fields.push(extension);
    let magic = str::from_utf8(&EXTENSION_MAGIC).expect("ASCII");
    let magic = ConstantValueNode::bytes(BytesEncoding::Utf8, magic);
    let mut extended = account(
        "extended_stake_pool",
        "A pool with the extension. Byte 611 and the following ones are Tidepool's.",
        AccountType::StakePool as u8,
        extended_fields,
    );
    extended.discriminators.push(ConstantDiscriminatorNode::new(magic, POOL_MAX_LENGTH as u64).into());

    let header = fields::<ValidatorListHeader>().iter().filter(|field| field.name != "length");
    let mut list_fields: Vec<_> = header.map(types::field).collect();
    let mut records = types::field(list);
    let count = types::number(Number::U32, Unit::None);
    records.r#type = Box::new(ArrayTypeNode::prefixed(types::node(&list.shape), count).into());
    list_fields.push(records);

    let ticket = fields::<ExitTicket>().iter().map(types::field).collect();
    let mut ticket = account("exit_ticket", "A SOL withdrawal that waits for the reserve.", EXIT_TICKET_TYPE, ticket);
    ticket.size = Some(EXIT_TICKET_LENGTH as u64);
    ticket.discriminators.push(SizeDiscriminatorNode::new(EXIT_TICKET_LENGTH as u64).into());
    ticket.pda = Some(PdaLinkNode::new("ticket"));
    vec![
        extended,
        account("stake_pool", "A pool.", AccountType::StakePool as u8, pool()),
        account(
            "validator_list",
            "The validators of a pool. Records in use come first; the account has room for more.",
            AccountType::ValidatorList as u8,
            list_fields,
        ),
        ticket,
    ]
}

/// An account whose first field is its type.
fn account(name: &str, docs: &str, number: u8, mut fields: Vec<StructFieldTypeNode>) -> AccountNode {
    if let Some(kind) = fields.first_mut() {
        *kind.r#type = types::number(Number::U8, Unit::None).into();
        *kind.default_value = Some(NumberValueNode::new(u64::from(number)).into());
        kind.default_value_strategy = Some(DefaultValueStrategy::Omitted);
        kind.docs = Docs::default();
    }
    let mut node = AccountNode::new(name, StructTypeNode::new(fields));
    node.docs = text::docs(&[docs]);
    node.discriminators = vec![FieldDiscriminatorNode::new("accountType", 0).into()];
    node
}
