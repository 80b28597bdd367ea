//! The IDL in the format of Anchor 0.30 and later, for explorers that know no other.
//!
//! It says less than Codama's. A list up to the end of the data has no type in it, so such an argument is missing, and the instruction's
//! documentation says so. The extension of a pool account stands at a fixed offset, which has no type either: a pool is shown without it.

use {
    crate::codec::{self, items, kind, name},
    codama_nodes::ProgramNode,
    serde_json::{Map, Value, json},
};

/// The IDL.
pub fn idl(program: &ProgramNode) -> Value {
    let node = serde_json::to_value(program).expect("nodes are plain data");
    let accounts = || items(&node["accounts"]).iter().filter(|account| account["name"] != "extendedStakePool");
    let mut types: Vec<_> = items(&node["definedTypes"]).iter().map(|node| defined(node, &node["type"])).collect();
    types.extend(accounts().map(|node| defined(node, &without_first(&node["data"]))));
    json!({
        "address": node["publicKey"],
        "metadata": {
            "name": node["name"],
            "version": node["version"],
            "spec": "0.1.0",
            "description": "Stake pool, compatible with the SPL stake pool"
        },
        "instructions": items(&node["instructions"]).iter().map(instruction).collect::<Vec<_>>(),
        "accounts": accounts().map(|node| json!({
            "name": pascal(node),
            "discriminator": [node["data"]["fields"][0]["defaultValue"]["number"]]
        })).collect::<Vec<_>>(),
        "events": items(&node["events"]).iter().map(event).collect::<Vec<_>>(),
        "errors": items(&node["errors"]).iter().map(|node| json!({
            "code": node["code"],
            "name": pascal(node),
            "msg": node["message"]
        })).collect::<Vec<_>>(),
        "types": types
    })
}

fn instruction(node: &Value) -> Value {
    let arguments = &items(&node["arguments"])[1..];
    let mut docs = items(&node["docs"]).to_vec();
    let has_no_type = |argument: &&Value| argument["type"]["count"]["kind"] == "remainderCountNode";
    for argument in arguments.iter().filter(has_no_type) {
        docs.push(format!("`{}` follows, up to the end of the data.", snake(argument)).into());
    }
    json!({
        "name": snake(node),
        "docs": docs,
        "discriminator": [node["arguments"][0]["defaultValue"]["number"]],
        "accounts": items(&node["accounts"]).iter().map(account).collect::<Vec<_>>(),
        "args": arguments.iter().filter(|argument| !has_no_type(argument)).map(field).collect::<Vec<_>>()
    })
}

fn account(node: &Value) -> Value {
    let mut account = Map::new();
    account.insert("name".into(), snake(node).into());
    account.insert("docs".into(), node["docs"].clone());
    let flags = [
        ("writable", node["isWritable"] == true),
        ("signer", node["isSigner"] == true),
        ("optional", node["isOptional"] == true),
    ];
    for (flag, _) in flags.into_iter().filter(|(_, is_set)| *is_set) {
        account.insert(flag.into(), true.into());
    }
    if node["defaultValue"]["kind"] == "publicKeyValueNode" {
        account.insert("address".into(), node["defaultValue"]["publicKey"].clone());
    }
    account.into()
}

fn event(node: &Value) -> Value {
    let tag = node["discriminators"][0]["constant"]["value"]["data"].as_str().unwrap_or_default();
    json!({ "name": pascal(node), "discriminator": tag.as_bytes() })
}

fn defined(node: &Value, body: &Value) -> Value {
    let body = match kind(body) {
        "structTypeNode" => {
            json!({ "kind": "struct", "fields": items(&body["fields"]).iter().map(field).collect::<Vec<_>>() })
        }
        "enumTypeNode" => {
            json!({ "kind": "enum", "variants": items(&body["variants"]).iter().map(variant).collect::<Vec<_>>() })
        }
        _ => json!({ "kind": "type", "alias": type_of(body) }),
    };
    json!({ "name": pascal(node), "docs": node["docs"], "type": body })
}

/// A struct without its first field, which is the discriminator.
fn without_first(data: &Value) -> Value {
    json!({ "kind": "structTypeNode", "fields": &items(&data["fields"])[1..] })
}

fn field(node: &Value) -> Value {
    json!({ "name": snake(node), "docs": node["docs"], "type": type_of(&node["type"]) })
}

fn variant(node: &Value) -> Value {
    match items(&node["tuple"]["items"]) {
        [] => json!({ "name": pascal(node) }),
        items => json!({ "name": pascal(node), "fields": items.iter().map(type_of).collect::<Vec<_>>() }),
    }
}

fn type_of(node: &Value) -> Value {
    match kind(node) {
        "numberTypeNode" => node["format"].clone(),
        "booleanTypeNode" => "bool".into(),
        "publicKeyTypeNode" => "pubkey".into(),
        "sizePrefixTypeNode" => "string".into(),
        "fixedSizeTypeNode" => json!({ "array": ["u8", node["size"]] }),
        "optionTypeNode" => json!({ "option": type_of(&node["item"]) }),
        "definedTypeLinkNode" => json!({ "defined": { "name": pascal(node) } }),
        "arrayTypeNode" if node["count"]["kind"] == "fixedCountNode" => {
            json!({ "array": [type_of(&node["item"]), node["count"]["value"]] })
        }
        "arrayTypeNode" => json!({ "vec": type_of(&node["item"]) }),
        other => panic!("Anchor has no type for {other}"),
    }
}

fn pascal(node: &Value) -> String {
    codec::pascal(name(node))
}

fn snake(node: &Value) -> String {
    codec::snake(name(node))
}
