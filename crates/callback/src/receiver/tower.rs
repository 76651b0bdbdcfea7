//! The tower layer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use tower::{Layer, Service};

use super::extract::{Rejection, extract};
use super::verifier::Verifier;

/// Lets only verified callbacks through to the service inside, which finds the
/// [`CallbackEvent`](super::CallbackEvent) in the request's extensions and the body unread.
#[derive(Clone, Debug)]
pub struct VerifyLayer {
    verifier: Verifier,
}

impl VerifyLayer {
    /// Creates a layer that asks this verifier.
    #[must_use]
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier }
    }
}

impl<S> Layer<S> for VerifyLayer {
    type Service = Verify<S>;

    fn layer(&self, service: S) -> Verify<S> {
        Verify { service, verifier: self.verifier.clone() }
    }
}

/// The service that [`VerifyLayer`] makes.
#[derive(Clone, Debug)]
pub struct Verify<S> {
    service: S,
    verifier: Verifier,
}

impl<S, B, R> Service<Request<B>> for Verify<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: BodyExt + From<Bytes> + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The instance that was asked whether it is ready is the one to call; a fresh clone stays for later.
        let fresh = self.service.clone();
        let mut ready = std::mem::replace(&mut self.service, fresh);
        let verifier = self.verifier.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match extract(&verifier, &parts, body).await {
                Err(rejection) => Ok(refuse(&rejection)),
                Ok(event) => {
                    let body = B::from(event.body.clone());
                    parts.extensions.insert(event);
                    ready.call(Request::from_parts(parts, body)).await
                }
            }
        })
    }
}

fn refuse<R: From<Bytes>>(rejection: &Rejection) -> Response<R> {
    let body = rejection.json();
    let length = HeaderValue::from(body.len());
    let mut response = Response::new(R::from(body));
    *response.status_mut() = StatusCode::from_u16(rejection.status()).unwrap_or(StatusCode::BAD_REQUEST);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CONTENT_LENGTH, length);
    response
}
