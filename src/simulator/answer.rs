//! Answers on their way out: headers that every answer carries, compression, broken endings.
//! Knows nothing of what is in them.

use std::io::Write as _;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::{StreamExt as _, stream};

use super::errors::{Family, Refusal};
use super::world::dice::mix;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media_type: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// Bodies below this are not worth compressing.
const WORTH_COMPRESSING: usize = 1024;

impl Answer {
    /// JSON with status 200.
    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::with(200, "application/json", body)
    }

    /// Any answer.
    pub(crate) fn with(status: u16, media_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, media_type, body: body.into(), headers: Vec::new() }
    }

    /// A refusal in a family's shape.
    pub(crate) fn refusal(
        refusal: &Refusal,
        family: Family,
        media_type: &'static str,
        request_id: &str,
    ) -> Self {
        let mut answer = Self::with(refusal.status, media_type, refusal.body(family, request_id));
        if let Some(seconds) = refusal.retry_after {
            answer.headers.push(("retry-after", seconds.to_string()));
        }
        answer
    }

    /// Compresses the body if that is worth it.
    pub(crate) fn compress(&mut self) {
        if self.body.len() < WORTH_COMPRESSING {
            return;
        }
        let mut encoder = GzEncoder::new(Vec::with_capacity(self.body.len() / 4), Compression::fast());
        if encoder.write_all(&self.body).is_ok()
            && let Ok(compressed) = encoder.finish()
        {
            self.body = compressed;
            self.headers.push(("content-encoding", "gzip".to_owned()));
        }
    }

    /// The answer as the server sends it; `broken` ends it in the middle of its body.
    pub(crate) fn respond(self, seed: u64, number: u64, broken: bool) -> Response<Body> {
        let length = self.body.len();
        let body = if broken { break_off(self.body) } else { Body::from(self.body) };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        let id = request_id(seed, number);
        let own = [
            ("x-amzn-requestid", id.clone()),
            ("x-amz-request-id", id[24..].to_uppercase()),
            ("x-amz-rid", id[..8].to_uppercase()),
        ];
        for (name, value) in own.into_iter().chain(self.headers) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// The id of a request, of the shape of a UUID.
pub(crate) fn request_id(seed: u64, number: u64) -> String {
    let (a, b) = (mix(seed ^ 0x7265, number), mix(seed ^ 0x7172, number));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        b >> 48 & 0xfff,
        b & 0xffff_ffff_ffff
    )
}

fn break_off(mut body: Vec<u8>) -> Body {
    body.truncate(body.len() / 2);
    let half = stream::once(async move { Ok(Bytes::from(body)) });
    // A pause before the end, so that the half is on its way when the connection breaks.
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    });
    Body::from_stream(half.chain(end))
}
