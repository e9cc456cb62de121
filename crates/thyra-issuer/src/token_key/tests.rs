use thyra_auth::{Algorithms, ManualClock};
use thyra_store::Store;

use super::*;

const START: Duration = Duration::from_hours(500_000);
const DAY: Duration = Duration::from_hours(24);

fn kept(store: &Store, clock: &ManualClock) -> TokenKeys {
    let clock = Arc::new(clock.clone());
    TokenKeys::kept(store.clone(), clock, Duration::from_hours(1))
}

fn verifies(ring: &KeyRing, token: &Secret) -> bool {
    let verified = ring
        .verifying()
        .verify_jws(token.expose(), Algorithms::asymmetric());
    verified.is_ok()
}

fn kids(ring: &KeyRing) -> Vec<String> {
    let keys = ring.published()["keys"].as_array().unwrap();
    let kids = keys.iter().map(|key| key["kid"].as_str().unwrap());
    kids.map(str::to_owned).collect()
}

#[tokio::test]
async fn replicas_agree_about_the_keys_however_they_start() {
    let (store, clock) = (Store::memory(), ManualClock::new(START));
    let replicas: Vec<_> = (0..8).map(|_| kept(&store, &clock)).collect();
    let tokens = replicas
        .iter()
        .map(async |keys| keys.sign(&Map::new()).await);
    let tokens = futures_util::future::try_join_all(tokens).await.unwrap();
    for keys in &replicas {
        let ring = keys.ring().await.unwrap();
        assert_eq!(kids(&ring).len(), 1);
        assert!(tokens.iter().all(|token| verifies(&ring, token)));
    }
}

#[tokio::test]
async fn the_published_keys_are_public_and_say_what_they_are_for() {
    let (store, clock) = (Store::memory(), ManualClock::new(START));
    let ring = kept(&store, &clock).ring().await.unwrap();
    let key = &ring.published()["keys"][0];
    assert_eq!((&key["alg"], &key["use"]), (&"ES256".into(), &"sig".into()));
    assert_eq!(key["kid"].as_str().unwrap().len(), 43);
    let members = key.as_object().unwrap();
    let mut names: Vec<_> = members.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
}

#[tokio::test]
async fn another_key_signs_after_a_month_and_what_was_signed_before_stays_good() {
    let (store, clock) = (Store::memory(), ManualClock::new(START));
    let keys = kept(&store, &clock);
    let first = keys.sign(&Map::new()).await.unwrap();
    let old = keys.ring().await.unwrap();
    clock.advance(29 * DAY);
    let both = keys.ring().await.unwrap();
    assert_eq!(kids(&both).len(), 2);
    // The second one is published, and does not sign yet.
    assert!(verifies(&old, &keys.sign(&Map::new()).await.unwrap()));
    clock.advance(DAY);
    let second = keys.sign(&Map::new()).await.unwrap();
    assert!(!verifies(&old, &second));
    let ring = keys.ring().await.unwrap();
    assert!(verifies(&ring, &first) && verifies(&ring, &second));
    clock.advance(DAY);
    let ring = keys.ring().await.unwrap();
    assert!(!verifies(&ring, &first) && verifies(&ring, &second));
}

#[tokio::test]
async fn a_key_of_another_replica_is_found_at_once_and_not_asked_for_too_often() {
    let (store, clock) = (Store::memory(), ManualClock::new(START));
    let (one, other) = (kept(&store, &clock), kept(&store, &clock));
    let before = one.ring().await.unwrap();
    // Nobody has changed anything.
    assert!(Arc::ptr_eq(
        &before,
        &one.ring_beyond(&before).await.unwrap()
    ));
    clock.advance(29 * DAY + LOOK_EVERY);
    assert_eq!(kids(&other.ring().await.unwrap()).len(), 2);
    let after = one.ring_beyond(&before).await.unwrap();
    assert_eq!(kids(&after).len(), 2);
    // Whoever still has the old ring is given the new one without a look.
    assert!(Arc::ptr_eq(
        &after,
        &one.ring_beyond(&before).await.unwrap()
    ));
    let key = thyra_store::Key::new("token-keys", RING).unwrap();
    store.delete(&key).await.unwrap();
    // Another replica begins anew before this one looks.
    kept(&store, &clock).ring().await.unwrap();
    assert!(Arc::ptr_eq(&after, &one.ring_beyond(&after).await.unwrap()));
    clock.advance(LOOK_AGAIN);
    assert!(!Arc::ptr_eq(
        &after,
        &one.ring_beyond(&after).await.unwrap()
    ));
}

#[tokio::test]
async fn the_first_given_key_signs_and_all_of_them_verify() {
    let clock = Arc::new(ManualClock::new(START));
    let [new, old] = [(); 2].map(|()| SigningKey::generate().unwrap().to_pem().unwrap());
    let read = |pem: &Secret| SigningKey::from_pem(pem).unwrap();
    let before = TokenKeys::given([read(&old)], clock.clone()).unwrap();
    let token = before.sign(&Map::new()).await.unwrap();
    let after = TokenKeys::given([read(&new), read(&old)], clock.clone()).unwrap();
    let ring = after.ring().await.unwrap();
    assert!(verifies(&ring, &token));
    let token = after.sign(&Map::new()).await.unwrap();
    assert!(verifies(&ring, &token));
    assert!(!verifies(&before.ring().await.unwrap(), &token));
    assert!(matches!(
        TokenKeys::given([], clock),
        Err(TokenKeyError::NoKey)
    ));
}

#[tokio::test]
async fn a_ring_that_the_store_lost_is_written_back_and_what_it_signed_stays_good() {
    let (store, clock) = (Store::memory(), ManualClock::new(START));
    let keys = kept(&store, &clock);
    let token = keys.sign(&Map::new()).await.unwrap();
    clock.advance(29 * DAY);
    let before = kids(&keys.ring().await.unwrap());
    assert_eq!(before.len(), 2);
    let key = thyra_store::Key::new("token-keys", RING).unwrap();
    store.delete(&key).await.unwrap();
    clock.advance(LOOK_EVERY);
    let ring = keys.ring().await.unwrap();
    assert_eq!(kids(&ring), before);
    assert!(verifies(&ring, &token));
    let other = kept(&store, &clock).ring().await.unwrap();
    assert_eq!(kids(&other), before);
    assert!(verifies(&other, &token));
    // When each of them signs is known, too.
    let token = kept(&store, &clock).sign(&Map::new()).await.unwrap();
    let signed = keys.sign(&Map::new()).await.unwrap();
    let header = |token: &Secret| token.expose().split('.').next().unwrap().to_owned();
    assert_eq!(header(&token), header(&signed));
}

#[tokio::test]
async fn whoever_writes_a_ring_first_after_the_store_lost_it_is_followed() {
    let (store, clock) = (Store::memory(), ManualClock::new(START));
    let keys = kept(&store, &clock);
    keys.ring().await.unwrap();
    let key = thyra_store::Key::new("token-keys", RING).unwrap();
    store.delete(&key).await.unwrap();
    let other = kids(&kept(&store, &clock).ring().await.unwrap());
    clock.advance(LOOK_EVERY);
    assert_eq!(kids(&keys.ring().await.unwrap()), other);
}
