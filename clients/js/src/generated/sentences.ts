/** What an instruction does, for the person who signs. Generated from the IDL. */
export interface Sentence {
    /** The sentence, with `${data.NAME}` for arguments and `${accounts.NAME}` for accounts. */
    readonly text: string;
    /** Names of the accounts, in their order. */
    readonly accounts: readonly string[];
    /** Units of arguments that are amounts with nine decimals. */
    readonly units: Readonly<Record<string, string>>;
}

export const initializeSentence: Sentence = {
    "text": "Create the stake pool ${accounts.pool} for the manager ${accounts.manager} and the staker ${accounts.staker}, with a fee of ${data.fee} on rewards, ${data.withdrawalFee} on withdrawals and ${data.depositFee} on deposits",
    "accounts": [
        "pool",
        "manager",
        "staker",
        "withdrawAuthority",
        "validatorList",
        "reserveStake",
        "poolMint",
        "managerFeeAccount",
        "tokenProgram",
        "depositAuthority"
    ],
    "units": {}
};

export const addValidatorToPoolSentence: Sentence = {
    "text": "Add the validator ${accounts.vote} to the pool ${accounts.pool}",
    "accounts": [
        "pool",
        "staker",
        "reserveStake",
        "withdrawAuthority",
        "validatorList",
        "validatorStake",
        "vote",
        "rent",
        "clock",
        "stakeHistory",
        "stakeConfig",
        "systemProgram",
        "stakeProgram"
    ],
    "units": {}
};

export const removeValidatorFromPoolSentence: Sentence = {
    "text": "Remove the validator with the stake account ${accounts.validatorStake} from the pool ${accounts.pool}",
    "accounts": [
        "pool",
        "staker",
        "withdrawAuthority",
        "validatorList",
        "validatorStake",
        "transientStake",
        "clock",
        "stakeProgram"
    ],
    "units": {}
};

export const decreaseValidatorStakeSentence: Sentence = {
    "text": "Deactivate ${data.lamports} of the validator stake ${accounts.validatorStake} of the pool ${accounts.pool}",
    "accounts": [
        "pool",
        "staker",
        "withdrawAuthority",
        "validatorList",
        "validatorStake",
        "transientStake",
        "clock",
        "rent",
        "systemProgram",
        "stakeProgram"
    ],
    "units": {
        "lamports": "SOL"
    }
};

export const increaseValidatorStakeSentence: Sentence = {
    "text": "Delegate ${data.lamports} of the reserve of the pool ${accounts.pool} to the validator ${accounts.vote}",
    "accounts": [
        "pool",
        "staker",
        "withdrawAuthority",
        "validatorList",
        "reserveStake",
        "transientStake",
        "validatorStake",
        "vote",
        "clock",
        "rent",
        "stakeHistory",
        "stakeConfig",
        "systemProgram",
        "stakeProgram"
    ],
    "units": {
        "lamports": "SOL"
    }
};

export const setPreferredValidatorSentence: Sentence = {
    "text": "Set the preferred validator for ${data.validatorType} of the pool ${accounts.pool} to ${data.voteAccount}",
    "accounts": [
        "pool",
        "staker",
        "validatorList"
    ],
    "units": {}
};

export const updateValidatorListBalanceSentence: Sentence = {
    "text": "Update the records of the pool ${accounts.pool} from index ${data.startIndex} on",
    "accounts": [
        "pool",
        "withdrawAuthority",
        "validatorList",
        "reserveStake",
        "clock",
        "stakeHistory",
        "stakeProgram"
    ],
    "units": {}
};

export const updateStakePoolBalanceSentence: Sentence = {
    "text": "Update the totals of the pool ${accounts.pool}",
    "accounts": [
        "pool",
        "withdrawAuthority",
        "validatorList",
        "reserveStake",
        "managerFeeAccount",
        "poolMint",
        "tokenProgram"
    ],
    "units": {}
};

export const cleanupRemovedValidatorEntriesSentence: Sentence = {
    "text": "Remove the entries without stake from the validator list of the pool ${accounts.pool}",
    "accounts": [
        "pool",
        "validatorList"
    ],
    "units": {}
};

