//! One connection as the sweep sees it: the phase it is in, what its socket has moved, and the order to end. The task that
//! serves the connection writes what happens, the sweep reads it now and then: no timer runs and no clock is read for a
//! request. What is too slow, and what is closed for want of room, is decided in `budget` and `connections`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use futures_util::task::AtomicWaker;

/// A body gives no further piece while so much of the last ones is not in the socket.
const ENOUGH_HELD: usize = 16 * 1024;

/// A head of this size or less is nobody's concern.
const ORDINARY_HEAD: usize = 8 * 1024;

/// What larger heads may take together beyond that while they are not whole.
const LARGE_HEADS: u64 = 16 * 1024 * 1024;

/// The low bits of [`Moment`] that hold the phase.
const PHASE_BITS: u32 = 3;

/// No order.
const NONE: u64 = 0;
/// An order to close whatever the connection does.
const AT_ONCE: u64 = u64::MAX;

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The rest of a TLS handshake.
    Handshake,
    /// The first byte of a request.
    Idle,
    /// The rest of a request's head.
    Head,
    /// An answer, or the client's next piece of the body.
    Serving,
    /// The client to end its side.
    Ending,
}

/// A phase and how many came before it on the same connection: two of them are equal only if nothing happened between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(u64);

impl Moment {
    pub(crate) fn phase(self) -> Phase {
        match self.0 & ((1 << PHASE_BITS) - 1) {
            0 => Phase::Handshake,
            1 => Phase::Idle,
            2 => Phase::Head,
            3 => Phase::Serving,
            _ => Phase::Ending,
        }
    }

    /// Returns whether no request has begun yet.
    pub(crate) fn is_first(self) -> bool {
        // Handshake, idle, head.
        self.0 >> PHASE_BITS <= 3 && !matches!(self.phase(), Phase::Serving | Phase::Ending)
    }

    fn next(self, phase: Phase) -> Self {
        Self(((self.0 >> PHASE_BITS) + 1) << PHASE_BITS | phase as u64)
    }
}

/// The shared state. Each figure has one writer at a time.
#[derive(Debug)]
pub(crate) struct Connection {
    moment: AtomicU64,
    received: AtomicU64,
    /// Bytes of a head that is not whole, and those of all connections beyond what is ordinary.
    head: AtomicUsize,
    heads: Arc<AtomicU64>,
    lacks_memory: AtomicBool,
    sent: AtomicU64,
    /// Bytes of answers in memory that the socket did not take.
    held: AtomicUsize,
    /// The socket took no more at the last try.
    blocked: AtomicBool,
    /// Somebody waits for the next piece of the request's body.
    wants_body: AtomicBool,
    /// The moment of the request whose body has not come to its end, or [`NONE`].
    body_open: AtomicU64,
    /// The answer's body waits until less is held.
    wants_room: AtomicBool,
    /// The moment that ends the connection if it still lasts, or one of the constants above.
    close: AtomicU64,
    /// The moment whose request's body has come too slowly, or [`NONE`].
    body_late: AtomicU64,
    /// The answer to the request that is served has begun.
    answering: AtomicBool,
    /// The client may be sending what nobody reads.
    unread: AtomicBool,
    stopping: AtomicBool,
    task: AtomicWaker,
    body_reader: AtomicWaker,
}

/// What the task of a connection is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// End, whatever is under way.
    Close,
    /// Finish what is under way, and then end.
    Finish,
}

