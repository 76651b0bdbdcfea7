//! An application server for OSS upload callbacks: verifies them, keeps a row per upload, answers uploaders.
//!
//! - `POST /callback[/...]`: callbacks; what it answers is what the uploader gets
//! - `GET /permission/form`: permission to upload one file with a form, see `upload_form.rs`
//! - `GET /permission/put`: permission to PUT one file, see `presigned_put.rs`
//! - `GET /permission/sts`: temporary credentials to upload with an SDK, see `sts.rs`
//! - `POST /upload-form`: a form for a file whose type does not matter
//! - `GET /`: a page that uploads with such permissions

mod permission;
mod presigned_put;
mod settings;
mod sts;
mod upload_form;
mod uploads;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRef, Query, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use hmac::Mac;
use ossicle_callback::ParameterError;
use ossicle_callback::receiver::{CallbackEvent, HttpKeySource, VerifiedCallback, Verifier};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use permission::{Asked, Upload, Version, bad_request, checked_name, folder_of};
use settings::{Settings, UploadTarget};
use sts::TemporaryCredentials;
use uploads::{Fields, RecordError, Uploads};

const LONGEST_BODY: usize = 1024 * 1024;
/// The sender waits five seconds for the whole answer.
const ANSWER_WITHIN: Duration = Duration::from_millis(4500);
const FETCH_WITHIN: Duration = Duration::from_secs(2);

#[derive(Clone)]
struct Application {
    verifier: Verifier,
    uploads: Uploads,
    settings: Arc<Settings>,
    address: SocketAddr,
}

/// Where `VerifiedCallback` finds its verifier.
impl FromRef<Application> for Verifier {
    fn from_ref(application: &Application) -> Self {
        application.verifier.clone()
    }
}

/// An answer other than 200, and why.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::from_environment()?;
    let keys = HttpKeySource::new().with_timeout(FETCH_WITHIN);
    let verifier = settings::trust(Verifier::builder().source(keys).max_body(LONGEST_BODY))?.build();
    let uploads = Uploads::open(&settings.database)?;
    let listener = tokio::net::TcpListener::bind(&settings.listen).await?;
    let address = listener.local_addr()?;
    if settings.callback_secret.is_none() {
        eprintln!(
            "CALLBACK_SECRET is not set: callbacks that any customer of a trusted store asked for count"
        );
    }
    println!("listening on http://{address}");
    let application = Application { verifier, uploads, settings: Arc::new(settings), address };
    axum::serve(listener, router(application)).with_graceful_shutdown(told_to_stop()).await?;
    Ok(())
}

fn router(application: Application) -> Router {
    let path = application.settings.callback_path.clone();
    let mut router = Router::new()
        .route("/", get(page))
        .route("/permission/form", get(permitted_form))
        .route("/permission/put", get(permitted_put))
        .route("/permission/sts", get(temporary_credentials))
        .route("/upload-form", post(upload_form))
        .route(&format!("{path}/"), post(uploaded))
        .route(&format!("{path}/{{*rest}}"), post(uploaded));
    if !path.is_empty() {
        router = router.route(&path, post(uploaded));
    }
    router
        .fallback(async || Refused(StatusCode::NOT_FOUND, "not found".to_owned()))
        .with_state(application)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(RequestBodyLimitLayer::new(LONGEST_BODY))
        // A permission is for whoever asked.
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
}

/// Runs only for callbacks whose signature is right. What it answers is what the uploader gets.
async fn uploaded(
    State(application): State<Application>,
    RawQuery(query): RawQuery,
    VerifiedCallback(event): VerifiedCallback,
) -> Result<Json<serde_json::Value>, Refused> {
    let fields = event.fields().map_err(|error| bad_request(error.to_string()))?;
    check_proof(application.settings.callback_secret.as_deref(), query.as_deref(), &fields)?;
    let id = identity(&event, &fields).ok_or_else(|| {
        bad_request("nothing tells which upload this is: ask for reqId in the body".to_owned())
    })?;
    application.uploads.record(id.clone(), fields).await.map_err(|error| match error {
        RecordError::Size | RecordError::Id => bad_request(error.to_string()),
        RecordError::Fields(_) | RecordError::Database(_) | RecordError::Thread(_) => {
            eprintln!("{id}: {error}");
            // Not 200, so that the store notes the callback as failed and may send it again.
            Refused(StatusCode::INTERNAL_SERVER_ERROR, "the upload could not be recorded".to_owned())
        }
    })?;
    Ok(Json(json!({ "Status": "OK", "id": id })))
}

/// Returns an id that is the same for every delivery of one callback. Only the body is signed, so what it says goes first.
fn identity(event: &CallbackEvent, fields: &Fields) -> Option<String> {
    let candidates = [fields.get("reqId"), event.delivery_id.as_ref(), event.request_id.as_ref()];
    candidates.into_iter().flatten().find(|id| !id.is_empty()).cloned()
}

