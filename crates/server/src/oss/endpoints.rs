//! The host names that bucket documents mention. A server that is reached by an address of its own names the cloud's
//! hosts all the same: SDKs and their suites expect names of that form, and none of them connects to one it reads here.

use crate::app::App;

/// The names of a region.
pub(crate) struct Endpoints {
    pub(crate) extranet: String,
    pub(crate) intranet: String,
    pub(crate) location: String,
}

impl Endpoints {
    pub(crate) fn of(app: &App) -> Self {
        let location = app.location();
        Self {
            extranet: format!("{location}.aliyuncs.com"),
            intranet: format!("{location}-internal.aliyuncs.com"),
            location,
        }
    }
}
