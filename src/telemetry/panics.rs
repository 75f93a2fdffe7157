//! Panics that are contained: a task that panics becomes an error of its run, and everything else goes on.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;

/// Runs a future to its end or its panic; gives the panic's message then.
///
/// # Errors
/// The message, when the future panicked. It is dropped, so nobody sees what it left half done.
pub async fn contain<F: Future>(future: F) -> Result<F::Output, String> {
    AssertUnwindSafe(future).catch_unwind().await.map_err(|payload| message(payload.as_ref()))
}

fn message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_its_message_and_others_go_on() {
        let panicking = contain(async {
            tokio::task::yield_now().await;
            panic!("page {} is odd", 7);
        });
        assert_eq!(panicking.await, Err::<(), _>("page 7 is odd".to_owned()));
        assert_eq!(contain(async { 3 }).await, Ok(3));
    }
}