export const depositStakeSentence: Sentence = {
    "text": "Deposit the stake account ${accounts.depositStake} into the pool ${accounts.pool} for pool tokens to ${accounts.poolTokensTo}",
    "accounts": [
        "pool",
        "validatorList",
        "stakeDepositAuthority",
        "withdrawAuthority",
        "depositStake",
        "validatorStake",
        "reserveStake",
        "poolTokensTo",
        "managerFeeAccount",
        "referrerFeeAccount",
        "poolMint",
        "clock",
        "stakeHistory",
        "tokenProgram",
        "stakeProgram"
    ],
    "units": {}
};

export const withdrawStakeSentence: Sentence = {
    "text": "Withdraw stake from the pool ${accounts.pool} for ${data.poolTokens}, into the stake account ${accounts.splitTo} for ${accounts.userStakeAuthority}",
    "accounts": [
        "pool",
        "validatorList",
        "withdrawAuthority",
        "splitFrom",
        "splitTo",
        "userStakeAuthority",
        "userTransferAuthority",
        "poolTokensFrom",
        "managerFeeAccount",
        "poolMint",
        "clock",
        "tokenProgram",
        "stakeProgram"
    ],
    "units": {
        "poolTokens": "pool tokens"
    }
};

export const setManagerSentence: Sentence = {
    "text": "Make ${accounts.newManager} the manager of the pool ${accounts.pool}, with the fee account ${accounts.newManagerFeeAccount}",
    "accounts": [
        "pool",
        "manager",
        "newManager",
        "newManagerFeeAccount"
    ],
    "units": {}
};

export const setFeeSentence: Sentence = {
    "text": "Set a fee of the pool ${accounts.pool}: ${data.fee}",
    "accounts": [
        "pool",
        "manager"
    ],
    "units": {}
};

export const setStakerSentence: Sentence = {
    "text": "Make ${accounts.newStaker} the staker of the pool ${accounts.pool}",
    "accounts": [
        "pool",
        "stakerOrManager",
        "newStaker"
    ],
    "units": {}
};

export const depositSolSentence: Sentence = {
    "text": "Deposit ${data.lamports} into the pool ${accounts.pool} for pool tokens to ${accounts.poolTokensTo}",
    "accounts": [
        "pool",
        "withdrawAuthority",
        "reserveStake",
        "lamportsFrom",
        "poolTokensTo",
        "managerFeeAccount",
        "referrerFeeAccount",
        "poolMint",
        "systemProgram",
        "tokenProgram",
        "solDepositAuthority"
    ],
    "units": {
        "lamports": "SOL"
    }
};

export const setFundingAuthoritySentence: Sentence = {
    "text": "Set the authority for ${data.fundingType} of the pool ${accounts.pool} to ${accounts.newAuthority}",
    "accounts": [
        "pool",
        "manager",
        "newAuthority"
    ],
    "units": {}
};

export const withdrawSolSentence: Sentence = {
    "text": "Withdraw SOL from the pool ${accounts.pool} for ${data.poolTokens} to ${accounts.lamportsTo}",
    "accounts": [
        "pool",
        "withdrawAuthority",
        "userTransferAuthority",
        "poolTokensFrom",
        "reserveStake",
        "lamportsTo",
        "managerFeeAccount",
        "poolMint",
        "clock",
        "stakeHistory",
        "stakeProgram",
        "tokenProgram",
        "solWithdrawAuthority"
    ],
    "units": {
        "poolTokens": "pool tokens"
    }
};

export const createTokenMetadataSentence: Sentence = {
    "text": "Create the metadata of the token of the pool ${accounts.pool}: name ${data.name}, symbol ${data.symbol}, URI ${data.uri}",
    "accounts": [
        "pool",
        "manager",
        "withdrawAuthority",
        "poolMint",
        "payer",
        "metadata",
        "metadataProgram",
        "systemProgram"
    ],
    "units": {}
};

export const updateTokenMetadataSentence: Sentence = {
    "text": "Change the metadata of the token of the pool ${accounts.pool}: name ${data.name}, symbol ${data.symbol}, URI ${data.uri}",
    "accounts": [
        "pool",
        "manager",
        "withdrawAuthority",
        "metadata",
        "metadataProgram"
    ],
    "units": {}
};

