//! The elements of the document of lifecycle rules.

use super::input::Fate::{Honoured, Ignored, Refused};
use super::input::{Fate, Input};
use crate::ErrorCode;

/// Access tracking is not built, so it is never enabled for a bucket.
const NO_ACCESS_TIME: Fate = Refused { code: ErrorCode::MalformedXML, unless: &["false"] };
const NO_RETURN: Fate = Refused { code: ErrorCode::MalformedXML, unless: &[] };

/// What is about versions has nothing to act on where none are kept.
pub(crate) const ELEMENTS: &[Input] = &[
    Input::element("LifecycleConfiguration/Rule/ID", Honoured),
    Input::element("LifecycleConfiguration/Rule/Prefix", Honoured),
    Input::element("LifecycleConfiguration/Rule/Status", Honoured),
    Input::element("LifecycleConfiguration/Rule/Tag/Key", Honoured),
    Input::element("LifecycleConfiguration/Rule/Tag/Value", Honoured),
    Input::element("LifecycleConfiguration/Rule/Expiration/Days", Honoured),
    Input::element("LifecycleConfiguration/Rule/Expiration/CreatedBeforeDate", Honoured),
    Input::element("LifecycleConfiguration/Rule/Expiration/Date", Honoured),
    Input::element("LifecycleConfiguration/Rule/Expiration/ExpiredObjectDeleteMarker", Honoured),
    Input::element("LifecycleConfiguration/Rule/Transition/Days", Honoured),
    Input::element("LifecycleConfiguration/Rule/Transition/CreatedBeforeDate", Honoured),
    Input::element("LifecycleConfiguration/Rule/Transition/StorageClass", Honoured),
    Input::element("LifecycleConfiguration/Rule/Transition/IsAccessTime", NO_ACCESS_TIME),
    Input::element("LifecycleConfiguration/Rule/Transition/ReturnToStdWhenVisit", NO_RETURN),
    Input::element("LifecycleConfiguration/Rule/Transition/AllowSmallFile", Honoured),
    Input::element("LifecycleConfiguration/Rule/AbortMultipartUpload/Days", Honoured),
    Input::element("LifecycleConfiguration/Rule/AbortMultipartUpload/CreatedBeforeDate", Honoured),
    Input::element("LifecycleConfiguration/Rule/NoncurrentVersionExpiration/NoncurrentDays", Honoured),
    Input::element("LifecycleConfiguration/Rule/NoncurrentVersionTransition/NoncurrentDays", Honoured),
    Input::element("LifecycleConfiguration/Rule/NoncurrentVersionTransition/StorageClass", Honoured),
    Input::element("LifecycleConfiguration/Rule/NoncurrentVersionTransition/IsAccessTime", NO_ACCESS_TIME),
    Input::element("LifecycleConfiguration/Rule/NoncurrentVersionTransition/ReturnToStdWhenVisit", NO_RETURN),
    Input::element("LifecycleConfiguration/Rule/NoncurrentVersionTransition/AllowSmallFile", Honoured),
    Input::element("LifecycleConfiguration/Rule/Filter/ObjectSizeGreaterThan", Honoured),
    Input::element("LifecycleConfiguration/Rule/Filter/ObjectSizeLessThan", Honoured),
    Input::element("LifecycleConfiguration/Rule/Filter/Not/Prefix", Honoured),
    Input::element("LifecycleConfiguration/Rule/Filter/Not/Tag/Key", Honoured),
    Input::element("LifecycleConfiguration/Rule/Filter/Not/Tag/Value", Honoured),
    Input::element(
        "LifecycleConfiguration/Rule/AtimeBase",
        Ignored("OSS tells it for rules that go by the last access, and sets it itself"),
    ),
];
