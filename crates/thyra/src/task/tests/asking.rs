use thyra_protocol::{InputRequest, TaskState};

use super::*;
use crate::conversation::{AskError, Asker};

/// What a call was answered, as the JSON of its result.
fn told(answer: Result<Box<RawValue>, AskError>) -> Box<RawValue> {
    answer.unwrap_or_else(|error| json(&format!("{:?}", error.to_string())))
}

#[tokio::test]
async fn a_question_waits_in_the_record_for_its_answer() {
    let house = House::new();
    let task = house
        .start(|handle| {
            Box::pin(async move { Ok(told(handle.ask("sure", InputRequest::roots()).await)) })
        })
        .await;
    let asks = house.once_status(&task.id, TaskStatus::InputRequired).await;
    let TaskState::InputRequired(requests) = asks.detailed().status else {
        panic!("{asks:?}")
    };
    assert!(matches!(&requests["sure"], InputRequest::Roots));
    house.answer(&task.id, "sure", r#"{"roots":[]}"#).await;
    // The answer takes effect before the client hears that it was accepted.
    assert_ne!(
        house.get(&task.id).await.status(),
        TaskStatus::InputRequired
    );
    let done = house.once_status(&task.id, TaskStatus::Completed).await;
    assert!(
        matches!(&done.stage, TaskStage::Completed(result) if result.get() == r#"{"roots":[]}"#)
    );
}

#[tokio::test]
async fn questions_asked_together_are_answered_one_by_one() {
    let house = House::new();
    let task = house
        .start(|handle| {
            Box::pin(async move {
                let (one, two) = tokio::join!(
                    handle.ask("one", InputRequest::roots()),
                    handle.ask("two", InputRequest::roots()),
                );
                Ok(json(&format!("[{},{}]", told(one), told(two))))
            })
        })
        .await;
    let both = |record: &TaskRecord| questions(record) == ["one", "two"];
    house.once(&task.id, both).await;
    house.answer(&task.id, "one", "1").await;
    let half = house.get(&task.id).await;
    assert_eq!(half.status(), TaskStatus::InputRequired);
    assert_eq!(questions(&half), ["two"]);
    house.answer(&task.id, "two", "2").await;
    let done = house.once_status(&task.id, TaskStatus::Completed).await;
    assert!(matches!(&done.stage, TaskStage::Completed(result) if result.get() == "[1,2]"));
}

#[tokio::test]
async fn answers_to_nothing_are_ignored() {
    let house = House::new();
    let (go, gone) = oneshot::channel::<()>();
    let task = house
        .start(|handle| {
            Box::pin(async move {
                let first = handle.ask("key", InputRequest::roots()).await;
                let _ = gone.await;
                Ok(told(first))
            })
        })
        .await;
    let asks = house.once_status(&task.id, TaskStatus::InputRequired).await;
    house.answer(&task.id, "other", "0").await;
    assert_eq!(house.get(&task.id).await.version, asks.version);
    house.answer(&task.id, "key", "1").await;
    // A second answer to the same question comes too late.
    house.answer(&task.id, "key", "2").await;
    assert!(go.send(()).is_ok());
    let done = house.once_status(&task.id, TaskStatus::Completed).await;
    assert!(matches!(&done.stage, TaskStage::Completed(result) if result.get() == "1"));
}

#[tokio::test]
async fn no_key_is_used_twice() {
    let house = House::new();
    let task = house
        .start(|handle| {
            Box::pin(async move {
                let first = told(handle.ask("key", InputRequest::roots()).await);
                let (again, taken) = tokio::join!(
                    handle.ask("key", InputRequest::roots()),
                    handle.ask("key-2", InputRequest::roots()),
                );
                Ok(json(&format!("[{first},{},{}]", told(again), told(taken))))
            })
        })
        .await;
    house.once_status(&task.id, TaskStatus::InputRequired).await;
    house.answer(&task.id, "key", "1").await;
    let both = |record: &TaskRecord| questions(record) == ["key-2", "key-2-2"];
    house.once(&task.id, both).await;
    house.answer(&task.id, "key-2-2", "3").await;
    house.answer(&task.id, "key-2", "2").await;
    let done = house.once_status(&task.id, TaskStatus::Completed).await;
    assert!(matches!(&done.stage, TaskStage::Completed(result) if result.get() == "[1,2,3]"));
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_is_withdrawn() {
    let house = House::new();
    let (enough, heard) = oneshot::channel::<()>();
    let task = house
        .start(|handle| {
            Box::pin(async move {
                tokio::select! {
                    _ = handle.ask("key", InputRequest::roots()) => {}
                    _ = heard => {}
                }
                std::future::pending().await
            })
        })
        .await;
    house.once_status(&task.id, TaskStatus::InputRequired).await;
    assert!(enough.send(()).is_ok());
    let on = house.once_status(&task.id, TaskStatus::Working).await;
    assert!(questions(&on).is_empty());
}

#[tokio::test]
async fn so_many_questions_wait_at_once() {
    let house = House::new();
    let task = house
        .start(|handle| {
            Box::pin(async move {
                let keys: Vec<_> = (0..65).map(|number| format!("key {number:02}")).collect();
                let asked = keys
                    .iter()
                    .map(|key| handle.ask(key, InputRequest::roots()));
                let (first, ..) = futures_util::future::select_all(asked).await;
                Ok(told(first))
            })
        })
        .await;
    let done = house.once_status(&task.id, TaskStatus::Completed).await;
    let TaskStage::Completed(result) = &done.stage else {
        panic!("{done:?}")
    };
    assert!(
        result.get().contains("64 questions wait already"),
        "{result}"
    );
}

#[tokio::test]
async fn a_task_asks_so_many_questions() {
    let house = House::new();
    let task = house
        .start(|handle| {
            Box::pin(async move {
                loop {
                    if let Err(error) = handle.ask("key", InputRequest::roots()).await {
                        return Ok(told(Err(error)));
                    }
                }
            })
        })
        .await;
    let mut answered = 0;
    let done = loop {
        let waits = |record: &TaskRecord| record.status() != TaskStatus::Working;
        let record = house.once(&task.id, waits).await;
        let Some(key) = questions(&record).first().map(|key| (*key).to_owned()) else {
            break record;
        };
        house.answer(&task.id, &key, "{}").await;
        answered += 1;
    };
    assert_eq!(answered, 1024);
    let TaskStage::Completed(result) = &done.stage else {
        panic!("{done:?}")
    };
    assert!(result.get().contains("1024 questions"), "{result}");
}

#[tokio::test]
async fn a_task_that_was_called_off_asks_nobody() {
    let house = House::new();
    let (tell, told) = oneshot::channel();
    let task = house
        .start(|handle| {
            Box::pin(async move {
                let _ = tell.send(handle);
                std::future::pending().await
            })
        })
        .await;
    let handle = told.await.expect("a handle");
    assert!(house.tasks.cancel(&ada(), &task.id).await.is_ok());
    let asked = handle.ask("key", InputRequest::roots()).await;
    assert!(matches!(asked, Err(AskError::NobodyThere)));
    assert_eq!(house.get(&task.id).await.status(), TaskStatus::Cancelled);
}

#[tokio::test]
async fn what_is_asked_and_answered_is_not_printed() {
    let house = House::new();
    let task = house
        .start(|handle| {
            Box::pin(async move { Ok(told(handle.ask("key", InputRequest::roots()).await)) })
        })
        .await;
    house.once_status(&task.id, TaskStatus::InputRequired).await;
    house.answer(&task.id, "key", r#"{"pin":4711}"#).await;
    assert!(!format!("{:?}", house.get(&task.id).await).contains("4711"));
    let done = house.once_status(&task.id, TaskStatus::Completed).await;
    assert!(!format!("{done:?}").contains("4711"));
}
