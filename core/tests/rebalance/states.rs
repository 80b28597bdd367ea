//! All states of small pools that an adversary without a key can reach, by a model checker.

use {
    crate::{
        adversary::is_settled,
        callers::serve_all,
        model::{Pool, SOL, STAKE_RENT},
        pools::record,
    },
    stateright::{Checker, Model, Property},
    tidepool_core::{
        Validator,
        rebalance::{Inputs, Policy},
    },
};

/// Moves of the adversary in an epoch, and epochs.
const MOVES: u8 = 4;
const EPOCHS: u8 = 2;

/// SOL that one move takes or brings.
const AMOUNTS: [u64; 2] = [2 * SOL, 7 * SOL];

/// A pool, and what the adversary holds of it and took from it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct State {
    /// Active and transient lamports of each validator, and whether the latter deactivate.
    validators: Vec<(u64, u64, bool)>,
    reserve: u64,
    last_total: u64,
    /// Stake of each validator that the adversary holds.
    stakes: Vec<u64>,
    /// Lamports that the adversary holds.
    sol: u64,
    /// Pool tokens that the adversary holds. Without rewards the rate is 1 lamport per pool token.
    tokens: u64,
    moves: u8,
    epochs: u8,
    /// Whether all was as it should be after each honest crank.
    is_settled: bool,
}

impl State {
    /// Lamports that the adversary owns.
    fn wealth(&self) -> u64 {
        self.sol + self.tokens + self.stakes.iter().sum::<u64>()
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Action {
    WithdrawStake(usize, u64),
    DepositStake(usize),
    WithdrawSol(u64),
    DepositSol,
    Rebalance(usize),
    /// The honest crank, and the next epoch.
    EndEpoch,
}

struct SmallPool {
    stakes: Vec<u64>,
    weights: Vec<u16>,
    reserve: u64,
    policy: Policy,
    /// Fee on withdrawals, in basis points of the pool tokens.
    fee: u64,
}

/// Pool tokens that the adversary holds at first.
const TOKENS: u64 = 40 * SOL;

/// Lamports that the adversary holds at first.
const WALLET: u64 = 10 * SOL;

impl SmallPool {
    /// Lamports that the adversary receives for pool tokens.
    const fn after_fee(&self, tokens: u64) -> u64 {
        tokens - tokens / 10_000 * self.fee
    }

    fn pool(&self, state: &State) -> Pool {
        let record = |(weight, (active, transient, is_leaving)): (&u16, &(u64, u64, bool))| {
            let mut record: Validator = record(*weight, *active);
            record.transient_lamports = *transient;
            if *transient > 0 {
                record.is_deactivating = *is_leaving;
            }
            record
        };
        let inputs = Inputs {
            reserve_lamports: state.reserve,
            last_epoch_total_lamports: state.last_total,
            stake_rent: STAKE_RENT,
            minimum_delegation: SOL,
            policy: self.policy,
            ticket_lamports: 0,
            is_paused: false,
        };
        Pool { records: self.weights.iter().zip(&state.validators).map(record).collect(), inputs }
    }

    fn with(state: &State, pool: &Pool) -> State {
        let of = |record: &Validator| {
            let transient = record.transient_lamports;
            (record.active_lamports, transient, transient > 0 && record.is_deactivating)
        };
        State {
            validators: pool.records.iter().map(of).collect(),
            reserve: pool.reserve(),
            last_total: pool.inputs.last_epoch_total_lamports,
            ..state.clone()
        }
    }
}

impl Model for SmallPool {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let validators = self.stakes.iter().map(|sol| (sol * SOL + STAKE_RENT, 0, false)).collect();
        let start = State {
            validators,
            reserve: self.reserve,
            last_total: 0,
            stakes: vec![0; self.stakes.len()],
            sol: WALLET,
            tokens: TOKENS,
            moves: MOVES,
            epochs: EPOCHS,
            is_settled: true,
        };
        let total = u64::try_from(self.pool(&start).total()).expect("a small pool");
        vec![State { last_total: total, ..start }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.epochs == 0 {
            return;
        }
        actions.push(Action::EndEpoch);
        if state.moves == 0 {
            return;
        }
        for index in 0..self.stakes.len() {
            actions.extend(AMOUNTS.map(|tokens| Action::WithdrawStake(index, tokens)));
            actions.extend([Action::DepositStake(index), Action::Rebalance(index)]);
        }
        actions.extend(AMOUNTS.map(Action::WithdrawSol));
        actions.push(Action::DepositSol);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        state.moves = last.moves.saturating_sub(1);
        match action {
            Action::WithdrawStake(index, tokens) => {
                state.tokens = state.tokens.checked_sub(tokens)?;
                let lamports = self.after_fee(tokens);
                let active = &mut state.validators[index].0;
                *active = active.checked_sub(lamports).filter(|left| *left >= SOL + STAKE_RENT)?;
                state.stakes[index] += lamports;
            }
            Action::DepositStake(index) => {
                let lamports = std::mem::take(&mut state.stakes[index]);
                state.validators[index].0 += lamports;
                state.tokens += lamports;
                return (lamports > 0).then_some(state);
            }
            Action::WithdrawSol(tokens) => {
                state.tokens = state.tokens.checked_sub(tokens)?;
                let (lamports, kept) = (self.after_fee(tokens), self.policy.working_lamports(STAKE_RENT));
                state.reserve = state.reserve.checked_sub(lamports).filter(|left| *left >= kept)?;
                state.sol += lamports;
            }
            Action::DepositSol => {
                state.tokens += state.sol;
                state.reserve += std::mem::take(&mut state.sol);
                return (last.sol > 0).then_some(state);
            }
            Action::Rebalance(index) => {
                let mut pool = self.pool(last);
                let moved = pool.call(&[index]).expect("a movement within all bounds");
                return moved.then(|| Self::with(&state, &pool));
            }
            Action::EndEpoch => {
                let mut pool = self.pool(last);
                serve_all(&mut pool).expect("movements within all bounds");
                state.is_settled = is_settled(&pool).is_ok();
                pool.next_epoch(0);
                state = State { moves: MOVES, epochs: last.epochs - 1, ..Self::with(&state, &pool) };
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nothing is left to the adversary", |_, state: &State| state.is_settled),
            Property::always("the adversary gains no lamport", |_, state: &State| state.wealth() <= WALLET + TOKENS),
        ]
    }
}

#[test]
fn no_state_of_a_small_pool_is_left_to_an_adversary() {
    let open = Policy::DEFAULT;
    let bounded = Policy { turnover_budget: 2_000, reserve_share: 1_000, ..open };
    let capped = Policy { validator_cap: 4_500, ..bounded };
    for (stakes, weights, policy, fee) in [
        (vec![20, 20], vec![1, 1], open, 0),
        (vec![20, 20], vec![1, 3], bounded, 300),
        (vec![20, 20, 20], vec![1, 1, 1], bounded, 0),
        (vec![30, 10, 20], vec![2, 1, 1], capped, 0),
    ] {
        let pool = SmallPool { stakes, weights, reserve: 7 * SOL, policy, fee };
        let checker = pool.checker().threads(2).spawn_bfs().join();
        assert!(checker.unique_state_count() > 1_000, "{} states", checker.unique_state_count());
        checker.assert_properties();
    }
}
