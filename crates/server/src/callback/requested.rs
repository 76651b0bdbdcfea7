//! The callback that a request asks for: from headers, query or form, or from a policy of the bucket.

use base64::Engine as _;
use ossicle_callback::{
    CallbackParameters, CustomVariables, ParameterError, Requested, parse_callback, parse_callback_var,
};
use ossicle_protocol::Error;

use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// A callback that will be made once the object is stored.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) parameters: CallbackParameters,
    pub(crate) variables: CustomVariables,
}

/// The parameters as they came, both in base64.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) callback: Option<&'a str>,
    pub(crate) callback_var: Option<&'a str>,
}

/// Reads the parameters of an upload from its headers and query. Nothing may have been stored yet: a mistake in them
/// refuses the upload.
pub(crate) async fn from_request(call: &Call) -> Result<Option<Wanted>, Failure> {
    let given = Given {
        callback: one_of(call, "x-oss-callback", "callback", "0007-00000027")?,
        callback_var: one_of(call, "x-oss-callback-var", "callback-var", "0007-00000028")?,
    };
    resolve(call, given, CustomVariables::default()).await
}

/// Reads given parameters, looks up a named policy, and checks what can be checked before the upload.
pub(crate) async fn resolve(
    call: &Call,
    given: Given<'_>,
    form_variables: CustomVariables,
) -> Result<Option<Wanted>, Failure> {
    let Some(text) = given.callback.filter(|text| !text.is_empty()) else { return Ok(None) };
    let requested = parse_callback(text).map_err(invalid)?;
    let mut variables = match given.callback_var.filter(|text| !text.is_empty()) {
        Some(text) => parse_callback_var(text).map_err(invalid)?,
        None => CustomVariables::default(),
    };
    variables = variables.merge(form_variables);
    let (parameters, variables) = match requested {
        None => return Ok(None),
        Some(Requested::Callback(parameters)) => (parameters, variables),
        Some(Requested::Policy(name)) => match from_policy(call, &name).await? {
            None => return Ok(None),
            Some((parameters, policy_variables)) => (parameters, policy_variables.merge(variables)),
        },
    };
    parameters.check_addresses(&call.app.callbacks.guard).map_err(invalid)?;
    Ok(Some(Wanted { parameters, variables }))
}

/// Words an error in callback parameters as OSS does.
pub(crate) fn invalid(error: ParameterError) -> Error {
    Error::invalid_argument(error.message, error.argument_name, shortened(error.argument_value))
        .with_ec(error.ec)
        .with_detail("ErrorDetail", error.detail)
}

/// Cuts a very long value: one SDK reads no more than 4 KiB of an error document.
fn shortened(mut value: String) -> String {
    const MOST: usize = 2048;
    value.truncate(value.floor_char_boundary(MOST));
    value
}

/// Finds a parameter, which comes in a header or in the query, never in both. The V2 SDKs presign the header's name as
/// a query parameter.
fn one_of<'a>(
    call: &'a Call,
    header: &'static str,
    query: &'static str,
    ec: &'static str,
) -> Result<Option<&'a str>, Error> {
    let in_header = call.header(header)?;
    let in_query = call.query.get(query).or_else(|| call.query.get(header));
    if let (Some(_), Some(value)) = (in_header, in_query) {
        let message = format!(
            "Either the {query} query string parameter or the {header} header should be specified, not both."
        );
        return Err(Error::invalid_argument(message, query, shortened(value.to_owned())).with_ec(ec));
    }
    Ok(in_header.or(in_query))
}

/// Looks up the callback and the variables of the bucket's policy `name`.
async fn from_policy(
    call: &Call,
    name: &str,
) -> Result<Option<(CallbackParameters, CustomVariables)>, Failure> {
    let policies = call.settings()?.callback_policy()?;
    let item = policies.and_then(|policies| policies.find(name)).ok_or_else(|| {
        Error::invalid_argument("The callback policy does not exist.", "callbackPolicy", name)
    })?;
    // Who uploads sees none of the policy's text, and has to be told where the mistake is.
    let in_policy = |error| invalid(error).with_detail("PolicyName", name);
    let variables = match item.callback_var.as_str() {
        "" => CustomVariables::default(),
        text => parse_callback_var(text).map_err(in_policy)?,
    };
    match parse_callback(&item.callback).map_err(in_policy)? {
        None => Ok(None),
        Some(Requested::Callback(parameters)) => Ok(Some((parameters, variables))),
        Some(Requested::Policy(_)) => {
            let message = "A callback policy cannot name another policy.";
            Err(Error::invalid_argument(message, "callbackPolicy", name).into())
        }
    }
}

/// Encodes a JSON text in base64, as clients send parameters; for requests that this server makes itself.
pub(crate) fn encode(json: &serde_json::Value) -> String {
    base64::engine::general_purpose::STANDARD.encode(json.to_string())
}
