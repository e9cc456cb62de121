use super::*;

fn result(record: &TaskRecord) -> Option<&str> {
    match &record.stage {
        TaskStage::Completed(result) => Some(result.get()),
        _ => None,
    }
}

#[tokio::test]
async fn a_task_that_was_begun_can_be_found_at_once() {
    let house = House::new();
    let (run, _dropped) = endless();
    let begun = house.start(run).await;
    let found = house.get(&begun.id).await;
    assert_eq!(found.status(), TaskStatus::Working);
    assert_eq!(found.tool, "work");
    assert_eq!(found.created, house.clock.unix());
    assert_eq!(found.expires(), house.clock.unix() + TTL);
}

#[tokio::test]
async fn identifiers_have_192_bits_and_come_once() {
    let house = House::new();
    let mut ids = std::collections::HashSet::new();
    for _ in 0..4 {
        let (run, _dropped) = endless();
        let id = house.start(run).await.id;
        assert_eq!(id.len(), 32);
        assert!(ids.insert(id));
    }
}

#[tokio::test]
async fn clients_see_times_in_their_own_way() {
    let house = House::new();
    let (run, _dropped) = endless();
    let seen = house.start(run).await.detailed();
    assert_eq!(seen.created_at, "2027-01-15T08:00:01.000Z");
    assert_eq!(seen.last_updated_at, seen.created_at);
    assert_eq!(seen.ttl_ms, Some(300_000));
    assert_eq!(seen.poll_interval_ms, Some(1000));
    assert_eq!(seen.status.status(), TaskStatus::Working);
}

#[tokio::test]
async fn a_clock_beyond_all_years_still_gives_a_time() {
    let house = House::new();
    let (run, _dropped) = endless();
    let mut record = house.start(run).await;
    record.created = Duration::MAX;
    record.ttl = Duration::MAX;
    assert_eq!(record.detailed().created_at, "9999-12-31T00:00:00.000Z");
    assert_eq!(record.detailed().ttl_ms, Some(u64::MAX));
    assert_eq!(record.expires(), Duration::MAX);
}

#[tokio::test]
async fn a_result_completes_it_even_one_that_says_that_the_tool_failed() {
    let house = House::new();
    for answer in [r#"{"content":[]}"#, r#"{"content":[],"isError":true}"#] {
        let task = house
            .start(move |_| Box::pin(async move { Ok(json(answer)) }))
            .await;
        let done = house.once_status(&task.id, TaskStatus::Completed).await;
        assert_eq!(result(&done), Some(answer));
        assert_eq!(done.detailed().status.status(), TaskStatus::Completed);
    }
}

#[tokio::test]
async fn a_protocol_error_fails_it() {
    let house = House::new();
    let task = house
        .start(|_| Box::pin(async { Err(ErrorObject::invalid_params("no such thing")) }))
        .await;
    let failed = house.once_status(&task.id, TaskStatus::Failed).await;
    let TaskStage::Failed(error) = failed.stage else {
        panic!("{failed:?}")
    };
    assert_eq!((error.code.0, &*error.message), (-32602, "no such thing"));
}

#[tokio::test]
async fn a_panic_fails_it_and_stays_in_the_house() {
    fn at_once(_: TaskHandle) -> BoxFuture<'static, TaskOutcome> {
        panic!("a secret")
    }
    fn later(_: TaskHandle) -> BoxFuture<'static, TaskOutcome> {
        Box::pin(async { panic!("a secret") })
    }
    let house = House::new();
    for run in [at_once, later] {
        let task = house.start(run).await;
        let failed = house.once_status(&task.id, TaskStatus::Failed).await;
        let TaskStage::Failed(error) = failed.stage else {
            panic!("{failed:?}")
        };
        assert_eq!((error.code.0, &*error.message), (-32603, "Internal error"));
    }
}

#[tokio::test]
async fn cancelling_ends_it_for_good() {
    let house = House::new();
    let (run, dropped) = endless();
    let task = house.start(run).await;
    house.clock.advance(Duration::from_secs(7));
    assert!(house.tasks.cancel(&ada(), &task.id).await.is_ok());
    let cancelled = house.get(&task.id).await;
    assert_eq!(cancelled.status(), TaskStatus::Cancelled);
    assert_eq!(cancelled.updated, task.updated + Duration::from_secs(7));
    assert!(dropped.await.is_err());
    assert!(house.tasks.cancel(&ada(), &task.id).await.is_ok());
    house.answer(&task.id, "late", "{}").await;
    assert_eq!(house.get(&task.id).await.version, cancelled.version);
}

