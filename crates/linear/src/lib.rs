//! The linearizability checker of the tests: is there an order of what concurrent clients did, compatible with when they did
//! it, in which every answer is right?
//!
//! What the operations mean is the caller's model. A call whose outcome its client never learned may have happened at any time
//! since it began, or not at all. The search is that of Wing and Gong, and remembers which states it has been in.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

/// What a client did and was told.
pub trait Operation {
    /// What the operations act on.
    type State: Clone + Eq + Hash + Debug;

    /// Returns the state afterwards, if the answer is right for the state before. Without an answer it is the state after the
    /// operation has happened.
    fn apply(&self, state: &Self::State) -> Option<Self::State>;
}

/// An operation and when it was under way, in the ticks of one counter.
#[derive(Debug, Clone)]
pub struct Call<O> {
    /// What was done and answered.
    pub operation: O,
    /// When it was about to be sent.
    pub began: u64,
    /// When its answer had come; `None` where none came that says what happened.
    pub ended: Option<u64>,
}

/// Why a history is not linearizable, or could not be decided.
#[derive(Debug)]
pub struct Violation<O: Operation> {
    /// The longest order that was found.
    pub order: Vec<Call<O>>,
    /// The state after it.
    pub state: O::State,
    /// The calls of which none can come next.
    pub stuck: Vec<Call<O>>,
    /// Whether the search was given up.
    pub undecided: bool,
}

/// More states than this are not looked at.
const MOST_STATES: usize = 2_000_000;

struct Search<'a, O: Operation> {
    calls: &'a [Call<O>],
    /// How many calls have an answer and so must have happened.
    answered: usize,
    tried: HashSet<(Done, O::State)>,
    order: Vec<usize>,
    longest: Vec<usize>,
    state_of_longest: O::State,
}

/// Which calls have their place in the order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Done {
    words: Vec<u64>,
    answered: usize,
}

impl Done {
    fn has(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    fn and(&self, at: usize, is_answered: bool) -> Self {
        let mut more = self.clone();
        if let Some(word) = more.words.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
        more.answered += usize::from(is_answered);
        more
    }
}

/// Looks for an order of the calls that begins in this state.
pub fn check<O: Operation + Clone>(calls: &[Call<O>], start: &O::State) -> Result<(), Violation<O>> {
    let mut search = Search {
        calls,
        answered: calls.iter().filter(|call| call.ended.is_some()).count(),
        tried: HashSet::new(),
        order: Vec::new(),
        longest: Vec::new(),
        state_of_longest: start.clone(),
    };
    let nothing = Done { words: vec![0; calls.len().div_ceil(64)], answered: 0 };
    if search.reaches_the_end(&nothing, start) {
        return Ok(());
    }
    let order = search.longest.iter().filter_map(|at| calls.get(*at).cloned()).collect();
    let done = search.longest.iter().fold(nothing, |done, at| done.and(*at, false));
    let stuck = search.candidates(&done).into_iter().filter_map(|at| calls.get(at).cloned()).collect();
    let undecided = search.tried.len() >= MOST_STATES;
    Err(Violation { order, state: search.state_of_longest, stuck, undecided })
}

impl<O: Operation> Search<'_, O> {
    fn reaches_the_end(&mut self, done: &Done, state: &O::State) -> bool {
        if done.answered == self.answered {
            return true;
        }
        if self.tried.len() >= MOST_STATES || !self.tried.insert((done.clone(), state.clone())) {
            return false;
        }
        if self.order.len() > self.longest.len() {
            self.longest.clone_from(&self.order);
            self.state_of_longest = state.clone();
        }
        for at in self.candidates(done) {
            let Some(call) = self.calls.get(at) else { continue };
            let Some(after) = call.operation.apply(state) else { continue };
            let is_answered = call.ended.is_some();
            if !is_answered && after == *state {
                continue;
            }
            self.order.push(at);
            if self.reaches_the_end(&done.and(at, is_answered), &after) {
                return true;
            }
            self.order.pop();
        }
        false
    }

