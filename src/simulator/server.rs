//! The HTTP side: takes requests apart, lets scripted faults strike, logs, and sends answers.
//! What the answers are is not decided here.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::Response;
use tokio::time::Instant;

use super::admin;
use super::answer::{Answer, request_id};
use super::app::{App, Call};
use super::auth;
use super::connection::Wire;
use super::errors::{Family, Refusal, flat_code, nested_code};
use super::faults::{BodyKind, Cut, Effect, RetryAfter};
use super::lists;
use super::lists::page::Twist;
use super::requests::RequestRecord;
use super::world::dice::{below, mix};

/// Larger request bodies are refused.
const MAX_BODY: usize = 4 << 20;

/// The routes of a simulator.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new().fallback(handle).with_state(app)
}

async fn handle(
    State(app): State<Arc<App>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let seed = app.options.seed;
    let at = Instant::now();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return Answer::with(413, "application/json", "{\"message\":\"Request body too large\"}")
            .respond(seed, 0, false);
    };
    let mut call = Call {
        number: 0,
        at,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    if let Some(action) = call.path.strip_prefix("/_sim/") {
        return admin::answer(&app, action, &call).await.respond(seed, 0, false);
    }
    call.number = app.next_number();
    let effect = app.faults.strike(&call.path, call.scope()).unwrap_or_default();
    let wait = latency(&app, &call, &effect);
    // Even a sleep of no length waits for the timer's next tick.
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    let cut = effect.cut;
    let answer = match cut {
        Some(Cut::BeforeHeaders) => {
            wire.cut();
            Answer::with(500, "application/json", "")
        }
        _ => struck(&app, &call, effect).await,
    };
    app.requests.push(RequestRecord {
        number: call.number,
        profile: call.scope(),
        status: if cut == Some(Cut::BeforeHeaders) { 0 } else { answer.status },
        at,
        method: call.method,
        path: call.path,
        query: call.query,
    });
    answer.respond(seed, call.number, cut == Some(Cut::MidBody))
}

fn latency(app: &App, call: &Call, effect: &Effect) -> Duration {
    let base = app.options.latency;
    let quarter = base.as_micros() as u64 / 4;
    let jitter = below(mix(app.options.seed ^ 0x6a69, call.number), 2 * quarter + 1);
    base - Duration::from_micros(quarter) + Duration::from_micros(jitter) + effect.latency.unwrap_or_default()
}

/// The answer, after a fault has had its way with it.
async fn struck(app: &Arc<App>, call: &Call, effect: Effect) -> Answer {
    let mut answer = match canned(app, call, &effect) {
        Some(answer) => answer,
        None => {
            let mut answer = app.answer(call, twist(&effect, call.number)).await;
            if effect.body == Some(BodyKind::Truncated) {
                answer.body.truncate(answer.body.len() * 2 / 3);
            }
            if let (Some(status), Some(_)) = (effect.status, &effect.body) {
                answer.status = status;
            }
            answer
        }
    };
    if let Some(retry_after) = effect.retry_after {
        answer.headers.retain(|(name, _)| *name != "retry-after");
        answer.headers.push(("retry-after", retry_after_text(retry_after)));
    }
    let takes_gzip = call.header("accept-encoding").is_some_and(|accepted| accepted.contains("gzip"));
    if app.options.gzip && takes_gzip {
        answer.compress();
    }
    answer
}

fn twist(effect: &Effect, nonce: u64) -> Twist {
    let is = |kind| effect.body.as_ref() == Some(&kind);
    Twist {
        cap: effect.cap_count,
        short: is(BodyKind::ShortPage),
        repeat_page: is(BodyKind::RepeatPage),
        repeat_token: is(BodyKind::RepeatToken),
        empty: is(BodyKind::EmptyPage),
        wrong_shape: is(BodyKind::WrongShape),
        drop_rows: effect.drop_rows.unwrap_or(0),
        merge: effect.merge.clone(),
        nonce,
    }
}

/// The answer of a fault that does not need the real one.
fn canned(app: &App, call: &Call, effect: &Effect) -> Option<Answer> {
    let id = request_id(app.options.seed, call.number);
    let json = "application/json";
    let status = |default| effect.status.unwrap_or(default);
    let message = |status: u16| match status {
        429 => "Too Many Requests",
        401 => "HTTP 401 Unauthorized",
        403 => "Forbidden",
        504 => "Endpoint request timed out",
        500.. => "Service Error",
        _ => "Bad Request",
    };
    Some(match (&effect.body, effect.status) {
        (None, Some(status)) if status >= 400 => {
            let list = lists::find(&call.path);
            let (family, media_type) =
                list.map_or((Family::Flat, json), |l| (l.family, l.error_media_type()));
            Answer::refusal(&Refusal::new(status, message(status)), family, media_type, &id)
        }
        (Some(BodyKind::Nested), _) => {
            let status = status(500);
            let code = if status == 200 { "INTERNAL_ERROR" } else { nested_code(status) };
            Answer::with(
                status,
                json,
                serde_json::json!({"code": code, "message": message(status)}).to_string(),
            )
        }
        (Some(BodyKind::Flat), _) => {
            let status = status(500);
            // With 200 the envelope lies about the status, as it has been seen to do.
            let told = if status == 200 { 500 } else { status };
            let body =
                serde_json::json!({"code": flat_code(told), "details": message(told), "requestId": id});
            Answer::with(status, json, body.to_string())
        }
        (Some(BodyKind::Gateway), _) => gateway(status(500), message(status(500))),
        (Some(BodyKind::Html), _) => {
            let (status, text) = (status(500), message(status(500)));
            let page = format!(
                "<html>\r\n<head><title>{status} {text}</title></head>\r\n<body>\r\n<center><h1>{status} {text}</h1></center>\r\n\
                 <hr><center>openresty</center>\r\n</body>\r\n</html>\r\n"
            );
            Answer::with(status, "text/html", page)
        }
        (Some(BodyKind::Empty), _) => Answer::with(status(200), json, ""),
        (Some(BodyKind::Literal(text)), _) => Answer::with(status(200), json, text.as_bytes()),
        (Some(BodyKind::InvalidGrant), _) => {
            let (default, body) = auth::invalid_grant();
            Answer::with(status(default), json, body.to_string())
        }
        _ => return None,
    })
}

/// What the gateway in front of the API answers, with the headers it adds.
fn gateway(status: u16, message: &str) -> Answer {
    let mut answer =
        Answer::with(status, "application/json", serde_json::json!({"message": message}).to_string());
    answer.headers.push(("x-amz-apigw-id", "simulated=".to_owned()));
    let error = if status == 429 { "AccessDeniedException" } else { "InternalServerErrorException" };
    answer.headers.push(("x-amzn-errortype", error.to_owned()));
    if status == 429 {
        answer.headers.push(("amazon-advertising-api-throttled", "true".to_owned()));
    }
    answer
}

fn retry_after_text(retry_after: RetryAfter) -> String {
    match retry_after {
        RetryAfter::Seconds(seconds) => seconds.to_string(),
        RetryAfter::Literal(text) => text,
        RetryAfter::DateIn(seconds) => {
            #[expect(
                clippy::disallowed_methods,
                reason = "an HTTP date is for the client's clock, which is the machine's"
            )]
            let now = std::time::SystemTime::now();
            let offset = Duration::from_secs(seconds.unsigned_abs());
            httpdate::fmt_http_date(if seconds < 0 { now - offset } else { now + offset })
        }
    }
}
