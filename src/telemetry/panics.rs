//! Panics that are contained: a task that panics becomes an error of its run, and must not tear down the
//! terminal of the console that shows it.

use std::any::Any;
use std::cell::Cell;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// True while this thread polls a contained task: a panic hook then leaves the terminal alone.
pub fn is_contained() -> bool {
    CONTAINED.get()
}

/// Runs a future to its end or its panic; gives the panic's message then.
pub async fn contain<F: Future>(future: F) -> Result<F::Output, String> {
    Contained { inner: Box::pin(future) }.await
}

struct Contained<F> {
    inner: Pin<Box<F>>,
}

impl<F: Future> Future for Contained<F> {
    type Output = Result<F::Output, String>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let inner = &mut self.inner;
        let before = CONTAINED.replace(true);
        // After a panic the future is only dropped, so nobody sees what it left half done.
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| inner.as_mut().poll(context)));
        CONTAINED.set(before);
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(payload) => Poll::Ready(Err(message(payload.as_ref()))),
        }
    }
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
            assert!(is_contained());
            panic!("page {} is odd", 7);
        });
        assert_eq!(panicking.await, Err::<(), _>("page 7 is odd".to_owned()));
        assert!(!is_contained());
        assert_eq!(contain(async { 3 }).await, Ok(3));
    }
}
