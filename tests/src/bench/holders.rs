//! What the instructions cost that look after holders: limits, announcements, demotion, exit tickets; and what the others cost in a pool
//! that has them.

use {
    super::{Case, Place},
    crate::{
        SOL,
        accounts::add_wallet,
        extension::PoolKind,
        instructions::{Holder, Receiver},
        pool::{PoolFixture, PoolSpec, ValidatorSpec},
        scenario::EPOCH,
        vm::Vm,
    },
    solana_instruction::Instruction,
    solana_vote_interface::state::{VoteStateV4, VoteStateVersions},
    tidepool_interface::state::{
        AnnouncementKind, Ceiling, DemotionGround, DemotionPolicy, ExitTicket, Limits, PoolExtension, RebalancePolicy,
    },
};

/// An extended pool of two validators with a holder.
struct Scene<'a> {
    vm: &'a mut Vm,
    pool: PoolFixture,
    holder: Holder,
}

impl<'a> Scene<'a> {
    fn new(vm: &'a mut Vm) -> Self {
        vm.set_epoch(EPOCH);
        let mut spec = PoolSpec {
            reserve: 100 * SOL,
            validators: vec![ValidatorSpec::active(100 * SOL, 0); 2],
            last_update_epoch: EPOCH,
            kind: PoolKind::EXTENDED,
            ..PoolSpec::default()
        };
        spec.total_lamports = 300 * SOL + 2 * vm.stake_rent();
        spec.supply = 290 * SOL;
        // The rate has grown by 0.03 % in the last epoch.
        (spec.terms.last_epoch_total_lamports, spec.terms.last_epoch_pool_token_supply) =
            (spec.total_lamports / 10_000 * 9_997, spec.supply);
        let pool = PoolFixture::install(&spec, vm);
        let wallet = add_wallet(10_000 * SOL, vm);
        let holder = Holder { wallet, tokens: pool.add_token_account(wallet, spec.supply, vm) };
        pool.add_escrow(vm);
        Self { vm, pool, holder }
    }

    fn edit(mut self, change: impl FnOnce(&mut PoolExtension)) -> Self {
        let account = self.vm.accounts.get_mut(&self.pool.pool).expect("a pool");
        change(PoolExtension::find_mut(&mut account.data).expect("an extended pool"));
        self.pool.extension = PoolExtension::find(&account.data).copied();
        self
    }

    fn with_notice(self) -> Self {
        self.edit(|extension| extension.limits.notice_epochs.set(2))
    }

    fn run(self, instruction: &Instruction) -> Self {
        let outcome = self.vm.process(instruction);
        assert!(outcome.is_ok(), "{:#?}", outcome.logs);
        self
    }

    fn edit_vote(self, index: usize, change: impl FnOnce(&mut VoteStateV4)) -> Self {
        let vote = self.pool.validators[index].vote;
        let data = &mut self.vm.accounts.get_mut(&vote).expect("a vote account").data;
        let mut state = VoteStateV4::deserialize(data, &vote).expect("a vote state");
        change(&mut state);
        VoteStateV4::serialize(&VoteStateVersions::new_v4(state), data).expect("room for a vote state");
        self
    }

    fn request(&self) -> Instruction {
        self.pool.request_exit(self.holder, (0, self.holder.wallet), 10 * SOL, 0)
    }

    fn demote(&self, ground: DemotionGround) -> Instruction {
        let vote = |index: u32| (index, self.pool.validators[index as usize].vote);
        self.pool.demote(vote(1), ground, (ground == DemotionGround::NoCredits).then(|| vote(0)))
    }
}

/// A policy with all rules.
fn strict() -> DemotionPolicy {
    DemotionPolicy {
        inflation_commission: Ceiling::new(500),
        epochs_without_credits: 3,
        max_validators: 10.into(),
        max_stake: 10_000.into(),
        ..DemotionPolicy::NONE
    }
}

/// Credits of 64 epochs, as a vote account keeps them.
fn credits(until: u64) -> Vec<(u64, u64, u64)> {
    (until - 64..until).map(|epoch| (epoch, epoch * 100 + 100, epoch * 100)).collect()
}

