//! Progress notifications: only when the client gave a token, only upwards.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde_json::Number;
use thyra_protocol::{ProgressParams, ProgressToken, Revision, write_notification};
use tokio::sync::mpsc::Sender;

/// A number that says how much is done: any of Rust's integers and floats.
pub trait Amount: sealed::Sealed {
    /// The number as JSON has it. Beyond 2^53 the last digits are rounded.
    fn into_f64(self) -> f64;
}

/// The progress of one request.
pub(super) struct Progress {
    /// The highest value sent so far.
    last: Mutex<f64>,
    revision: Revision,
    sender: Sender<Bytes>,
    token: ProgressToken,
}

impl Progress {
    pub(super) fn new(token: ProgressToken, revision: Revision, sender: Sender<Bytes>) -> Self {
        Self {
            last: Mutex::new(f64::NEG_INFINITY),
            revision,
            sender,
            token,
        }
    }

    /// Sends one notification, unless it would not be progress or nobody listens. Waits for room.
    pub(super) async fn emit(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        let Ok(permit) = self.sender.reserve().await else {
            return;
        };
        // Judged and sent under one lock, and only once there is room: two tasks that report at
        // once cannot overtake each other.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(progress) = number(done).filter(|_| done > *last) else {
            return;
        };
        let params = ProgressParams {
            total: total.and_then(number),
            message: message.map(str::to_owned),
            ..ProgressParams::new(self.token.clone(), progress)
        };
        let mut bytes = Vec::with_capacity(128);
        if write_notification(
            &mut bytes,
            "notifications/progress",
            &params.for_revision(self.revision),
        )
        .is_ok()
        {
            *last = done;
            permit.send(Bytes::from(bytes));
        }
    }
}

/// Whole numbers are written without a fraction; JSON has no infinity.
fn number(value: f64) -> Option<Number> {
    /// 2^53: up to here every whole `f64` is exact as an integer.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole and within 2^53, so the cast is exact"
        )]
        return Some(Number::from(value as i64));
    }
    Number::from_f64(value)
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! amounts {
    ($($number:ty),*) => {$(
        impl sealed::Sealed for $number {}

        impl Amount for $number {
            #[allow(
                clippy::cast_lossless,
                clippy::cast_precision_loss,
                reason = "one body for all numbers; the rounding is documented"
            )]
            fn into_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

amounts!(
    f32, f64, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize
);
