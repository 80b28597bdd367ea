//! The configuration and other files, as users and their editors write them.

use {
    super::{DONE, Endpoint, USAGE, World, honest, run},
    std::{
        fs,
        io::Write as _,
        process::{Command, Stdio},
    },
};

/// The byte order mark that editors on Windows put first.
const MARK: &[u8] = b"\xef\xbb\xbf";

fn marked(content: impl AsRef<[u8]>) -> Vec<u8> {
    [MARK, content.as_ref()].concat()
}

#[tokio::test]
async fn the_commitment_of_the_configuration_is_understood_as_by_the_solana_cli() {
    let world = World::new().await;
    let pool = world.pool;
    for (name, meant) in [
        ("processed", "processed"),
        ("recent", "processed"),
        ("confirmed", "confirmed"),
        ("single", "confirmed"),
        ("singleGossip", "confirmed"),
        ("''", "confirmed"),
        ("finalized", "finalized"),
        ("max", "finalized"),
        ("root", "finalized"),
    ] {
        let config = world.stage.file("config.yml", format!("commitment: {name}\n"));
        Endpoint::serve(&world.stage.cluster, &honest, |endpoint| {
            run(&world.stage, endpoint, &format!("show {pool} --config {config}")).ends(DONE, "");
            let requests = endpoint.requests();
            let commitments = requests.iter().map(|request| match request.method.as_str() {
                "getVoteAccounts" => &request.params[0]["commitment"],
                _ => &request.params[1]["commitment"],
            });
            assert!(commitments.into_iter().all(|commitment| commitment == meant), "{name}: {requests:?}");
        });
    }
    for name in ["finalised", "Max", "most", "\"a b\""] {
        let config = world.stage.file("config.yml", format!("commitment: {name}\n"));
        Endpoint::serve(&world.stage.cluster, &honest, |endpoint| {
            let refused = run(&world.stage, endpoint, &format!("show {pool} --config {config}"));
            refused.ends(USAGE, &format!("invalid commitment \"{}\"", name.trim_matches('"')));
            refused.ends(USAGE, "expected processed, confirmed or finalized");
            assert!(endpoint.requests().is_empty());
            run(&world.stage, endpoint, &format!("show {pool} --config {config} --commitment finalized"))
                .ends(DONE, "");
        });
    }
}

#[tokio::test]
async fn byte_order_marks_are_skipped_in_every_file() {
    let world = World::new().await;
    let (stage, pool) = (&world.stage, world.pool);
    let key = fs::read(stage.folder_file("wallet")).expect("the wallet's key");
    let marked_key = stage.file("marked.json", marked(&key));
    Endpoint::serve(&stage.cluster, &honest, |endpoint| {
        // A wrong key file would be refused, and a wrong configuration not be read.
        let config = stage.file("marked.yml", marked(format!("json_rpc_url: {}\n", endpoint.url)));
        run(stage, endpoint, &format!("show {pool} --config {config}")).ends(DONE, "");
        run(stage, endpoint, &format!("deposit-sol {pool} 1 --fee-payer {marked_key}")).ends(DONE, "");
        let weights = [format!("{},3\n", stage.vote(0)), format!("{{\"{}\": 3}}", stage.vote(0))];
        for weights in weights {
            let file = stage.file("weights", marked(weights));
            run(stage, endpoint, &format!("set-weights {pool} --file {file} --accept")).ends(DONE, "");
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_tidepool"))
            .args(["deposit-sol", &pool.to_string(), "1", "--yes", "--keypair", "-", "--url", &endpoint.url])
            .env("HOME", env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        child.stdin.take().expect("it is piped").write_all(&marked(&key)).expect("it reads");
        let ended = child.wait_with_output().expect("it ends");
        assert_eq!(ended.status.code(), Some(DONE), "{}", String::from_utf8_lossy(&ended.stderr));
    });
}
