//! Messages as text.

use {
    super::Message,
    base64::{Engine as _, prelude::BASE64_STANDARD},
    solana_message::{MESSAGE_VERSION_PREFIX, VersionedMessage},
    std::str::FromStr,
    tidepool_client::pack::TransactionFormat,
    wincode::ReadError,
};

/// The newest version of messages that can be read.
const NEWEST: u8 = 1;

/// Bytes of a signature.
const SIGNATURE: usize = 64;

impl FromStr for Message {
    type Err = String;

    /// Reads base64, or base58. Some texts are both: it is the one that holds a message.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let decoded = [BASE64_STANDARD.decode(text).ok(), bs58::decode(text).into_vec().ok()];
        let mut problem = None;
        for bytes in decoded.iter().flatten() {
            match decode(bytes) {
                Ok(message) => return Ok(Self(message)),
                Err(why) => problem = problem.or(Some(why)),
            }
        }
        let why = problem.unwrap_or_else(|| "it is neither base64 nor base58".into());
        Err(format!(
            "invalid transaction message ({why}): expected the output of --sign-only or --dump-transaction-message"
        ))
    }
}

fn decode(bytes: &[u8]) -> Result<VersionedMessage, String> {
    let first = *bytes.first().ok_or("it is empty")?;
    let version = first & !MESSAGE_VERSION_PREFIX;
    if first & MESSAGE_VERSION_PREFIX != 0 && version > NEWEST {
        return Err(format!("version {version} is unknown, the newest is {NEWEST}"));
    }
    let message: VersionedMessage = wincode::deserialize(bytes).map_err(|error| match error {
        ReadError::Io(_) => format!("it is truncated after {} bytes", bytes.len()),
        error => error.to_string(),
    })?;
    match &message {
        VersionedMessage::V1(message) => message.validate().map_err(|error| error.to_string())?,
        message => message.sanitize().map_err(|error| error.to_string())?,
    }
    // What follows a message would be signed without being shown.
    if message.serialize() != bytes {
        return Err("more bytes follow the message".into());
    }
    let limit = TransactionFormat::limits_of(&message).bytes;
    let length = bytes.len() + SIGNATURE * usize::from(message.header().num_required_signatures);
    if matches!(message, VersionedMessage::V1(_)) && length > limit {
        return Err(format!("its transaction has {length} bytes, more than {limit}"));
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        proptest::prelude::*,
        solana_address::Address,
        solana_hash::Hash,
        solana_instruction::{AccountMeta, Instruction},
        solana_message::{Message as Legacy, v0, v1},
    };

    fn instruction(signers: u8, data: usize) -> Instruction {
        let signer = |number: u8| AccountMeta::new(Address::new_from_array([100 + number; 32]), true);
        Instruction::new_with_bytes([9; 32].into(), &vec![7; data], (1..signers).map(signer).collect())
    }

    fn v1(signers: u8, data: usize) -> VersionedMessage {
        let config = v1::TransactionConfig::empty().with_compute_unit_limit(5).with_priority_fee(2_000_000_000);
        let instructions = [instruction(signers, data)];
        let message = v1::Message::try_compile_with_config(&[1; 32].into(), &instructions, Hash::default(), config);
        VersionedMessage::V1(message.unwrap())
    }

    fn read(bytes: &[u8]) -> Result<VersionedMessage, String> {
        let [base64, base58] = [BASE64_STANDARD.encode(bytes), bs58::encode(bytes).into_string()]
            .map(|text| text.parse::<Message>().map(|message| message.0));
        assert_eq!(base64.is_ok(), base58.is_ok(), "{base64:?} {base58:?}");
        base64
    }

    #[test]
    fn reads_every_version_in_both_encodings() {
        let payer = [1; 32].into();
        let legacy = Legacy::new_with_blockhash(&[instruction(2, 3)], Some(&payer), &Hash::default());
        let v0 = v0::Message::try_compile(&payer, &[instruction(2, 3)], &[], Hash::default()).unwrap();
        for message in [VersionedMessage::Legacy(legacy), VersionedMessage::V0(v0), v1(2, 3)] {
            assert_eq!(read(&message.serialize()), Ok(message));
        }
    }

    #[test]
    fn header_budget_is_explained() {
        let shown = Message(v1(1, 0)).instructions(None).remove(0);
        let expected =
            "header: compute unit limit 5, priority fee 2 SOL, loaded accounts data size limit 0 bytes".to_owned();
        assert_eq!(shown, expected);
    }

    #[test]
    fn refuses_other_versions_and_what_exceeds_v1() {
        let refused = |bytes: &[u8]| read(bytes).unwrap_err();
        let mut bytes = v1(1, 0).serialize();
        for version in 2..128 {
            bytes[0] = MESSAGE_VERSION_PREFIX | version;
            assert!(refused(&bytes).contains(&format!("version {version} is unknown, the newest is 1")));
        }
        let of_signers = |signers| v1(signers, 0).serialize();
        assert!(read(&of_signers(12)).is_ok());
        assert!(refused(&of_signers(13)).contains("too many signatures (max 12)"));
        let most = (3_900..4_096).take_while(|data| read(&v1(1, *data).serialize()).is_ok()).last().unwrap();
        assert_eq!(v1(1, most).serialize().len() + 64, 4_096);
        assert!(refused(&v1(1, most + 1).serialize()).contains("4097 bytes, more than 4096"));
        let twice = [of_signers(1), vec![0]].concat();
        assert!(refused(&twice).contains("more bytes follow the message"));
    }

    #[test]
    fn refuses_what_is_truncated_at_every_length() {
        let bytes = v1(3, 40).serialize();
        for length in 1..bytes.len() {
            let told = read(&bytes[..length]).unwrap_err();
            assert!(told.contains(&format!("truncated after {length} bytes")), "{told}");
        }
    }

    proptest! {
        #[test]
        fn changed_bytes_are_refused_or_read_as_they_are(
            signers in 1..12_u8, data in 0..60_usize, at: prop::sample::Index, to: u8, cut: prop::sample::Index,
        ) {
            let mut bytes = v1(signers, data).serialize();
            *at.get_mut(&mut bytes) = to;
            for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
                match read(bytes) {
                    Ok(message) => prop_assert_eq!(message.serialize(), bytes),
                    Err(told) => prop_assert!(told.starts_with("invalid transaction message ("), "{}", told),
                }
            }
        }
    }
}
