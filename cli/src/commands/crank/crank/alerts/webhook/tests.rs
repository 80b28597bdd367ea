use {
    super::*,
    crate::{
        commands::crank::crank::alerts::{Cause, Condition, message::State},
        output::Format,
    },
    std::{cell::RefCell, collections::BTreeSet, sync::Arc},
    tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
        sync::Mutex,
    },
};

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(vec![]) };
}

const FAST: Pace = Pace {
    timeout: Duration::from_secs(60),
    pause: Duration::from_millis(1),
    longest: Duration::from_millis(5),
    attempts: 4,
};

/// What a server does with a request.
#[derive(Clone, Copy)]
enum Answer {
    Status(&'static str),
    Hang,
    Close,
}

/// A server that answers by a script, then with 200; and the bodies that it received.
async fn server(script: &[Answer]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://user:secret@{}/secret/path?token=secret", listener.local_addr().unwrap());
    let bodies = Arc::new(Mutex::new(vec![]));
    let (script, seen) = (script.to_vec(), Arc::clone(&bodies));
    tokio::spawn(async move {
        let mut held = vec![];
        let mut answers = script.into_iter();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            // Headers, then a body that ends with a brace.
            while !(String::from_utf8_lossy(&request).contains("\r\n\r\n{") && request.ends_with(b"}")) {
                match stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => break,
                    Ok(count) => request.extend_from_slice(&buffer[..count]),
                }
            }
            let text = String::from_utf8_lossy(&request).into_owned();
            seen.lock().await.push(text.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned());
            match answers.next().unwrap_or(Answer::Status("200 OK")) {
                Answer::Status(status) => {
                    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
                Answer::Hang => held.push(stream),
                Answer::Close => drop(stream),
            }
        }
    });
    (url, bodies)
}

fn message(reason: &str) -> Message {
    let cause = Cause { subjects: BTreeSet::new(), reason: reason.into(), advice: "do".into() };
    Message { condition: Condition::StalePool, pool: None, state: State::Firing, cause }
}

/// Sends messages to a server; returns what it received, and what the terminal says.
async fn send(script: &[Answer], reasons: &[&str]) -> (Vec<String>, Vec<String>) {
    send_within(FAST.timeout, script, reasons).await
}

async fn send_within(timeout: Duration, script: &[Answer], reasons: &[&str]) -> (Vec<String>, Vec<String>) {
    SAID.with_borrow_mut(Vec::clear);
    let (url, bodies) = server(script).await;
    let say = |text: &str| SAID.with_borrow_mut(|said| said.push(text.to_owned()));
    let terminal = Terminal { say, quiet: false, ..Terminal::absent(true, Format::Display) };
    let webhook = Webhook::with_pace(&url.parse().unwrap(), WebhookFormat::Json, terminal, Pace { timeout, ..FAST });
    let webhook = webhook.unwrap();
    let (queue, messages) = mpsc::channel(10);
    for reason in reasons {
        queue.send(message(reason)).await.unwrap();
    }
    drop(queue);
    webhook.run(messages).await;
    let said = SAID.with_borrow(Clone::clone);
    assert!(!said.concat().contains("secret"), "{said:?}");
    let bodies = bodies
        .lock()
        .await
        .iter()
        .map(|body| {
            serde_json::from_str::<serde_json::Value>(body)
                .map_or("none".into(), |json| json["reason"].as_str().unwrap().to_owned())
        })
        .collect();
    (bodies, said)
}

#[tokio::test]
async fn failures_are_retried_in_order() {
    let errors = [Answer::Status("500 Oops"), Answer::Status("503 Busy"), Answer::Close];
    assert_eq!(send(&errors, &["a", "b"]).await, (["a", "a", "a", "a", "b"].map(Into::into).into(), vec![]));
}

#[tokio::test]
async fn a_webhook_that_hangs_is_given_up_in_time() {
    // On a machine that is busy an answer can come too late, too: how often it tries is not counted.
    let timeout = Duration::from_millis(500);
    let (mut bodies, _) = send_within(timeout, &[Answer::Hang], &["a", "b"]).await;
    bodies.dedup();
    assert_eq!(bodies, ["a", "b"]);
    let (bodies, said) = send_within(timeout, &[Answer::Hang; 4], &["a", "b"]).await;
    assert_eq!(bodies.last().map(String::as_str), Some("b"));
    assert!(said[0].starts_with("warning: the webhook at 127.0.0.1 did not take an alert: "), "{said:?}");
}

#[tokio::test]
async fn a_limit_is_waited_for_up_to_a_bound() {
    for limit in ["429 Slow\r\nretry-after: 0", "429 Slow\r\nretry-after: 99999999", "429 Slow"] {
        assert_eq!(send(&[Answer::Status(limit)], &["a"]).await, (vec!["a".into(), "a".into()], vec![]), "{limit}");
    }
}

#[tokio::test]
async fn redirects_and_refusals_are_final() {
    let (other, elsewhere) = server(&[]).await;
    let redirect: &'static str = Box::leak(format!("307 There\r\nlocation: {other}").into_boxed_str());
    let (bodies, said) = send(&[Answer::Status(redirect), Answer::Status("404 Gone")], &["a", "b"]).await;
    assert_eq!(bodies, ["a", "b"]);
    assert!(said[0].contains("it redirects (HTTP 307): specify the URL"), "{said:?}");
    assert!(said[1].ends_with("did not take an alert: HTTP 404"), "{said:?}");
    assert!(elsewhere.lock().await.is_empty());
}
