//! A faithful local Amazon Ads API: seeded data, the API's own manners, and faults on demand.
//!
//! Written from the API's specification; shares no types with the client, so that a misspelt
//! field on either side fails. Knows nothing of the rest of the crate.

mod admin;
mod answer;
mod app;
mod auth;
mod connection;
mod control;
mod errors;
mod faults;
mod form;
mod lists;
mod options;
mod profiles;
mod requests;
mod server;
mod throttle;
mod truth;
mod world;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use self::auth::Credentials;
pub use self::control::Control;
pub use self::faults::{Scenario, ScenarioError};
pub use self::options::{Region, SimulatorOptions};
pub use self::requests::RequestRecord;
pub use self::truth::Truth;

/// How long a shutdown waits for answers that are under way.
const PATIENCE: Duration = Duration::from_secs(1);

/// Starts simulators.
#[derive(Debug)]
pub struct Simulator;

/// Why a simulator does not run.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Simulator {
    /// Starts a simulator on an address; port 0 picks a free one. Must be called within a tokio
    /// runtime, on which it then runs.
    pub async fn start(
        options: SimulatorOptions,
        listen: SocketAddr,
    ) -> Result<RunningSimulator, SimulatorError> {
        let failed = |source| SimulatorError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let app = Arc::new(app::App::new(options));
        let service =
            server::router(Arc::clone(&app)).into_make_service_with_connect_info::<connection::Wire>();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(connection::Acceptor(listener), service).with_graceful_shutdown(async {
            // A dropped sender means the same as a sent word.
            let _ = stopped.await;
        });
        let task = tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::warn!(%error, "the simulator has stopped serving");
            }
        });
        tracing::info!("simulator is listening on {address}");
        Ok(RunningSimulator { address, app, stop: Some(stop), task: Some(task) })
    }
}

/// A running simulator; dropping it stops it.
#[derive(Debug)]
pub struct RunningSimulator {
    address: SocketAddr,
    app: Arc<app::App>,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

impl RunningSimulator {
    /// The address it listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stands in for a region's API host.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What stands in for a region's token endpoint.
    pub fn token_url(&self) -> String {
        format!("http://{}/auth/o2/token", self.address)
    }

    /// What a client needs to log in. They follow from the seed.
    pub fn credentials(&self) -> Credentials {
        self.app.auth.credentials().clone()
    }

    /// A handle to steer it by.
    pub fn control(&self) -> Control {
        Control { app: Arc::clone(&self.app) }
    }

    /// Stops listening, lets answers that are under way finish for a moment, and ends.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        if let Some(mut task) = self.task.take()
            && tokio::time::timeout(PATIENCE, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl Drop for RunningSimulator {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}
