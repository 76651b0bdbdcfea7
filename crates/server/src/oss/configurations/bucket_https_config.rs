//! The versions of TLS by which a bucket may be reached. What comes in plain or through a proxy has none that this server could
//! know, and is not asked.

use ossicle_protocol::{Error, ErrorCode, Operation};

use crate::oss::call::Call;

/// Lets a call pass that came by a version that the bucket allows, if it came by one. What sets the versions passes by any:
/// nobody locks himself out by versions that the server does not speak.
pub(crate) fn check(call: &Call) -> Result<(), Error> {
    let sets = matches!(call.operation, Operation::PutBucketHttpsConfig | Operation::GetBucketHttpsConfig);
    let Some(settings) = call.settings.as_deref().filter(|_| !sets) else { return Ok(()) };
    let (Some(configuration), Some(version)) = (settings.https_config()?, call.tls) else { return Ok(()) };
    if configuration.allows(version.0) {
        return Ok(());
    }
    let message = format!("The bucket does not allow TLSv{}.", version.0);
    let error = Error::new(ErrorCode::AccessDenied).with_message(message).with_ec("");
    Err(error.with_detail("BucketName", &settings.bucket().name))
}
