//! One attempt on the wire: a request goes out, and its answer comes back, or why there is none.
//!
//! The only place that sends. What sends is behind a trait, so that retries and tokens run in virtual time, without
//! sockets; everything around it is the same.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use reqwest::{Client, Method, Request, RequestBuilder, Response, Url};

use super::answer::{Answer, Broken};

/// What sends requests.
pub(super) trait Transport: Send + Sync + std::fmt::Debug {
    /// Sends one request, up to the head of its answer. Dropping the future gives the attempt up.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Broken>>;
}

impl Transport for Client {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Broken>> {
        let sent = self.execute(request);
        async move { Ok(sent.await?) }.boxed()
    }
}

/// Builds requests and sends them.
#[derive(Debug, Clone)]
pub(super) struct Http {
    client: Client,
    transport: Arc<dyn Transport>,
}

impl Http {
    /// Sends over the client's own sockets.
    pub(super) fn new(client: Client) -> Self {
        Self { transport: Arc::new(client.clone()), client }
    }

    /// Sends over something else.
    #[cfg(test)]
    pub(super) fn over(client: Client, transport: Arc<dyn Transport>) -> Self {
        Self { client, transport }
    }

    /// A request to complete.
    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and reads its answer to the end. An attempt that was lost tells what came of its head.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, Broken> {
        let response = self.transport.send(request.build()?).await?;
        Answer::read(response).await
    }
}
