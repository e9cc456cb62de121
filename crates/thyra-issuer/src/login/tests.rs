use thyra_oauth::{ManualClock, ScopeSet};
use thyra_store::MemoryStore;

use super::*;

const NOW: u64 = 1_795_000_000;

struct Rig {
    clock: ManualClock,
    memory: MemoryStore,
    logins: Arc<Logins>,
}

fn rig() -> Rig {
    let clock = ManualClock::new(Duration::from_secs(NOW));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let memory = MemoryStore::with(MemoryStore::BOUNDS, Arc::clone(&shared));
    let store = Store::of_memory(memory.clone());
    Rig {
        clock,
        memory,
        logins: Arc::new(Logins::new(store, shared, "https://issuer.example")),
    }
}

fn transaction(created_at: u64) -> Transaction {
    Transaction {
        client_id: "client".to_owned(),
        redirect_uri: "https://client.example/callback".to_owned(),
        state: Some("s".repeat(4096)),
        challenge: "c".repeat(43),
        scopes: ScopeSet::parse("notes:read"),
        resource: "https://issuer.example/mcp".to_owned(),
        binding: Digest::of("binding"),
        approval: None,
        created_at,
    }
}

#[tokio::test]
async fn a_login_is_found_until_it_is_taken() {
    let Rig { logins, .. } = rig();
    let id = logins.begin(&transaction(NOW)).await.unwrap();
    let found = logins.find(id.expose()).await.unwrap();
    assert_eq!(found.client_id, "client");
    assert!(found.approval.is_none());
    assert!(logins.take(id.expose()).await.is_ok());
    for outcome in [
        logins.find(id.expose()).await,
        logins.take(id.expose()).await,
    ] {
        assert!(matches!(outcome, Err(LoginError::Unknown)));
    }
    assert!(matches!(
        logins.find("another").await,
        Err(LoginError::Unknown)
    ));
}

#[tokio::test]
async fn another_server_in_the_same_store_has_other_logins() {
    let Rig {
        clock,
        memory,
        logins,
    } = rig();
    let id = logins.begin(&transaction(NOW)).await.unwrap();
    let other = Logins::new(
        Store::of_memory(memory),
        Arc::new(clock),
        "https://other.example",
    );
    assert!(matches!(
        other.find(id.expose()).await,
        Err(LoginError::Unknown)
    ));
    assert!(matches!(
        other.take(id.expose()).await,
        Err(LoginError::Unknown)
    ));
    assert!(logins.find(id.expose()).await.is_ok());
}

#[tokio::test]
async fn a_login_ends_after_a_quarter_of_an_hour_whatever_happens_to_it() {
    let Rig { clock, logins, .. } = rig();
    let id = logins.begin(&transaction(NOW)).await.unwrap();
    clock.advance(Duration::from_secs(899));
    logins.approve(id.expose()).await.unwrap();
    assert!(logins.find(id.expose()).await.is_ok());
    clock.advance(Duration::from_secs(1));
    assert!(matches!(
        logins.find(id.expose()).await,
        Err(LoginError::Unknown)
    ));
    assert!(matches!(
        logins.approve(id.expose()).await,
        Err(LoginError::Unknown)
    ));
    assert!(matches!(
        logins.take(id.expose()).await,
        Err(LoginError::Unknown)
    ));
}

#[tokio::test]
async fn whoever_agrees_again_gets_the_same() {
    let Rig { logins, .. } = rig();
    let id = logins.begin(&transaction(NOW)).await.unwrap();
    let approvals = (0..50).map(|_| {
        let (logins, id) = (Arc::clone(&logins), id.clone());
        tokio::spawn(async move { logins.approve(id.expose()).await.unwrap().1 })
    });
    let mut states = Vec::new();
    for approval in approvals.collect::<Vec<_>>() {
        states.push(approval.await.unwrap().state);
    }
    assert!(states.iter().all(|state| *state == states[0]));
    let other = logins.begin(&transaction(NOW)).await.unwrap();
    let (_, approval) = logins.approve(other.expose()).await.unwrap();
    assert!(approval.state != states[0]);
    assert!(approval.nonce != approval.state && approval.code_verifier != approval.state);
}

#[tokio::test]
async fn of_many_who_take_a_login_one_gets_it() {
    let Rig { logins, .. } = rig();
    let id = logins.begin(&transaction(NOW)).await.unwrap();
    let takes = (0..100).map(|_| {
        let (logins, id) = (Arc::clone(&logins), id.clone());
        tokio::spawn(async move { logins.take(id.expose()).await.is_ok() })
    });
    let mut winners = 0;
    for take in takes.collect::<Vec<_>>() {
        winners += usize::from(take.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn a_million_requests_leave_no_more_than_the_bound() {
    let Rig {
        clock,
        memory,
        logins,
    } = rig();
    let (mut begun, mut refused, mut most) = (0_u32, 0_u32, 0);
    for round in 0..1_000_u64 {
        for _ in 0..1_000 {
            match logins.begin(&transaction(NOW + round * 2)).await {
                Ok(_) => begun += 1,
                Err(LoginError::Crowded { retry_after }) => {
                    assert!(!retry_after.is_zero());
                    refused += 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
        most = most.max(memory.held().entries);
        clock.advance(Duration::from_secs(2));
    }
    assert_eq!(begun + refused, 1_000_000);
    assert!(begun > 20_000, "{begun}");
    assert!(most <= 9_200, "{most}");
    assert!(
        memory.held().bytes < MemoryStore::BOUNDS.bytes,
        "{:?}",
        memory.held()
    );
}
