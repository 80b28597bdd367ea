//! Load: a thousand visitors a second for a minute. Not in the usual suite, since it measures, and takes all cores:
//! `cargo test -p tidepool-cli --test embedded -- --ignored --nocapture thousand_visitors`.

use {
    super::{
        super::harness::{SOL, Stage},
        Endpoint, serve,
    },
    solana_signer::Signer as _,
    std::{
        net::{Ipv4Addr, SocketAddr},
        time::Duration,
    },
    tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpSocket,
        task::JoinSet,
        time::{Instant, MissedTickBehavior, interval, timeout},
    },
};

const VALIDATORS: usize = 1_990;
const VISITORS_PER_SECOND: u32 = 1_000;
const TIME: Duration = Duration::from_secs(60);

/// Longest time for an answer.
const LONGEST: Duration = Duration::from_secs(10);

/// An address of loopback for each visitor: limits are those of a client.
fn visitor(number: u32) -> SocketAddr {
    let [_, b, c, d] = number.to_be_bytes();
    SocketAddr::new(Ipv4Addr::new(127, b.wrapping_add(1), c, d.max(1)).into(), 0)
}

/// Loads the page over a connection of its own, and returns the time and the bytes.
async fn visit(number: u32, address: SocketAddr) -> Result<(Duration, usize), String> {
    let began = Instant::now();
    let load = async {
        let socket = TcpSocket::new_v4()?;
        socket.bind(visitor(number))?;
        let mut stream = socket.connect(address).await?;
        let request = "GET / HTTP/1.1\r\nhost: x\r\naccept-encoding: br\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = vec![];
        stream.read_to_end(&mut bytes).await?;
        Ok::<_, std::io::Error>(bytes)
    };
    let bytes =
        timeout(LONGEST, load).await.map_err(|_| "no answer in time".to_owned())?.map_err(|error| error.to_string())?;
    if bytes.starts_with(b"HTTP/1.1 200") { Ok((began.elapsed(), bytes.len())) } else { Err("no page".into()) }
}

/// All visits: times and bytes, and what failed.
async fn visits(address: SocketAddr) -> Vec<Result<(Duration, usize), String>> {
    let mut tick = interval(Duration::from_secs(1) / VISITORS_PER_SECOND);
    // At a busy moment the visitors come later, but all of them come.
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut visits = JoinSet::new();
    let began = Instant::now();
    for number in 0.. {
        if began.elapsed() >= TIME {
            break;
        }
        tick.tick().await;
        visits.spawn(visit(number, address));
    }
    visits.join_all().await
}

#[tokio::test]
#[ignore = "a measurement that takes all cores for minutes"]
async fn a_thousand_visitors_a_second_are_served() {
    let stage = Stage::of(VALIDATORS);
    stage.cluster.airdrop(&stage.wallet.pubkey(), 3 * VALIDATORS as u64 * SOL);
    let pool = stage.pool(&format!("--max-validators 2000 --initial-deposit {}", 2 * VALIDATORS)).await;
    stage.add_validators(&pool, 0..VALIDATORS).await;
    let endpoint = Endpoint::default();
    serve(
        &endpoint.of(&stage),
        &pool,
        |options| options.refresh = Duration::from_secs(15),
        async |address| {
            let before = endpoint.count();
            let load = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(visits(address))
            };
            let answers = tokio::task::spawn_blocking(load).await.expect("the visitors return");
            let requests = endpoint.count() - before;
            let served: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
            let failed: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
            let mut times: Vec<_> = served.iter().map(|(time, _)| *time).collect();
            times.sort();
            let at = |share: usize| times[(times.len() - 1) * share / 100];
            let bytes = served.last().map_or(0, |(_, bytes)| *bytes);
            println!(
                "{} visitors in {TIME:?}: median {:?}, 99 % {:?}, longest {:?}; {bytes} bytes a page; {requests} requests to the \
                 endpoint; {} failed",
                answers.len(),
                at(50),
                at(99),
                at(100),
                failed.len(),
            );
            assert!(failed.is_empty(), "{:?}", failed[0]);
            assert!(answers.len() >= (VISITORS_PER_SECOND * 59) as usize, "{} visitors", answers.len());
            // Some reads of the pool in that time.
            assert!(requests < 60, "{requests} requests");
        },
    )
    .await;
}