impl Connection {
    /// Makes a connection that begins in `phase`; `heads` is shared by all.
    pub(crate) fn new(phase: Phase, heads: Arc<AtomicU64>) -> Self {
        Self {
            moment: AtomicU64::new(Moment(0).next(phase).0),
            received: AtomicU64::new(0),
            head: AtomicUsize::new(0),
            heads,
            lacks_memory: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            held: AtomicUsize::new(0),
            blocked: AtomicBool::new(false),
            wants_body: AtomicBool::new(false),
            body_open: AtomicU64::new(NONE),
            wants_room: AtomicBool::new(false),
            close: AtomicU64::new(NONE),
            body_late: AtomicU64::new(NONE),
            answering: AtomicBool::new(false),
            unread: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            task: AtomicWaker::new(),
            body_reader: AtomicWaker::new(),
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment(self.moment.load(Ordering::Relaxed))
    }

    pub(crate) fn phase(&self) -> Phase {
        self.moment().phase()
    }

    /// Begins a phase.
    pub(crate) fn enter(&self, phase: Phase) {
        self.moment.store(self.moment().next(phase).0, Ordering::Relaxed);
    }

    /// Notes that a request was parsed, and returns the moment that stands for it. `has_body` says that bytes follow its
    /// head.
    pub(crate) fn request_begins(&self, has_body: bool) -> Moment {
        self.answering.store(false, Ordering::Relaxed);
        self.release_head();
        self.enter(Phase::Serving);
        let request = self.moment();
        self.body_open.store(if has_body { request.0 } else { NONE }, Ordering::Relaxed);
        request
    }

    /// Returns whether the connection is to finish what is under way.
    pub(crate) fn is_finishing(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Notes that the answer is there and will be sent.
    pub(crate) fn answer_begins(&self) {
        self.answering.store(true, Ordering::Relaxed);
    }

    /// Returns whether a request is served whose answer has not begun: what is written now is at most `100
    /// Continue`.
    pub(crate) fn is_before_answer(&self) -> bool {
        self.phase() == Phase::Serving && !self.answering.load(Ordering::Relaxed)
    }

    /// Notes that the whole answer was given to be sent.
    pub(crate) fn request_ends(&self) {
        self.enter(Phase::Idle);
    }

    /// Notes that no more of a request's body is to come, or that nobody waits for it. The next request may have begun.
    pub(crate) fn body_ends(&self, request: Moment) {
        // It failing means just that.
        let _ = self.body_open.compare_exchange(request.0, NONE, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Notes whether the client may be sending what nobody reads.
    pub(crate) fn set_unread(&self, unread: bool) {
        self.unread.store(unread, Ordering::Relaxed);
    }

    /// Returns whether the client may be sending what nobody reads.
    pub(crate) fn has_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    /// Notes bytes that came. Whether there is memory for them: there always is but for large heads that take their time.
    pub(crate) fn received(&self, bytes: usize) -> bool {
        self.received.store(self.received_bytes().wrapping_add(bytes as u64), Ordering::Relaxed);
        if self.phase() == Phase::Idle && self.body_open.load(Ordering::Relaxed) == NONE {
            self.enter(Phase::Head);
        }
        self.phase() != Phase::Head || self.head_grows(bytes)
    }

    fn head_grows(&self, bytes: usize) -> bool {
        let before = self.head.load(Ordering::Relaxed);
        let now = before.saturating_add(bytes);
        self.head.store(now, Ordering::Relaxed);
        let extra = beyond_ordinary(now) - beyond_ordinary(before);
        let fits = extra == 0 || self.heads.fetch_add(extra, Ordering::Relaxed) + extra <= LARGE_HEADS;
        self.lacks_memory.store(!fits, Ordering::Relaxed);
        fits
    }

    /// Returns whether there was no memory for what came last.
    pub(crate) fn lacks_memory(&self) -> bool {
        self.lacks_memory.load(Ordering::Relaxed)
    }

    fn release_head(&self) {
        let extra = beyond_ordinary(self.head.load(Ordering::Relaxed));
        self.head.store(0, Ordering::Relaxed);
        if extra > 0 {
            self.heads.fetch_sub(extra, Ordering::Relaxed);
        }
    }

    /// Notes bytes that the socket took.
    pub(crate) fn sent(&self, bytes: usize) {
        self.sent.store(self.sent_bytes().wrapping_add(bytes as u64), Ordering::Relaxed);
        self.blocked.store(false, Ordering::Relaxed);
        self.set_held(self.held_bytes().saturating_sub(bytes));
    }

    /// Notes that the socket takes no more for now.
    pub(crate) fn blocks(&self) {
        self.blocked.store(true, Ordering::Relaxed);
    }

    /// Notes that the socket took everything there was.
    pub(crate) fn flushed(&self) {
        self.set_held(0);
    }

    /// Polls for room for another piece of an answer. Without it, the task is woken when there is.
    pub(crate) fn poll_room(&self) -> Poll<()> {
        if self.held_bytes() < ENOUGH_HELD {
            return Poll::Ready(());
        }
        self.wants_room.store(true, Ordering::Relaxed);
        Poll::Pending
    }

    /// Returns whether a body waits for room and has it. The one who sends asks, in the same task.
    pub(crate) fn gives_room(&self) -> bool {
        let gives = self.wants_room.load(Ordering::Relaxed) && self.held_bytes() < ENOUGH_HELD;
        if gives {
            self.wants_room.store(false, Ordering::Relaxed);
        }
        gives
    }

    /// Notes a piece of an answer that was taken into memory.
    pub(crate) fn holds(&self, bytes: usize) {
        self.set_held(self.held_bytes().saturating_add(bytes));
    }

    fn set_held(&self, bytes: usize) {
        self.held.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn received_bytes(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(crate) fn sent_bytes(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Relaxed)
    }

    pub(crate) fn wants_body(&self) -> bool {
        self.wants_body.load(Ordering::Relaxed)
    }

    /// Notes that a body is waited for. Ready when it has come too slowly for too long.
    pub(crate) fn poll_body_late(&self, waker: &Waker) -> Poll<()> {
        self.wants_body.store(true, Ordering::Relaxed);
        self.body_reader.register(waker);
        let late = self.body_late.load(Ordering::Acquire);
        if late != NONE && late == self.moment().0 { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Notes that nobody waits for the body any more.
    pub(crate) fn body_awaited_no_more(&self) {
        self.wants_body.store(false, Ordering::Relaxed);
    }

    /// Ends the wait for the body of the request that is served at `moment`.
    pub(crate) fn give_up_body(&self, moment: Moment) {
        self.body_late.store(moment.0, Ordering::Release);
        self.body_reader.wake();
    }

    /// Returns whether a request's body has come too slowly.
    pub(crate) fn was_late(&self) -> bool {
        self.body_late.load(Ordering::Relaxed) != NONE
    }

    /// Orders the end of the connection, unless it does something else by then than at `moment`.
    pub(crate) fn close_if_still(&self, moment: Moment) {
        self.close.store(moment.0, Ordering::Release);
        self.task.wake();
    }

    /// Orders the end of the connection.
    pub(crate) fn close_at_once(&self) {
        self.close.store(AT_ONCE, Ordering::Release);
        self.task.wake();
    }

    /// Orders the end of the connection after the request that it serves.
    pub(crate) fn finish(&self) {
        self.stopping.store(true, Ordering::Release);
        self.task.wake();
    }

    /// Polls for an order. `escaped` is called when one to close has come too late, since a
    /// request has begun.
    pub(crate) fn poll_order(&self, cx: &Context<'_>, escaped: impl FnOnce()) -> Poll<Order> {
        self.task.register(cx.waker());
        let close = self.close.load(Ordering::Acquire);
        if close != NONE {
            if close == AT_ONCE || close == self.moment().0 {
                return Poll::Ready(Order::Close);
            }
            if self.close.compare_exchange(close, NONE, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                escaped();
            }
        }
        if self.stopping.load(Ordering::Acquire) { Poll::Ready(Order::Finish) } else { Poll::Pending }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.release_head();
    }
}

fn beyond_ordinary(head: usize) -> u64 {
    head.saturating_sub(ORDINARY_HEAD) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(connection: &Connection) -> Option<Order> {
        match connection.poll_order(&Context::from_waker(Waker::noop()), || {}) {
            Poll::Ready(order) => Some(order),
            Poll::Pending => None,
        }
    }

    #[test]
    fn the_first_byte_begins_a_head_unless_a_body_is_under_way() {
        let connection = Connection::new(Phase::Idle, Arc::default());
        assert!(connection.moment().is_first());
        connection.received(1);
        assert_eq!(connection.phase(), Phase::Head);
        let request = connection.request_begins(true);
        assert!(!connection.moment().is_first());
        connection.received(1);
        assert_eq!(connection.phase(), Phase::Serving);
        connection.request_ends();
        connection.received(1);
        assert_eq!(connection.phase(), Phase::Idle);
        connection.body_ends(request);
        connection.received(1);
        assert_eq!(connection.phase(), Phase::Head);
        assert!(!connection.moment().is_first());
    }

    #[test]
    fn large_heads_share_a_bounded_memory() {
        let heads = Arc::default();
        let new = || Connection::new(Phase::Idle, Arc::clone(&heads));
        let large = ORDINARY_HEAD + usize::try_from(LARGE_HEADS).unwrap();
        let (first, second, ordinary) = (new(), new(), new());
        assert!(first.received(ORDINARY_HEAD) && first.received(large - ORDINARY_HEAD));
        assert!(ordinary.received(ORDINARY_HEAD));
        assert!(!second.received(ORDINARY_HEAD + 1));
        drop(second);
        first.request_begins(false);
        let third = new();
        assert!(third.received(large));
        drop((first, third, ordinary));
        assert_eq!(heads.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_request_that_begins_escapes_the_order_to_close() {
        let connection = Connection::new(Phase::Idle, Arc::default());
        let idle = connection.moment();
        connection.close_if_still(idle);
        assert_eq!(order(&connection), Some(Order::Close));
        connection.received(1);
        assert_eq!(order(&connection), None);
        connection.close_at_once();
        assert_eq!(order(&connection), Some(Order::Close));
    }

    #[test]
    fn what_comes_at_the_end_is_no_head() {
        let connection = Connection::new(Phase::Idle, Arc::default());
        connection.enter(Phase::Ending);
        assert!(connection.received(usize::try_from(2 * LARGE_HEADS).unwrap()));
        assert_eq!(connection.phase(), Phase::Ending);
    }

    #[test]
    fn a_late_body_concerns_one_request() {
        let connection = Connection::new(Phase::Idle, Arc::default());
        connection.request_begins(true);
        assert_eq!(connection.poll_body_late(Waker::noop()), Poll::Pending);
        assert!(connection.wants_body());
        connection.give_up_body(connection.moment());
        assert_eq!(connection.poll_body_late(Waker::noop()), Poll::Ready(()));
        connection.request_ends();
        connection.request_begins(true);
        assert_eq!(connection.poll_body_late(Waker::noop()), Poll::Pending);
    }

    #[test]
    fn answers_are_held_up_to_a_bound() {
        let connection = Connection::new(Phase::Idle, Arc::default());
        assert_eq!(connection.poll_room(), Poll::Ready(()));
        connection.holds(ENOUGH_HELD);
        assert_eq!(connection.poll_room(), Poll::Pending);
        assert!(!connection.gives_room());
        connection.sent(1);
        assert!(connection.gives_room());
        assert!(!connection.gives_room(), "the body is woken once");
        connection.flushed();
        assert_eq!(connection.held_bytes(), 0);
    }
}
