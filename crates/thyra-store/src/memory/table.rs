//! Values, and when they end.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bytes::Bytes;

use crate::backend::Bounds;
use crate::error::StoreError;
use crate::key::Key;

/// What a value takes beside its key and itself, in bytes: about two rows of tables.
const ROW: usize = 192;

/// How many values that have ended go with one that is written. More than one, so that they do not
/// pile up, and few, so that nobody waits long.
const CULLED: usize = 4;

/// Values under keys. A value that has ended is not there for anybody.
#[derive(Default)]
pub(super) struct Table {
    slots: HashMap<Key, Slot>,
    ends: BTreeSet<(Duration, Key)>,
    bytes: usize,
}

struct Slot {
    value: Bytes,
    end: Duration,
}

impl Table {
    pub(super) fn get(&self, key: &Key, now: Duration) -> Option<Bytes> {
        let slot = self.slots.get(key)?;
        (now < slot.end).then(|| slot.value.clone())
    }

    pub(super) fn take(&mut self, key: &Key, now: Duration) -> Option<Bytes> {
        let slot = self.remove(key)?;
        (now < slot.end).then_some(slot.value)
    }

    /// Puts `value` in place of what is there, or leaves everything alive as it is.
    pub(super) fn put(
        &mut self,
        key: &Key,
        value: Bytes,
        end: Duration,
        now: Duration,
        bounds: Bounds,
    ) -> Result<(), StoreError> {
        for _ in 0..CULLED {
            if !self.cull(now) {
                break;
            }
        }
        let before = self.remove(key);
        let size = size(key, &value);
        while self.slots.len() >= bounds.entries || self.bytes.saturating_add(size) > bounds.bytes {
            if !self.cull(now) {
                if let Some(before) = before {
                    self.insert(key, before);
                }
                return Err(StoreError::Full);
            }
        }
        self.insert(key, Slot { value, end });
        Ok(())
    }

    pub(super) fn held(&self) -> Bounds {
        Bounds {
            entries: self.slots.len(),
            bytes: self.bytes,
        }
    }

    /// Removes a value that has ended. Says whether there was one.
    fn cull(&mut self, now: Duration) -> bool {
        match self.ends.first() {
            Some((end, key)) if *end <= now => {
                let key = key.clone();
                self.remove(&key).is_some()
            }
            _ => false,
        }
    }

    fn insert(&mut self, key: &Key, slot: Slot) {
        self.bytes += size(key, &slot.value);
        self.ends.insert((slot.end, key.clone()));
        self.slots.insert(key.clone(), slot);
    }

    fn remove(&mut self, key: &Key) -> Option<Slot> {
        let (key, slot) = self.slots.remove_entry(key)?;
        self.bytes -= size(&key, &slot.value);
        self.ends.remove(&(slot.end, key));
        Some(slot)
    }
}

/// What a value takes, in bytes.
fn size(key: &Key, value: &Bytes) -> usize {
    ROW + key.length() + value.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn key(name: &str) -> Key {
        Key::new("codes", name).unwrap()
    }

    #[test]
    fn a_full_table_keeps_what_is_alive() {
        let bounds = Bounds {
            entries: 2,
            bytes: 10_000,
        };
        let mut table = Table::default();
        let mut put = |name: &str, end, now| {
            table.put(&key(name), Bytes::from_static(b"v"), end, now, bounds)
        };
        put("a", SECOND, Duration::ZERO).unwrap();
        put("b", SECOND * 2, Duration::ZERO).unwrap();
        assert!(matches!(
            put("c", SECOND * 2, Duration::ZERO),
            Err(StoreError::Full)
        ));
        put("b", SECOND * 3, Duration::ZERO).unwrap();
        put("c", SECOND * 2, SECOND).unwrap();
        assert!(table.get(&key("a"), Duration::ZERO).is_none(), "it ended");
        assert!(table.get(&key("b"), SECOND * 2).is_some());
    }

    #[test]
    fn a_value_that_is_too_long_to_replace_another_leaves_it() {
        let bounds = Bounds {
            entries: 10,
            bytes: 1000,
        };
        let mut table = Table::default();
        let mut put =
            |value: Vec<u8>| table.put(&key("a"), value.into(), SECOND, Duration::ZERO, bounds);
        put(vec![1; 500]).unwrap();
        put(vec![2; 700]).unwrap();
        assert!(matches!(put(vec![3; 1000]), Err(StoreError::Full)));
        let kept = table.get(&key("a"), Duration::ZERO).unwrap();
        assert_eq!(kept, vec![2; 700]);
        assert_eq!(table.held().bytes, size(&key("a"), &kept));
        table.take(&key("a"), Duration::ZERO).unwrap();
        assert_eq!(table.held().bytes, 0);
        assert!(table.ends.is_empty());
    }
}