    /// Returns the calls that no other has to precede, those without an answer last: they are only needed where nothing else
    /// explains an answer.
    fn candidates(&self, done: &Done) -> Vec<usize> {
        let ended = |at: usize| self.calls.get(at).and_then(|call| call.ended).unwrap_or(u64::MAX);
        let left: Vec<usize> = (0..self.calls.len()).filter(|at| !done.has(*at)).collect();
        let first_end = left.iter().map(|at| ended(*at)).min().unwrap_or(u64::MAX);
        let began = |at: usize| self.calls.get(at).map_or(u64::MAX, |call| call.began);
        let mut next: Vec<usize> = left.into_iter().filter(|at| began(*at) <= first_end).collect();
        next.sort_by_key(|at| ended(*at));
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A register that may be empty.
    #[derive(Debug, Clone)]
    enum Register {
        Put(&'static str),
        PutIfAbsent(&'static str, bool),
        Get(Option<&'static str>),
    }

    impl Operation for Register {
        type State = Option<&'static str>;

        fn apply(&self, held: &Self::State) -> Option<Self::State> {
            match self {
                Self::Put(content) => Some(Some(content)),
                Self::PutIfAbsent(content, done) => {
                    (*done == held.is_none()).then_some(if *done { Some(*content) } else { *held })
                }
                Self::Get(found) => (found == held).then_some(*held),
            }
        }
    }

    fn is_linear(calls: &[(Register, u64, Option<u64>)]) -> bool {
        let calls: Vec<_> = calls
            .iter()
            .map(|(operation, began, ended)| Call {
                operation: operation.clone(),
                began: *began,
                ended: *ended,
            })
            .collect();
        check(&calls, &None).is_ok()
    }

    #[test]
    fn histories_that_are_not_linear_are_found() {
        use Register::{Get, Put, PutIfAbsent};
        let cases = [
            (true, vec![(Put("a"), 0, Some(3)), (Get(None), 1, Some(2))]),
            (true, vec![(Put("a"), 0, Some(3)), (Get(Some("a")), 1, Some(2))]),
            // An acknowledged write is lost, or a read is stale.
            (false, vec![(Put("a"), 0, Some(1)), (Get(None), 2, Some(3))]),
            (false, vec![(Put("a"), 0, Some(5)), (Get(Some("a")), 1, Some(2)), (Get(None), 3, Some(4))]),
            // Of two that write only where nothing is, both succeed.
            (false, vec![(PutIfAbsent("a", true), 0, Some(3)), (PutIfAbsent("b", true), 1, Some(2))]),
            (false, vec![(PutIfAbsent("a", false), 0, Some(3))]),
        ];
        for (expected, calls) in cases {
            assert_eq!(is_linear(&calls), expected, "{calls:?}");
        }
    }

    #[test]
    fn calls_without_an_answer_happen_late_or_never_and_not_before_they_began() {
        use Register::{Get, Put};
        let lost = (Put("b"), 2, None);
        let with = |gets: &[(Register, u64, Option<u64>)]| {
            is_linear(&[&[(Put("a"), 0, Some(1)), lost.clone()], gets].concat())
        };
        assert!(with(&[]));
        assert!(with(&[(Get(Some("a")), 3, Some(4))]));
        assert!(with(&[(Get(Some("a")), 3, Some(4)), (Get(Some("b")), 5, Some(6))]));
        assert!(!with(&[(Get(Some("b")), 3, Some(4)), (Get(Some("a")), 5, Some(6))]));
        assert!(!is_linear(&[(Get(Some("b")), 0, Some(1)), lost]));
    }

    #[test]
    fn a_violation_shows_where_no_call_can_come_next() {
        use Register::{Get, Put};
        let call = |operation, began, ended| Call { operation, began, ended: Some(ended) };
        let calls = [call(Put("a"), 0, 1), call(Get(Some("a")), 2, 3), call(Get(None), 4, 5)];
        let violation = check(&calls, &None).unwrap_err();
        assert_eq!((violation.order.len(), violation.stuck.len()), (2, 1));
        assert_eq!(violation.state, Some("a"));
        assert!(!violation.undecided);
    }
}
