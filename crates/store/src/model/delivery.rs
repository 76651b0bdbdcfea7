//! The journal of callback deliveries: an envelope the store understands around a payload it does not.

/// What is known of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeliveryState {
    /// Not answered yet. After a crash: whether it was sent is unknown.
    Pending,
    /// The application server accepted it.
    Delivered,
    /// It failed and may be tried again.
    Failed,
    /// It failed and will not be tried again.
    Abandoned,
}

/// One taking of a delivery. What is written under it is refused when somebody else has taken the delivery since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClaimId(u64);

impl ClaimId {
    /// Makes the claim of this number, which has to differ from that of every other claim of the same delivery: a
    /// random one does.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

/// The time for which a delivery belongs to the holder of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Whose it is.
    pub claim: ClaimId,
    /// From then on others may claim the delivery, in milliseconds since 1970.
    pub until_ms: i64,
}

/// A delivery to record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its identifier, 1 to 64 bytes of printable ASCII, unique.
    pub id: String,
    /// When it is due, but not before its lease ends; `None` for never.
    pub due_ms: Option<i64>,
    /// The lease of the process that delivers it now, if it does.
    pub lease: Option<Lease>,
    /// Whatever describes it.
    pub payload: Vec<u8>,
}

/// A delivery to record without a write of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordDelivery {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The delivery.
    pub delivery: NewDelivery,
    /// The time now.
    pub now_ms: i64,
}

/// A delivery in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// Its identifier.
    pub id: String,
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// What is known of it.
    pub state: DeliveryState,
    /// When it was recorded, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last updated.
    pub updated_ms: i64,
    /// When it is due, if ever.
    pub due_ms: Option<i64>,
    /// The lease of the process that attends to it.
    pub lease: Option<Lease>,
    /// Attempts so far.
    pub attempts: u32,
    /// Whatever describes it.
    pub payload: Vec<u8>,
}

impl Delivery {
    /// Returns when somebody has to look after it: at the end of the lease, or when it is due.
    #[must_use]
    pub fn scheduled_ms(&self) -> Option<i64> {
        self.lease.map(|lease| lease.until_ms).or(self.due_ms)
    }
}

/// A change of a delivery, which ends its lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateDelivery {
    /// Which.
    pub id: String,
    /// The claim under which the change is made; none for a delivery that nobody has claimed.
    pub claim: Option<ClaimId>,
    /// The new state.
    pub state: DeliveryState,
    /// When it is due next, if ever.
    pub due_ms: Option<i64>,
    /// Attempts so far.
    pub attempts: u32,
    /// A new payload; `None` keeps the present one.
    pub payload: Option<Vec<u8>>,
    /// The time now.
    pub now_ms: i64,
}

/// How many deliveries there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryCounts {
    /// In the state [`DeliveryState::Pending`].
    pub pending: u64,
    /// In the state [`DeliveryState::Delivered`].
    pub delivered: u64,
    /// In the state [`DeliveryState::Failed`].
    pub failed: u64,
    /// In the state [`DeliveryState::Abandoned`].
    pub abandoned: u64,
    /// In whatever state, with a lease or a time at which they are due.
    pub scheduled: u64,
}

impl DeliveryCounts {
    /// Adds up all states.
    #[must_use]
    pub fn total(&self) -> u64 {
        let Self { pending, delivered, failed, abandoned, scheduled: _ } = *self;
        pending + delivered + failed + abandoned
    }

    /// Counts one more of the state, or one less.
    pub(crate) fn change(&mut self, state: DeliveryState, is_scheduled: bool, by: i64) {
        let counted = match state {
            DeliveryState::Pending => &mut self.pending,
            DeliveryState::Delivered => &mut self.delivered,
            DeliveryState::Failed => &mut self.failed,
            DeliveryState::Abandoned => &mut self.abandoned,
        };
        *counted = counted.saturating_add_signed(by);
        if is_scheduled {
            self.scheduled = self.scheduled.saturating_add_signed(by);
        }
    }
}

/// Which deliveries to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only of this bucket.
    pub bucket: Option<String>,
    /// Only in one of these states; any if empty.
    pub states: Vec<DeliveryState>,
    /// Only recorded at this time or later.
    pub since_ms: Option<i64>,
    /// Only recorded before this time.
    pub before_ms: Option<i64>,
}

/// Deliveries, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryPage {
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
    /// What to give to go on, if there may be more.
    pub cursor: Option<String>,
}

/// What to drop from the journal. Deliveries under a lease that may still hold are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prune {
    /// Drop what was recorded before this time.
    pub before_ms: i64,
    /// Keep at most as many, dropping the oldest.
    pub keep_max: u64,
    /// Drop also deliveries that are scheduled; else those are kept.
    pub drop_scheduled: bool,
}
