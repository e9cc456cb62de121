//! One caller: what is written is there, and nothing else.

use bytes::Bytes;

use super::{ContractError, LONG, Subject, hold};
use crate::backend::MAX_STORED;

pub(super) async fn check(subject: &Subject) -> Result<(), ContractError> {
    put_and_delete(subject).await?;
    take(subject).await?;
    compare_and_swap(subject).await?;
    any_bytes(subject).await?;
    collections(subject).await
}

async fn put_and_delete(subject: &Subject) -> Result<(), ContractError> {
    let (one, other) = (&subject.one, &subject.other);
    let key = subject.key("put")?;
    hold("nothing is there at first", &one.get(&key).await?, &None)?;
    one.delete(&key).await?;
    for text in ["first", "second"] {
        let value = Bytes::from_static(text.as_bytes());
        one.put(&key, value.clone(), LONG).await?;
        let clause = "what was put last is there, for everybody";
        hold(clause, &one.get(&key).await?, &Some(value.clone()))?;
        hold(clause, &other.get(&key).await?, &Some(value))?;
    }
    other.delete(&key).await?;
    hold("what was deleted is gone", &one.get(&key).await?, &None)
}

async fn take(subject: &Subject) -> Result<(), ContractError> {
    let key = subject.key("take")?;
    let value = Bytes::from_static(b"value");
    let clause = "nothing can be taken where nothing is";
    hold(clause, &subject.one.take(&key).await?, &None)?;
    subject.one.put(&key, value.clone(), LONG).await?;
    let taken = subject.other.take(&key).await?;
    hold("take gets what is there", &taken, &Some(value))?;
    hold(
        "what was taken is gone",
        &subject.one.take(&key).await?,
        &None,
    )?;
    hold(
        "what was taken is gone",
        &subject.one.get(&key).await?,
        &None,
    )
}

async fn compare_and_swap(subject: &Subject) -> Result<(), ContractError> {
    let backend = &subject.one;
    let key = subject.key("swap")?;
    let [a, b, c] = [b"a", b"b", b"c"].map(|text| Bytes::from_static(text));
    let swap =
        |expected, value: &Bytes| backend.compare_and_swap(&key, expected, value.clone(), LONG);

    let clause = "nothing is swapped where nothing is";
    hold(clause, &swap(Some(&a[..]), &b).await?, &false)?;
    hold(clause, &backend.get(&key).await?, &None)?;
    let clause = "a value is written where nothing is";
    hold(clause, &swap(None, &a).await?, &true)?;
    hold(clause, &backend.get(&key).await?, &Some(a.clone()))?;
    let clause = "no value is written where one is, if nothing was expected";
    hold(clause, &swap(None, &b).await?, &false)?;
    hold(clause, &backend.get(&key).await?, &Some(a.clone()))?;
    let clause = "a value is swapped if it is the expected one";
    hold(clause, &swap(Some(&a[..]), &b).await?, &true)?;
    hold(clause, &subject.other.get(&key).await?, &Some(b.clone()))?;
    let clause = "a value is not swapped if it is not the expected one";
    for unlike in [&a[..], b"", b"bb", b"B"] {
        hold(clause, &swap(Some(unlike), &c).await?, &false)?;
    }
    hold(clause, &backend.get(&key).await?, &Some(b))?;
    backend.delete(&key).await?;
    let clause = "what was deleted is nothing to compare with";
    hold(clause, &swap(None, &c).await?, &true)?;
    backend.delete(&key).await?;
    Ok(())
}

async fn any_bytes(subject: &Subject) -> Result<(), ContractError> {
    let backend = &subject.one;
    let key = subject.key("bytes")?;
    let every: Vec<u8> = (0..=u8::MAX).collect();
    let largest: Vec<u8> = every.iter().copied().cycle().take(MAX_STORED).collect();
    let changed: Vec<u8> = largest.iter().map(|byte| !byte).collect();
    let values = [
        Vec::new(),
        b"\0".to_vec(),
        b"\r\n\0\"'".to_vec(),
        every,
        largest,
        changed,
    ];
    let mut before: Option<Bytes> = None;
    for value in values.map(Bytes::from) {
        let clause = "any bytes can be kept and compared, up to MAX_STORED of them";
        let swapped = backend
            .compare_and_swap(&key, before.as_deref(), value.clone(), LONG)
            .await?;
        hold(clause, &swapped, &true)?;
        hold(clause, &backend.get(&key).await?, &Some(value.clone()))?;
        backend.put(&key, value.clone(), LONG).await?;
        hold(clause, &backend.get(&key).await?, &Some(value.clone()))?;
        before = Some(value);
    }
    hold(
        "take gets what is there",
        &backend.take(&key).await?,
        &before,
    )
}

async fn collections(subject: &Subject) -> Result<(), ContractError> {
    let backend = &subject.one;
    let names = ["contract", "contract-2", "contract_2"];
    let long = "~".repeat(200);
    for name in ["one", "One", "a:b", "../*?[\\%{}", &long] {
        let keys = names.map(|collection| subject.key_in(collection, name));
        for (number, key) in keys.iter().flatten().enumerate() {
            let value = Bytes::from(format!("{number} {name}"));
            backend.put(key, value, LONG).await?;
        }
        for (number, key) in keys.iter().flatten().enumerate() {
            let expected = Some(Bytes::from(format!("{number} {name}")));
            let clause = "each collection has names of its own, and names are told apart exactly";
            hold(clause, &backend.take(key).await?, &expected)?;
        }
    }
    Ok(())
}
