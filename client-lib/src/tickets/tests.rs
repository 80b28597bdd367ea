use {
    super::*,
    crate::{
        lookup::tests::reading::ReadOnlyCluster,
        pool::fixture::{Fixture, POOL, PROGRAM},
    },
    tidepool_interface::state::EXIT_TICKET_TYPE,
};

const OWNER: Address = Address::new_from_array([5; 32]);

/// A cluster whose pool has had `next` tickets, with these still open, and the pool as it was read before.
fn cluster(next: u64, open: &[u64]) -> (ReadOnlyCluster, PoolSnapshot) {
    let mut fixture = Fixture::extended(vec![]);
    fixture.tickets = TicketTotals { next_id: next.into(), open: (open.len() as u64).into(), ..TicketTotals::NONE };
    let mut cluster = ReadOnlyCluster::of(&[]);
    let ticket = |id: u64| ExitTicket {
        account_type: EXIT_TICKET_TYPE,
        bump: 0,
        reserved: [0; 6],
        pool: POOL,
        owner: OWNER,
        recipient: OWNER,
        id: id.into(),
        pool_tokens: 7.into(),
        lamports: 8.into(),
        epoch: 9.into(),
    };
    cluster.accounts.insert(POOL, fixture.accounts().pool);
    for id in open {
        let data = bytemuck::bytes_of(&ticket(*id)).to_vec();
        let account = Account { lamports: 1, data, owner: PROGRAM, ..Account::default() };
        cluster.accounts.insert(find_exit_ticket(&PROGRAM, &POOL, *id).0, account);
    }
    (cluster, fixture.snapshot())
}

async fn read(cluster: &ReadOnlyCluster, snapshot: &PoolSnapshot, known: &[u64]) -> (Vec<u64>, usize) {
    let before = cluster.requests();
    let tickets = read_tickets(cluster, snapshot, known).await.unwrap();
    (tickets.iter().map(|ticket| ticket.id.get()).collect(), cluster.requests() - before)
}

#[tokio::test]
async fn reads_newest_tickets_until_all_are_found() {
    let (cluster, snapshot) = cluster(10_000, &[9_999, 9_950, 9_890]);
    assert_eq!(read(&cluster, &snapshot, &[]).await, (vec![9_999, 9_950, 9_890], 2));
}

#[tokio::test]
async fn known_old_tickets_take_no_search() {
    let (cluster, snapshot) = cluster(10_000, &[3, 9_999]);
    assert_eq!(read(&cluster, &snapshot, &[]).await, (vec![9_999, 3], 101));
    assert_eq!(read(&cluster, &snapshot, &[3]).await, (vec![9_999, 3], 2));
    // One that is closed meanwhile is no hindrance.
    assert_eq!(read(&cluster, &snapshot, &[3, 9_998]).await, (vec![9_999, 3], 2));
    assert_eq!(read(&cluster, &snapshot, &[9_999, 3]).await, (vec![9_999, 3], 1));
}

#[tokio::test]
async fn stops_where_tickets_are_paid_meanwhile() {
    let (_, before) = cluster(10_000, &[9_999, 9_998, 9_997]);
    let (later, _) = cluster(10_001, &[10_000, 9_998]);
    assert_eq!(read(&later, &before, &[]).await, (vec![9_998], 1));
}

#[tokio::test]
async fn pools_without_tickets_are_not_asked() {
    let (none, snapshot) = cluster(10_000, &[]);
    assert_eq!(read(&none, &snapshot, &[]).await, (vec![], 0));
    let plain = Fixture::of(vec![]).snapshot();
    assert_eq!(read(&none, &plain, &[]).await, (vec![], 0));
}

#[tokio::test]
async fn ignores_accounts_that_are_no_tickets_of_the_pool() {
    let (mut fake, snapshot) = cluster(4, &[0, 1, 2, 3]);
    let address = |id| find_exit_ticket(&PROGRAM, &POOL, id).0;
    fake.accounts.get_mut(&address(0)).unwrap().owner = OWNER;
    fake.accounts.get_mut(&address(1)).unwrap().data[8] ^= 1;
    fake.accounts.get_mut(&address(2)).unwrap().data[0] = 1;
    assert_eq!(read(&fake, &snapshot, &[]).await.0, [3]);
    let named = read_tickets_by_id(&fake, &snapshot, &[3, 0, 77]).await.unwrap();
    assert_eq!(named.len(), 1);
}