/// Checks the proof that permissions put into the callback URL. A store signs for all its users with one key: each could have
/// it sign a body that names another's object.
fn check_proof(secret: Option<&str>, query: Option<&str>, fields: &Fields) -> Result<(), Refused> {
    let Some(secret) = secret else { return Ok(()) };
    let parameters = query.unwrap_or_default().split('&');
    let given = parameters.filter_map(|parameter| parameter.strip_prefix("proof=")).next();
    let given = given.and_then(|digits| hex::decode(digits).ok()).unwrap_or_default();
    if permission::is_proved(secret, &given, fields) {
        return Ok(());
    }
    Err(Refused(StatusCode::FORBIDDEN, "this application did not ask for this callback".to_owned()))
}

async fn permitted_form(
    State(application): State<Application>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<upload_form::Form>, Refused> {
    let target = application.upload_target()?;
    let asked = understood(asked)?;
    let upload = application.permitted_upload(&asked)?;
    upload_form::sign(target, &upload, asked.version()?, SystemTime::now()).map(Json).map_err(not_signed)
}

async fn permitted_put(
    State(application): State<Application>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<presigned_put::Permitted>, Refused> {
    let target = application.upload_target()?;
    let asked = understood(asked)?;
    let upload = application.permitted_upload(&asked)?;
    presigned_put::sign(target, &upload, asked.size()?, SystemTime::now()).map(Json).map_err(not_signed)
}

async fn temporary_credentials(
    State(application): State<Application>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<PermittedSession>, Refused> {
    let settings = &application.settings;
    let (Some(role), Some(secret)) = (&settings.role, &settings.callback_secret) else {
        let reason = "temporary credentials are not configured: set STS_ROLE_ARN";
        return Err(Refused(StatusCode::NOT_FOUND, reason.to_owned()));
    };
    let target = application.upload_target()?;
    let asked = understood(asked)?;
    let user = asked.user()?;
    let folder = folder_of(user);
    let credentials = sts::assume_role(target, role, user, &folder).await.map_err(|error| {
        eprintln!("{error}");
        Refused(StatusCode::BAD_GATEWAY, "there are no temporary credentials now".to_owned())
    })?;
    let prefix = format!("{folder}/");
    let proof = hex::encode(permission::proof(secret, &target.bucket, &prefix).finalize().into_bytes());
    Ok(Json(PermittedSession {
        status_code: 200,
        credentials,
        endpoint: target.endpoint(),
        url: target.url.clone(),
        region: target.region.clone(),
        bucket: target.bucket.clone(),
        prefix,
        callback: json!({
            "callbackUrl": format!("{}?proof={proof}", application.callback_url(target)),
            "callbackBody": permission::callback_body(&["name"]),
            "callbackBodyType": "application/json",
        }),
    }))
}

/// Temporary credentials, and what to use them for.
#[derive(Serialize)]
struct PermittedSession {
    #[serde(rename = "StatusCode")]
    status_code: u16,
    #[serde(flatten)]
    credentials: TemporaryCredentials,
    endpoint: String,
    url: String,
    region: String,
    bucket: String,
    prefix: String,
    callback: serde_json::Value,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

async fn upload_form(
    State(application): State<Application>,
    body: Bytes,
) -> Result<Json<upload_form::Form>, Refused> {
    let target = application.upload_target()?;
    let named = serde_json::from_slice::<Named>(&body)
        .map_err(|_| bad_request(r#"the body must be {"name": "what the file is called"}"#.to_owned()))?;
    let upload = application.upload("uploads", checked_name(&named.name)?, &[])?;
    upload_form::sign(target, &upload, Version::V4, SystemTime::now()).map(Json).map_err(not_signed)
}

impl Application {
    fn upload_target(&self) -> Result<&UploadTarget, Refused> {
        let reason = "upload forms are not configured: set OSS_UPLOAD_URL and the rest";
        self.settings.upload.as_ref().ok_or_else(|| Refused(StatusCode::NOT_FOUND, reason.to_owned()))
    }

    fn permitted_upload(&self, asked: &Asked) -> Result<Upload, Refused> {
        let user = asked.user()?;
        let upload = self.upload(&folder_of(user), asked.name()?, &[("user", user)])?;
        Ok(upload.of_type(asked.content_type()?))
    }

    fn upload(&self, folder: &str, file_name: &str, further: &[(&str, &str)]) -> Result<Upload, Refused> {
        let target = self.upload_target()?;
        let secret = self.settings.callback_secret.as_deref();
        let callback_url = self.callback_url(target);
        Ok(Upload::new((&target.bucket, folder), (&callback_url, secret), file_name, further))
    }

    fn callback_url(&self, target: &UploadTarget) -> String {
        // The default is right when the store runs on this machine.
        let own_url = || format!("http://{}{}", self.address, self.settings.callback_path);
        target.callback_url.clone().unwrap_or_else(own_url)
    }
}

fn understood(asked: Result<Query<Asked>, QueryRejection>) -> Result<Asked, Refused> {
    asked.map(|Query(asked)| asked).map_err(|error| bad_request(error.to_string()))
}

fn not_signed(error: ParameterError) -> Refused {
    Refused(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

async fn page(State(application): State<Application>) -> Result<Html<&'static str>, Refused> {
    application.upload_target()?;
    Ok(Html(include_str!("../../upload.html")))
}

async fn told_to_stop() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(error) => {
            eprintln!("SIGTERM cannot be waited for: {error}");
            std::future::pending().await
        }
    }
}
