use {super::*, crate::output::Format};

fn alerts(capacity: usize) -> (Alerts, mpsc::Receiver<Message>) {
    let (queue, messages) = mpsc::channel(capacity);
    let terminal = Terminal::absent(true, Format::Display);
    let told = RefCell::default();
    (Alerts { queues: vec![queue], told, terminal, has_dropped: Cell::new(false), _tasks: vec![] }, messages)
}

fn about(subjects: &[&str]) -> Option<Cause> {
    let subjects = subjects.iter().map(|subject| (*subject).to_owned()).collect();
    Some(Cause { subjects, reason: "because".into(), advice: "do".into() })
}

fn received(messages: &mut mpsc::Receiver<Message>) -> Vec<(State, usize)> {
    let mut all = vec![];
    while let Ok(message) = messages.try_recv() {
        all.push((message.state, message.cause.subjects.len()));
    }
    all
}

#[tokio::test(start_paused = true)]
async fn a_condition_is_told_of_once_and_again_when_it_ends() {
    let (alerts, mut messages) = alerts(10);
    let set = |cause| alerts.set(Condition::ValidatorOff, None, cause);
    set(None);
    for _ in 0..50 {
        set(about(&["a", "b"]));
    }
    set(about(&["a"]));
    assert_eq!(received(&mut messages), [(State::Firing, 2)]);
    // A condition that comes and goes is told of once in a while.
    for _ in 0..50 {
        set(None);
        set(about(&["a"]));
    }
    assert_eq!(received(&mut messages), [(State::Resolved, 2)]);
    tokio::time::advance(REPEAT_AFTER).await;
    set(about(&["a"]));
    assert_eq!(received(&mut messages), [(State::Firing, 1)]);
    // So are further subjects.
    set(about(&["a", "c"]));
    assert_eq!(received(&mut messages), []);
    tokio::time::advance(REPEAT_AFTER).await;
    set(about(&["a", "c"]));
    set(None);
    set(None);
    assert_eq!(received(&mut messages), [(State::Firing, 2), (State::Resolved, 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_flood_fills_the_queue_and_no_more() {
    let (alerts, mut messages) = alerts(3);
    for index in 0..100 {
        alerts.set(Condition::StalePool, Some(Address::new_from_array([index; 32])), about(&[]));
    }
    assert!(alerts.has_dropped.get());
    assert_eq!(received(&mut messages).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_pool_is_stale_after_half_an_hour_without_an_update() {
    let (alerts, mut messages) = alerts(10);
    let pool = PoolAlerts::new(Some(Rc::new(alerts)), Address::new_from_array([1; 32]));
    pool.read(None);
    tokio::time::advance(Duration::from_secs(29 * 60)).await;
    pool.read(None);
    assert_eq!(received(&mut messages), []);
    tokio::time::advance(Duration::from_secs(60)).await;
    pool.read(None);
    pool.read(None);
    assert_eq!(received(&mut messages), [(State::Firing, 0)]);
    for (lamports, expected) in
        [(60_000_000, vec![]), (49_999_999, vec![(State::Firing, 0)]), (50_000_000, vec![(State::Resolved, 0)])]
    {
        pool.payer_balance(&Address::new_from_array([2; 32]), lamports);
        assert_eq!(received(&mut messages), expected);
    }
}

#[test]
fn reasons_name_a_few_subjects() {
    let gates: Vec<_> = (0..7).map(|index| Address::new_from_array([index; 32])).collect();
    let cause = unknown_gates(&gates).unwrap();
    assert_eq!(cause.subjects.len(), 7);
    assert!(cause.reason.ends_with("; and 2 more gates"), "{}", cause.reason);
    assert_eq!(unknown_gates(&[]), None);
}

#[test]
fn both_forms_have_reason_and_advice() {
    let pool = Some(Address::new_from_array([1; 32]));
    let mut message =
        Message { condition: Condition::RateFell, pool, state: State::Firing, cause: about(&["x"]).unwrap() };
    let json = message.body(WebhookFormat::Json);
    assert_eq!((&json["condition"], &json["state"]), (&"rate_fell".into(), &"firing".into()));
    assert_eq!(
        (&json["reason"], &json["advice"], &json["subjects"][0]),
        (&"because".into(), &"do".into(), &"x".into())
    );
    let text = message.body(WebhookFormat::Slack)["text"].to_string();
    assert!(text.contains("exchange rate fell of pool") && text.contains("What to do: do"), "{text}");
    message.state = State::Resolved;
    assert_eq!(message.body(WebhookFormat::Json)["state"], "resolved");
    assert!(message.body(WebhookFormat::Slack)["text"].to_string().contains("resolved: exchange rate fell"));
}

#[test]
fn a_url_is_shown_nowhere() {
    let url: WebhookUrl = "ftp://secret".parse().unwrap();
    assert!(!format!("{url:?}").contains("secret"));
    for text in ["ftp://secret", "secret", "https://", ""] {
        let error = text.parse::<WebhookUrl>().unwrap().read().unwrap_err().to_string();
        assert!(error.starts_with("invalid --webhook") && !error.contains("secret"), "{error}");
    }
    let error = "@/nowhere/at/all".parse::<WebhookUrl>().unwrap().read().unwrap_err().to_string();
    assert!(error.contains("cannot read the file /nowhere/at/all"), "{error}");
}
