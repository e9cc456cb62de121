//! How often documents are fetched.

use super::*;

#[tokio::test]
async fn a_document_is_kept_as_long_as_its_answer_says_within_bounds() {
    for (cache_control, fresh_for) in [
        ("max-age=600", Duration::from_mins(10)),
        ("max-age=1", Duration::from_mins(1)),
        ("no-store", Duration::from_mins(1)),
        ("no-cache", Duration::from_mins(1)),
        ("private", Duration::from_mins(5)),
        ("max-age=31536000", Duration::from_hours(24)),
    ] {
        let rig = Rig::new();
        rig.web.serve_for(&document(), cache_control);
        for _ in 0..3 {
            rig.find(URL).await.unwrap();
        }
        rig.clock
            .advance(fresh_for.saturating_sub(Duration::from_secs(1)));
        rig.find(URL).await.unwrap();
        assert_eq!(rig.web.asked(), 1, "{cache_control}");
        rig.clock.advance(Duration::from_secs(1));
        let mut other = document();
        other["client_name"] = "Another".into();
        rig.web.serve(&other);
        let client = rig.find(URL).await.unwrap();
        assert_eq!(client.name.as_deref(), Some("Another"));
        assert_eq!(rig.web.asked(), 2, "{cache_control}");
    }
}

#[tokio::test]
async fn a_document_serves_for_an_hour_while_its_host_is_out_of_order() {
    let rig = Rig::new();
    rig.web.serve(&document());
    rig.find(URL).await.unwrap();
    rig.clock.advance(Duration::from_mins(10));
    for broken in [
        Answer::Broken,
        Answer::Says(StatusCode::BAD_GATEWAY, Vec::new(), String::new()),
        Answer::Says(StatusCode::TOO_MANY_REQUESTS, Vec::new(), String::new()),
    ] {
        rig.web.put(URL, broken);
        rig.clock.advance(Duration::from_mins(15));
        let asked = rig.web.asked();
        for _ in 0..5 {
            rig.find(URL).await.unwrap();
        }
        assert_eq!(rig.web.asked(), asked + 1, "a failure is remembered");
    }
    rig.clock.advance(Duration::from_mins(15));
    let error = rig.find(URL).await.unwrap_err();
    assert!(error.is_temporary(), "{error:?}");
    // It is back.
    rig.web.serve(&document());
    assert!(rig.find(URL).await.is_err());
    rig.clock.advance(Duration::from_secs(10));
    rig.find(URL).await.unwrap();
    // It is gone, which counts at once.
    rig.clock.advance(Duration::from_mins(10));
    rig.web.put(
        URL,
        Answer::Says(StatusCode::NOT_FOUND, Vec::new(), String::new()),
    );
    let error = rig.find(URL).await.unwrap_err();
    assert!(
        matches!(error, DocumentError::Status { status: 404 }),
        "{error:?}"
    );
    rig.web.put(URL, Answer::Broken);
    rig.clock.advance(Duration::from_secs(10));
    assert!(rig.find(URL).await.is_err());
}

#[tokio::test]
async fn all_who_ask_at_once_wait_for_one_fetch() {
    let rig = Arc::new(Rig::new());
    rig.web.serve(&document());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let rig = Arc::clone(&rig);
        tasks.spawn(async move { rig.find(URL).await.is_ok() });
    }
    assert!(tasks.join_all().await.into_iter().all(|found| found));
    assert_eq!(rig.web.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn slow_hosts_hold_up_nobody_but_their_own() {
    let rig = Arc::new(Rig::new());
    rig.web.serve(&document());
    let mut tasks = tokio::task::JoinSet::new();
    let ask = |tasks: &mut tokio::task::JoinSet<_>, url: String| {
        rig.web.put(&url, Answer::Never);
        let rig = Arc::clone(&rig);
        tasks.spawn(async move { rig.find(&url).await.unwrap_err() });
    };
    for at in 0..6 {
        ask(&mut tasks, format!("https://slow.example/{at}"));
    }
    let started = tokio::time::Instant::now();
    let busy = [tasks.join_next().await, tasks.join_next().await];
    assert!(
        busy.iter()
            .flatten()
            .all(|error| matches!(error, Ok(DocumentError::Busy))),
        "{busy:?}"
    );
    rig.find(URL).await.unwrap();
    assert_eq!(started.elapsed(), Duration::ZERO);
    for at in 0..MAX_FLIGHTS {
        ask(&mut tasks, format!("https://slow{at}.example/client"));
    }
    while let Some(error) = tasks.join_next().await {
        let error = error.unwrap();
        assert!(error.is_temporary(), "{error:?}");
    }
    assert_eq!(started.elapsed(), Duration::from_secs(5));
    assert!(rig.web.asked() <= 1 + MAX_FLIGHTS);
}

#[tokio::test]
async fn a_thousand_documents_are_kept_and_no_more() {
    let rig = Rig::new();
    for at in 0..3000 {
        let _ = rig.find(&format!("https://host{at}.example/client")).await;
    }
    let documents = &rig.clients.documents;
    documents.inner.kept.run_pending_tasks();
    assert!(documents.inner.kept.entry_count() <= MAX_KEPT);
    assert!(documents.flights.is_empty());
}