export const increaseAdditionalValidatorStakeSentence: Sentence = {
    "text": "Delegate ${data.lamports} more of the reserve of the pool ${accounts.pool} to the validator ${accounts.vote}",
    "accounts": [
        "pool",
        "staker",
        "withdrawAuthority",
        "validatorList",
        "reserveStake",
        "ephemeralStake",
        "transientStake",
        "validatorStake",
        "vote",
        "clock",
        "stakeHistory",
        "stakeConfig",
        "systemProgram",
        "stakeProgram"
    ],
    "units": {
        "lamports": "SOL"
    }
};

export const decreaseAdditionalValidatorStakeSentence: Sentence = {
    "text": "Deactivate ${data.lamports} more of the validator stake ${accounts.validatorStake} of the pool ${accounts.pool}",
    "accounts": [
        "pool",
        "staker",
        "withdrawAuthority",
        "validatorList",
        "reserveStake",
        "validatorStake",
        "ephemeralStake",
        "transientStake",
        "clock",
        "stakeHistory",
        "systemProgram",
        "stakeProgram"
    ],
    "units": {
        "lamports": "SOL"
    }
};

export const decreaseValidatorStakeWithReserveSentence: Sentence = {
    "text": "Deactivate ${data.lamports} of the validator stake ${accounts.validatorStake} of the pool ${accounts.pool}",
    "accounts": [
        "pool",
        "staker",
        "withdrawAuthority",
        "validatorList",
        "reserveStake",
        "validatorStake",
        "transientStake",
        "clock",
        "stakeHistory",
        "systemProgram",
        "stakeProgram"
    ],
    "units": {
        "lamports": "SOL"
    }
};

export const redelegateSentence: Sentence = {
    "text": "Redelegate ${data.lamports}: retired, the program rejects it",
    "accounts": [],
    "units": {
        "lamports": "SOL"
    }
};

export const depositStakeWithSlippageSentence: Sentence = {
    "text": "Deposit the stake account ${accounts.depositStake} into the pool ${accounts.pool} for at least ${data.minimumPoolTokensOut} to ${accounts.poolTokensTo}",
    "accounts": [
        "pool",
        "validatorList",
        "stakeDepositAuthority",
        "withdrawAuthority",
        "depositStake",
        "validatorStake",
        "reserveStake",
        "poolTokensTo",
        "managerFeeAccount",
        "referrerFeeAccount",
        "poolMint",
        "clock",
        "stakeHistory",
        "tokenProgram",
        "stakeProgram"
    ],
    "units": {
        "minimumPoolTokensOut": "pool tokens"
    }
};

export const withdrawStakeWithSlippageSentence: Sentence = {
    "text": "Withdraw at least ${data.minimumLamportsOut} of stake from the pool ${accounts.pool} for ${data.poolTokensIn}, into the stake account ${accounts.splitTo} for ${accounts.userStakeAuthority}",
    "accounts": [
        "pool",
        "validatorList",
        "withdrawAuthority",
        "splitFrom",
        "splitTo",
        "userStakeAuthority",
        "userTransferAuthority",
        "poolTokensFrom",
        "managerFeeAccount",
        "poolMint",
        "clock",
        "tokenProgram",
        "stakeProgram"
    ],
    "units": {
        "poolTokensIn": "pool tokens",
        "minimumLamportsOut": "SOL"
    }
};

export const depositSolWithSlippageSentence: Sentence = {
    "text": "Deposit ${data.lamportsIn} into the pool ${accounts.pool} for at least ${data.minimumPoolTokensOut} to ${accounts.poolTokensTo}",
    "accounts": [
        "pool",
        "withdrawAuthority",
        "reserveStake",
        "lamportsFrom",
        "poolTokensTo",
        "managerFeeAccount",
        "referrerFeeAccount",
        "poolMint",
        "systemProgram",
        "tokenProgram",
        "solDepositAuthority"
    ],
    "units": {
        "lamportsIn": "SOL",
        "minimumPoolTokensOut": "pool tokens"
    }
};

export const withdrawSolWithSlippageSentence: Sentence = {
    "text": "Withdraw at least ${data.minimumLamportsOut} from the pool ${accounts.pool} for ${data.poolTokensIn} to ${accounts.lamportsTo}",
    "accounts": [
        "pool",
        "withdrawAuthority",
        "userTransferAuthority",
        "poolTokensFrom",
        "reserveStake",
        "lamportsTo",
        "managerFeeAccount",
        "poolMint",
        "clock",
        "stakeHistory",
        "stakeProgram",
        "tokenProgram",
        "solWithdrawAuthority"
    ],
    "units": {
        "poolTokensIn": "pool tokens",
        "minimumLamportsOut": "SOL"
    }
};

