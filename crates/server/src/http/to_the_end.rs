//! Requests that outlive their connection: once a request has arrived, what it asks for is done, logged and counted, whether
//! or not the client waits for the answer.
//!
//! The connection drives the request like any other future, which costs no task. Only if the connection ends first, the
//! request goes on as a task of its own.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// What the body of a request and its connection tell each other. Requests without a body have nothing to tell.
#[derive(Debug, Clone)]
pub(crate) struct Arrival(Option<Arc<Told>>);

#[derive(Debug, Default)]
struct Told {
    cut_off: AtomicBool,
    unread: AtomicBool,
}

impl Arrival {
    /// Begins the state of a request's body. `withheld` says that it may not come unless somebody asks for it.
    pub(crate) fn new(has_body: bool, withheld: bool) -> Self {
        let told = || Told { unread: AtomicBool::new(withheld), ..Told::default() };
        Self(has_body.then(|| Arc::new(told())))
    }

    /// Notes that the body is read from now on.
    pub(crate) fn begins(&self) {
        self.set_unread(false);
    }

    /// Notes that the rest of the body cannot be read, since it is no HTTP or does not come.
    pub(crate) fn breaks_off(&self) {
        self.set_unread(true);
    }

    fn set_unread(&self, unread: bool) {
        if let Some(told) = &self.0 {
            told.unread.store(unread, Ordering::Release);
        }
    }

    /// Returns whether the end of the body is not waited for, so that nobody knows where a next request would
    /// begin.
    pub(crate) fn is_unread(&self) -> bool {
        self.0.as_ref().is_some_and(|told| told.unread.load(Ordering::Acquire))
    }

    /// Notes that the connection is gone: what has not arrived never will.
    fn cut_off(&self) {
        if let Some(told) = &self.0 {
            told.cut_off.store(true, Ordering::Release);
        }
    }

    /// Returns whether the connection is gone.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.0.as_ref().is_some_and(|told| told.cut_off.load(Ordering::Acquire))
    }
}

/// A request that is carried out to its end. `H` is kept until then.
pub(crate) struct ToTheEnd<F, H>
where
    F: Future<Output: Send> + Send + 'static,
    H: Send + 'static,
{
    request: Option<Pin<Box<F>>>,
    arrival: Arrival,
    held: Option<H>,
}

impl<F, H> ToTheEnd<F, H>
where
    F: Future<Output: Send> + Send + 'static,
    H: Send + 'static,
{
    /// Wraps a request. `arrival` is that of its body, which is told if the connection ends.
    pub(crate) fn new(request: F, arrival: Arrival, held: H) -> Self {
        Self { request: Some(Box::pin(request)), arrival, held: Some(held) }
    }
}

// The request is pinned in its box, and nothing else is ever pinned.
impl<F, H> Unpin for ToTheEnd<F, H>
where
    F: Future<Output: Send> + Send + 'static,
    H: Send + 'static,
{
}

impl<F, H> Future for ToTheEnd<F, H>
where
    F: Future<Output: Send> + Send + 'static,
    H: Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Some(request) = &mut self.request else { return Poll::Pending };
        let polled = request.as_mut().poll(cx);
        if polled.is_ready() {
            self.request = None;
        }
        polled
    }
}

impl<F, H> Drop for ToTheEnd<F, H>
where
    F: Future<Output: Send> + Send + 'static,
    H: Send + 'static,
{
    fn drop(&mut self) {
        // A request that panicked has no end to be carried to.
        let Some(request) = self.request.take().filter(|_| !std::thread::panicking()) else { return };
        self.arrival.cut_off();
        let held = self.held.take();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                request.await;
                drop(held);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Drops a request after its first step; whether it came to its end all the same.
    async fn ends_when_dropped(first: impl FnOnce() + Send + 'static, arrival: &Arrival) -> bool {
        let (done, mut is_done) = tokio::sync::oneshot::channel();
        let (held, all_released) = tokio::sync::oneshot::channel::<()>();
        let request = async move {
            first();
            tokio::task::yield_now().await;
            done.send(()).unwrap();
        };
        let mut request = ToTheEnd::new(request, arrival.clone(), held);
        let first_step = std::panic::AssertUnwindSafe(|| {
            let mut cx = Context::from_waker(std::task::Waker::noop());
            assert!(Pin::new(&mut request).poll(&mut cx).is_pending());
        });
        match std::panic::catch_unwind(first_step) {
            Ok(()) => drop(request),
            Err(panic) => {
                let unwinding = std::panic::AssertUnwindSafe(move || {
                    let _request = request;
                    std::panic::resume_unwind(panic)
                });
                assert!(std::panic::catch_unwind(unwinding).is_err());
            }
        }
        let released = tokio::time::timeout(Duration::from_secs(10), all_released).await;
        assert!(released.is_ok(), "what is held is released at the end");
        is_done.try_recv().is_ok()
    }

    #[tokio::test]
    async fn a_request_goes_on_without_its_connection() {
        let arrival = Arrival::new(true, false);
        assert!(ends_when_dropped(|| {}, &arrival).await);
        assert!(arrival.is_cut_off());
    }

    #[tokio::test]
    async fn a_request_that_panics_does_not() {
        let arrival = Arrival::new(true, false);
        assert!(!ends_when_dropped(|| panic!("a fault of the test's own"), &arrival).await);
    }

    #[tokio::test]
    async fn a_request_that_is_answered_is_over() {
        let arrival = Arrival::new(true, false);
        let mut request = ToTheEnd::new(async { 7 }, arrival.clone(), ());
        assert_eq!((&mut request).await, 7);
        drop(request);
        assert!(!arrival.is_cut_off());
    }
}
