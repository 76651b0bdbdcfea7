//! Waiting for a future on a thread that may block, inside of a runtime or outside.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::{lock, wait};

/// Waits for a future on a thread that may block.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    #[derive(Default)]
    struct Bell {
        rung: Mutex<bool>,
        ring: Condvar,
    }
    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            *lock(&self.rung) = true;
            self.ring.notify_one();
        }
    }
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        let mut rung = lock(&bell.rung);
        while !*rung {
            rung = wait(&bell.ring, rung);
        }
        *rung = false;
    }
}