export const extendPoolSentence: Sentence = {
    "text": "Add the extension to the pool ${accounts.pool}, with rent from ${accounts.payer}",
    "accounts": [
        "pool",
        "manager",
        "payer",
        "validatorList",
        "systemProgram"
    ],
    "units": {}
};

export const setRebalancePolicySentence: Sentence = {
    "text": "Set the rebalance policy of the pool ${accounts.pool}: ${data.policy}",
    "accounts": [
        "pool",
        "manager"
    ],
    "units": {}
};

export const setValidatorWeightsSentence: Sentence = {
    "text": "Set weights of validators of the pool ${accounts.pool}: ${data.weights}",
    "accounts": [
        "pool",
        "staker",
        "validatorList"
    ],
    "units": {}
};

export const updateValidatorsSentence: Sentence = {
    "text": "Update the records of the pool ${accounts.pool} from index ${data.startIndex} on",
    "accounts": [
        "pool",
        "withdrawAuthority",
        "validatorList",
        "reserveStake",
        "clock",
        "stakeHistory",
        "stakeProgram"
    ],
    "units": {}
};

export const rebalanceSentence: Sentence = {
    "text": "Rebalance stake of the pool ${accounts.pool} between the validators at the indices ${data.indices}",
    "accounts": [
        "pool",
        "withdrawAuthority",
        "validatorList",
        "reserveStake",
        "clock",
        "stakeHistory",
        "stakeConfig",
        "systemProgram",
        "stakeProgram",
        "instructions"
    ],
    "units": {}
};

export const setLimitsSentence: Sentence = {
    "text": "Tighten the limits of the pool ${accounts.pool}: ${data.limits}",
    "accounts": [
        "pool",
        "managerOrGuardian"
    ],
    "units": {}
};

export const cancelAnnouncementSentence: Sentence = {
    "text": "Withdraw the announcement of the pool ${accounts.pool} about: ${data.kind}",
    "accounts": [
        "pool",
        "managerOrGuardian"
    ],
    "units": {}
};

export const setDemotionPolicySentence: Sentence = {
    "text": "Set the demotion policy of the pool ${accounts.pool}: ${data.policy}",
    "accounts": [
        "pool",
        "manager"
    ],
    "units": {}
};

export const demoteValidatorSentence: Sentence = {
    "text": "Demote the validator ${accounts.vote} of the pool ${accounts.pool}: ${data.ground}",
    "accounts": [
        "pool",
        "validatorList",
        "vote",
        "peerVote"
    ],
    "units": {}
};

export const requestExitSentence: Sentence = {
    "text": "Request an exit ticket of the pool ${accounts.pool} for ${data.poolTokens}: at least ${data.minimumLamports} to ${accounts.recipient}",
    "accounts": [
        "pool",
        "withdrawAuthority",
        "owner",
        "poolTokensFrom",
        "escrow",
        "ticket",
        "recipient",
        "managerFeeAccount",
        "poolMint",
        "payer",
        "tokenProgram",
        "systemProgram"
    ],
    "units": {
        "poolTokens": "pool tokens",
        "minimumLamports": "SOL"
    }
};

export const claimExitSentence: Sentence = {
    "text": "Pay the exit ticket ${accounts.ticket} of the pool ${accounts.pool} to ${accounts.recipient}",
    "accounts": [
        "pool",
        "withdrawAuthority",
        "ticket",
        "ticketOwner",
        "recipient",
        "escrow",
        "poolMint",
        "reserveStake",
        "clock",
        "stakeHistory",
        "stakeProgram",
        "tokenProgram"
    ],
    "units": {}
};

export const cancelExitSentence: Sentence = {
    "text": "Cancel the exit ticket ${accounts.ticket} of the pool ${accounts.pool}, and return pool tokens to ${accounts.poolTokensTo}",
    "accounts": [
        "pool",
        "withdrawAuthority",
        "ticket",
        "ticketOwner",
        "poolTokensTo",
        "escrow",
        "poolMint",
        "tokenProgram"
    ],
    "units": {}
};