#[tokio::test]
async fn what_has_ended_stays_as_it_ended() {
    let house = House::new();
    let (tell, told) = oneshot::channel();
    let task = house
        .start(|handle| {
            Box::pin(async move {
                let _ = tell.send(handle);
                Ok(json("{}"))
            })
        })
        .await;
    let handle = told.await.expect("a handle");
    let done = house.once_status(&task.id, TaskStatus::Completed).await;
    assert!(house.tasks.cancel(&ada(), &task.id).await.is_ok());
    handle.end(TaskStage::Cancelled).await;
    handle.status_message("too late").await;
    let after = house.get(&task.id).await;
    assert_eq!(after.status(), TaskStatus::Completed);
    assert_eq!(after.version, done.version);
    assert_eq!(after.status_message, None);
}

#[tokio::test]
async fn it_says_what_it_is_doing_in_short() {
    let house = House::new();
    let task = house
        .start(|handle| {
            Box::pin(async move {
                handle.status_message(&"é".repeat(1000)).await;
                std::future::pending().await
            })
        })
        .await;
    let spoken = house
        .once(&task.id, |record| record.status_message.is_some())
        .await;
    assert_eq!(spoken.status(), TaskStatus::Working);
    assert_eq!(spoken.status_message, Some("é".repeat(512)));
}

#[tokio::test]
async fn to_others_it_does_not_exist() {
    let house = House::new();
    let (run, _dropped) = endless();
    let task = house.start(run).await;
    for (who, id) in [
        (owner("eve"), &*task.id),
        (TaskOwner::of(None), &*task.id),
        (ada(), "unknown"),
        (ada(), ""),
    ] {
        let answers = [("key".to_owned(), json("{}"))];
        for refused in [
            house.tasks.get(&who, id).await.map(|_| ()),
            house.tasks.update(&who, id, answers).await,
            house.tasks.cancel(&who, id).await,
        ] {
            let error = refused.expect_err("no such task").error_object();
            assert_eq!((error.code.0, &*error.message), (-32602, "Unknown task"));
        }
    }
    assert_eq!(house.get(&task.id).await.version, task.version);
}

#[tokio::test]
async fn callers_without_a_token_know_their_tasks_by_the_identifier() {
    let house = House::new();
    let (run, _dropped) = endless();
    let begun = house.tasks.start(TaskOwner::of(None), None, WORK, TTL, run);
    let id = begun.await.expect("a task").id;
    assert!(house.tasks.get(&TaskOwner::of(None), &id).await.is_ok());
    assert!(house.tasks.get(&ada(), &id).await.is_err());
}

/// The paused runtime advances its time when there is nothing else to do.
#[tokio::test(start_paused = true)]
async fn its_time_ends_it() {
    let house = House::new();
    let (run, dropped) = endless();
    let task = house.start(run).await;
    house.clock.advance(TTL);
    assert!(dropped.await.is_err());
    let gone = house.tasks.get(&ada(), &task.id).await;
    assert!(matches!(gone, Err(TaskError::Unknown)));
}

#[tokio::test]
async fn a_result_is_kept_until_its_time_is_over() {
    let house = House::new();
    let task = house.start(|_| Box::pin(async { Ok(json("{}")) })).await;
    house.once_status(&task.id, TaskStatus::Completed).await;
    house
        .clock
        .advance(TTL.saturating_sub(Duration::from_millis(1)));
    assert_eq!(house.get(&task.id).await.status(), TaskStatus::Completed);
    house.clock.advance(Duration::from_millis(1));
    assert!(house.tasks.get(&ada(), &task.id).await.is_err());
}

#[tokio::test]
async fn dropping_the_tasks_aborts_them() {
    let house = House::new();
    let (run, dropped) = endless();
    house.start(run).await;
    drop(house);
    assert!(dropped.await.is_err());
}
