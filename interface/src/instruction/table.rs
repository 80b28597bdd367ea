//! The macros that declare instructions and their arguments.

/// Declares an enum with a value in each variant: on the wire a byte, then the value.
macro_rules! tagged {
    (
        $(#[doc = $doc:literal])*
        pub enum $name:ident {
            $($(#[doc = $variant_doc:literal])* $variant:ident($value:ty $(as $described:ty)?) = $number:literal,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $name {
            $($(#[doc = $variant_doc])* $variant($value),)*
        }

        variants!($name [$($doc)*] $($variant [$($variant_doc)*] ($value $(as $described)?),)*);

        impl $name {
            /// Encoding of the variant.
            pub const fn kind(&self) -> u8 {
                match self {
                    $(Self::$variant(_) => $number,)*
                }
            }
        }

        impl Wire<'_> for $name {
            fn read(reader: &mut Reader) -> Result<Self, ProgramError> {
                Ok(match reader.u8()? {
                    $($number => Self::$variant(Wire::read(reader)?),)*
                    _ => return Err(ProgramError::BorshIoError),
                })
            }

            fn write(&self, writer: &mut Writer) -> Result<(), ProgramError> {
                writer.u8(self.kind())?;
                match self {
                    $(Self::$variant(value) => value.write(writer),)*
                }
            }
        }
    };
}

/// Declares instructions: tag, accounts, the sentence for the person who signs, arguments in their order. In the sentence, `{NAME}`
/// stands for an argument or an account.
macro_rules! instructions {
    (
        $(#[doc = $doc:literal])*
        pub enum $name:ident<$life:lifetime> {
            $(
                $(#[doc = $variant_doc:literal])*
                $variant:ident [$tag:literal $tag_name:ident $($accounts:ident)?] $sentence:literal
                $({ $($(#[doc = $field_doc:literal])* $field:ident: $type:ty $(as $described:ty)?,)* })?,
            )*
        }
    ) => {
        /// Tags: the first byte of an instruction's data.
        pub mod tag {
            $(#[doc = concat!("`", stringify!($variant), "`.")] pub const $tag_name: u8 = $tag;)*
        }

        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $name<$life> {
            $(
                $(#[doc = $variant_doc])*
                #[doc = ""]
                #[doc = concat!("Tag ", $tag, "." $(, " See [`", stringify!($accounts), "`].")?)]
                $variant $({ $($(#[doc = $field_doc])* $field: $type,)* })?,
            )*
        }

        impl<$life> $name<$life> {
            /// The instructions, described.
            pub const SCHEMA: &'static [crate::schema::Instruction] = &[$(crate::schema::Instruction {
                name: stringify!($variant),
                tag: $tag,
                docs: &[$($variant_doc),*],
                sentence: $sentence,
                arguments: &[$($(crate::schema::Field {
                    name: stringify!($field),
                    docs: &[$($field_doc),*],
                    shape: shape!($type $(as $described)?),
                },)*)?],
                accounts: accounts_of!($($accounts)?),
            },)*];
        }

        impl<$life> $name<$life> {
            /// Decodes all of an instruction's data.
            ///
            /// # Errors
            /// `BorshIoError` for an unknown tag and for missing, excess or malformed bytes.
            #[inline]
            pub fn decode(data: &$life [u8]) -> Result<Self, ProgramError> {
                let (tag, rest) = data.split_first().ok_or(ProgramError::BorshIoError)?;
                match *tag {
                    $($tag => {
                        arguments!(rest $($($field)*)?);
                        Ok(Self::$variant $({ $($field,)* })?)
                    })*
                    _ => Err(ProgramError::BorshIoError),
                }
            }

            /// Decodes an instruction from the front of the bytes.
            #[cfg(feature = "borsh")]
            #[allow(dead_code)]
            pub(crate) fn read(reader: &mut crate::bytes::Reader<$life>) -> Result<Self, ProgramError> {
                Ok(match reader.u8()? {
                    $($tag => Self::$variant $({ $($field: Wire::read(reader)?,)* })?,)*
                    _ => return Err(ProgramError::BorshIoError),
                })
            }

            /// The instruction's tag, the first byte of its data.
            pub const fn tag(&self) -> u8 {
                match self {
                    $(Self::$variant { .. } => $tag,)*
                }
            }

            /// Writes the instruction data to the start of `bytes` and returns its length in bytes.
            ///
            /// # Errors
            /// `BorshIoError` if the bytes are too few.
            pub fn encode(&self, bytes: &mut [u8]) -> Result<usize, ProgramError> {
                let mut writer = Writer::new(bytes);
                writer.u8(self.tag())?;
                match self {
                    $(Self::$variant $({ $($field,)* })? => {
                        $($($field.write(&mut writer)?;)*)?
                    })*
                }
                Ok(writer.written())
            }

            /// The instruction's data.
            #[cfg(any(feature = "borsh", feature = "client"))]
            pub fn to_vec(&self) -> alloc::vec::Vec<u8> {
                let room = match self {
                    $(Self::$variant $({ $($field,)* })? => 0usize $($(.saturating_add($field.room()))*)?,)*
                };
                let mut data = alloc::vec![0; room.saturating_add(1)];
                let length = self.encode(&mut data).expect("the room is enough for every value");
                data.truncate(length);
                data
            }

            /// Builds the instruction. `accounts` are the `metas` of its account struct, then those that follow them, if any.
            #[cfg(feature = "client")]
            pub fn with_accounts(
                &self,
                program_id: &crate::Address,
                accounts: std::vec::Vec<solana_instruction::AccountMeta>,
            ) -> solana_instruction::Instruction {
                solana_instruction::Instruction { program_id: *program_id, accounts, data: self.to_vec() }
            }
        }
    };
}

/// Reads all arguments of an instruction from `$rest`, up to its end.
// The end is checked before the instruction is built, and there is no reader for one argument: both would cost compute units.
macro_rules! arguments {
    ($rest:ident) => {
        if !$rest.is_empty() {
            return Err(ProgramError::BorshIoError);
        }
    };
    ($rest:ident $last:ident) => {
        let $last = Wire::whole($rest)?;
    };
    ($rest:ident $first:ident $($others:ident)+) => {
        let ($first, $rest) = Wire::split($rest).ok_or(ProgramError::BorshIoError)?;
        arguments!($rest $($others)+);
    };
}

/// The described accounts of an instruction; none without a struct for them.
macro_rules! accounts_of {
    () => {
        &[]
    };
    ($accounts:ident) => {
        $crate::instruction::$accounts::<()>::SCHEMA
    };
}
