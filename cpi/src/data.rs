//! Instruction data.

/// Most numbers of an instruction.
const NUMBERS_MAX: usize = 2;

/// The data of an instruction with numbers of 64 bits.
pub struct Data {
    bytes: [u8; 1 + 8 * NUMBERS_MAX],
    length: usize,
}

impl Data {
    #[inline(always)]
    pub fn new<const N: usize>(tag: u8, numbers: [u64; N]) -> Self {
        const { assert!(N <= NUMBERS_MAX) };
        let mut bytes = [0; 1 + 8 * NUMBERS_MAX];
        bytes[0] = tag;
        for (place, number) in bytes[1..].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        Self { bytes, length: 1 + 8 * N }
    }

    #[inline(always)]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use {
        super::Data,
        tidepool_interface::instruction::{
            ExtensionInstruction::RequestExit,
            StakePoolInstruction::{
                self, DepositSolWithSlippage, DepositStakeWithSlippage, WithdrawSolWithSlippage,
                WithdrawStakeWithSlippage,
            },
            tag,
        },
    };

    #[test]
    fn data_is_that_of_the_interface() {
        let (first, second) = (0x0102_0304_0506_0708, u64::MAX - 1);
        let spl = [
            (
                tag::DEPOSIT_SOL_WITH_SLIPPAGE,
                DepositSolWithSlippage { lamports_in: first, minimum_pool_tokens_out: second },
            ),
            (
                tag::WITHDRAW_SOL_WITH_SLIPPAGE,
                WithdrawSolWithSlippage { pool_tokens_in: first, minimum_lamports_out: second },
            ),
            (
                tag::WITHDRAW_STAKE_WITH_SLIPPAGE,
                WithdrawStakeWithSlippage { pool_tokens_in: first, minimum_lamports_out: second },
            ),
        ];
        for (tag, instruction) in spl {
            assert_eq!(Data::new(tag, [first, second]).bytes(), StakePoolInstruction::to_vec(&instruction));
        }
        let deposit = DepositStakeWithSlippage { minimum_pool_tokens_out: first };
        assert_eq!(Data::new(tag::DEPOSIT_STAKE_WITH_SLIPPAGE, [first]).bytes(), deposit.to_vec());
        let request = RequestExit { pool_tokens: first, minimum_lamports: second };
        assert_eq!(Data::new(tag::REQUEST_EXIT, [first, second]).bytes(), request.to_vec());
    }
}