pub(super) fn cases() -> Vec<Case> {
    let case = |name: &str, make: fn(&mut Vm) -> Instruction| Case {
        name: name.into(),
        validators: 2,
        place: Place::Only,
        token_program: "spl",
        is_extension: true,
        per: 1,
        make: Box::new(make),
    };
    vec![
        case("SetLimits", |vm| {
            let scene = Scene::new(vm);
            let limits = Limits { notice_epochs: 2.into(), growth_charge: 100.into(), ..Limits::NONE };
            scene.pool.set_limits(scene.pool.state.head.manager, limits)
        }),
        case("SetStaker by the manager, announced", |vm| {
            let scene = Scene::new(vm).with_notice();
            scene.pool.set_staker(scene.pool.state.head.manager, scene.holder.wallet)
        }),
        case("SetRebalancePolicy, announced", |vm| {
            let scene = Scene::new(vm).with_notice();
            scene.pool.set_policy(RebalancePolicy { reserve_share: 100.into(), ..RebalancePolicy::DEFAULT })
        }),
        case("CancelAnnouncement", |vm| {
            let scene = Scene::new(vm).with_notice();
            let manager = scene.pool.state.head.manager;
            let change = scene.pool.set_staker(manager, scene.holder.wallet);
            let scene = scene.run(&change);
            scene.pool.cancel_announcement(manager, AnnouncementKind::Staker)
        }),
        case("SetDemotionPolicy", |vm| Scene::new(vm).pool.set_demotion_policy(strict())),
        case("DemoteValidator, commission", |vm| {
            let scene = Scene::new(vm).edit(|extension| extension.demotion = strict());
            scene
                .edit_vote(1, |state| state.inflation_rewards_commission_bps = 501)
                .demote(DemotionGround::InflationCommission)
        }),
        case("DemoteValidator, no credits", |vm| {
            let scene = Scene::new(vm).edit(|extension| extension.demotion = strict());
            let scene = scene.edit_vote(0, |state| state.epoch_credits = credits(EPOCH));
            scene.edit_vote(1, |state| state.epoch_credits = credits(EPOCH - 3)).demote(DemotionGround::NoCredits)
        }),
        case("RequestExit", |vm| Scene::new(vm).request()),
        case("ClaimExit", |vm| {
            let scene = Scene::new(vm);
            let request = scene.request();
            let scene = scene.run(&request);
            let data = scene.vm.account(&scene.pool.ticket(0)).data;
            scene.pool.claim_exit(ExitTicket::decode(&data).expect("a ticket"))
        }),
        case("CancelExit", |vm| {
            let scene = Scene::new(vm);
            let request = scene.request();
            let scene = scene.run(&request).edit(|_| ());
            let ticket = scene.pool.ticket(0);
            let account = scene.vm.accounts.get_mut(&ticket).expect("a ticket");
            // As if it had been requested an epoch ago.
            let epoch = account.data.len() - size_of::<u64>();
            account.data[epoch..].copy_from_slice(&(EPOCH - 1).to_le_bytes());
            scene.pool.cancel_exit(scene.holder, 0)
        }),
        case("DepositSol, extended", |vm| deposit(&Scene::new(vm))),
        case("DepositSol, extended, with a growth charge", |vm| {
            deposit(&Scene::new(vm).edit(|extension| extension.limits.growth_charge.set(100)))
        }),
        case("UpdateStakePoolBalance, extended", |vm| Scene::new(vm).pool.update_pool()),
        case("UpdateStakePoolBalance, extended, with a rate guard", |vm| {
            let scene = Scene::new(vm).edit(|extension| {
                let limits = &mut extension.limits;
                (limits.rate_guard_up, limits.rate_guard_down, limits.guard_epochs) = (100.into(), 100.into(), 2);
            });
            scene.pool.update_pool()
        }),
    ]
}

fn deposit(scene: &Scene) -> Instruction {
    let to = Receiver { tokens: scene.holder.tokens, referrer: scene.holder.tokens };
    scene.pool.deposit_sol(scene.holder.wallet, to, None, SOL, None)
}
