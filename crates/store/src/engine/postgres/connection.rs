//! A connection to the database with its statements prepared.

use std::str::FromStr;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::failure::{Failure, classify, words};
use super::refusal;
use crate::OpenError;
use crate::record::CONTENT_IN_RECORD;

/// How long connecting may take, with what is prepared then.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(700);

/// How long a database may take to confirm what it holds: its standby may be away for a moment.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(3);

/// How long the network may be silent before a connection counts as lost.
const SILENCE: Duration = Duration::from_secs(10);

/// What a session of ours is set to. A scan of the whole table would make the transaction conflict with every other one; a
/// transaction that its node has forgotten must end.
const SESSION: &str = "SET enable_seqscan = off; SET enable_bitmapscan = off; \
     SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = warning";

/// What transactions of those who only read are.
const READING: &str = "SET default_transaction_isolation = 'repeatable read'; \
     SET default_transaction_read_only = on";

/// Asks for the time, in milliseconds since 1970.
pub(super) const NOW_MS: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// Where the database is.
#[derive(Debug, Clone)]
pub(super) struct Target {
    config: Config,
}

impl Target {
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        let mut config = Config::from_str(url).map_err(|e| OpenError::Database {
            what: format!("has an address that cannot be read: {}", words(&e)),
        })?;
        config.connect_timeout(CONNECT_TIMEOUT);
        config.tcp_user_timeout(SILENCE);
        config.keepalives_idle(SILENCE / 2).keepalives_interval(SILENCE / 4).keepalives_retries(2);
        if config.get_application_name().is_none() {
            config.application_name("ossicle");
        }
        Ok(Self { config })
    }

    /// Connects without preparing anything: the tables may not be there.
    pub(super) async fn connect_bare(&self) -> Result<Client, Failure> {
        self.try_to_connect().await.map_err(|failed| {
            Failure::Lost(failed.map_or_else(|| "it does not answer".to_owned(), |error| words(&error)))
        })
    }

    /// The same, for who opens a store and wants to know what is wrong.
    pub(super) async fn connect_to_open(&self) -> Result<Client, OpenError> {
        self.try_to_connect().await.map_err(|failed| failed.map_or_else(refusal::silent, refusal::of))
    }

    /// Connects; the error is none if nobody answered.
    async fn try_to_connect(&self) -> Result<Client, Option<tokio_postgres::Error>> {
        let connecting = timeout(CONNECT_TIMEOUT, self.config.connect(NoTls));
        let (client, connection) = connecting.await.map_err(|_| None)?.map_err(Some)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = words(&error), "a connection to the metadata database ended");
            }
        });
        Ok(client)
    }

    /// Connects to change rows, and prepares the statements. To be called on the engine's threads.
    pub(super) async fn connect(&self) -> Result<Connection, Failure> {
        self.connect_with(SESSION).await
    }

    /// Connects to read alone, in transactions that see one state.
    pub(super) async fn connect_to_read(&self) -> Result<Connection, Failure> {
        self.connect_with(&format!("{SESSION}; {READING}")).await
    }

    async fn connect_with(&self, session: &str) -> Result<Connection, Failure> {
        let client = self.connect_bare().await?;
        confirm(&client).await?;
        let statements = timeout(CONNECT_TIMEOUT, Statements::prepare(&client, session))
            .await
            .map_err(|_| Failure::Lost("it does not answer".to_owned()))?
            .map_err(|e| classify(&e))?;
        Ok(Connection { client, statements })
    }
}

/// Waits until whatever can be seen on this connection is where the database keeps it for good, a synchronous standby included.
///
/// A server that went down between writing a commit and hearing of it from its standby shows that commit when it comes back,
/// whatever the standby has; a failover then takes it away again. A commit of our own is only answered when all before it are
/// on the standby too. Connections do not survive such an end, so it is enough to ask once on each.
pub(super) async fn confirm(client: &Client) -> Result<(), Failure> {
    let id = format!("{:032x}", rand::random::<u128>());
    let params: [(&(dyn ToSql + Sync), Type); 1] = [(&id, Type::TEXT)];
    let sql = "INSERT INTO batches (id) VALUES ($1::text::uuid)";
    match timeout(CONFIRM_TIMEOUT, client.execute_typed(sql, &params)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(classify(&error)),
        Err(_) => Err(Failure::Lost("it does not confirm what it holds; is its standby there?".to_owned())),
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) statements: Statements,
}

impl Connection {
    /// Sends a command and waits for no answer: what is sent after it runs after it.
    pub(super) fn send(&self, command: &str) {
        // The first poll sends it.
        let mut sending = std::pin::pin!(self.client.batch_execute(command));
        let mut context = Context::from_waker(Waker::noop());
        let _ = sending.as_mut().poll(&mut context);
    }
}

/// The statements that are used again and again.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) get: Statement,
    pub(super) get_many: Statement,
    pub(super) look: Statement,
    pub(super) scan: Statement,
    pub(super) scan_keys: Statement,
    pub(super) sums: Statement,
    pub(super) scan_sums: Statement,
    pub(super) put: Statement,
    pub(super) delete: Statement,
    pub(super) add: Statement,
    pub(super) reset: Statement,
    pub(super) batch: Statement,
    pub(super) now_ms: Statement,
}

impl Statements {
    async fn prepare(client: &Client, session: &str) -> Result<Self, tokio_postgres::Error> {
        let content = CONTENT_IN_RECORD.sql_key("o.value");
        let look = format!(
            "SELECT key, value, NULL AS field, NULL::bigint AS sum FROM rows WHERE key = ANY($1) UNION ALL \
             SELECT c.key, c.value, NULL, NULL FROM rows AS o JOIN rows AS c ON c.key = {content} WHERE o.key = $2 \
             UNION ALL \
             SELECT key, NULL, field, sum(value)::bigint FROM counters WHERE key = ANY($3) GROUP BY key, field"
        );
        let ((), get, get_many, look, scan, scan_keys, sums) = tokio::try_join!(
            client.batch_execute(session),
            client.prepare("SELECT value FROM rows WHERE key = $1"),
            client.prepare("SELECT key, value FROM rows WHERE key = ANY($1)"),
            client.prepare(&look),
            client.prepare("SELECT key, value FROM rows WHERE key >= $1 AND key < $2 ORDER BY key LIMIT $3"),
            client.prepare("SELECT key FROM rows WHERE key >= $1 AND key < $2 ORDER BY key LIMIT $3"),
            client.prepare(
                "SELECT key, field, sum(value)::bigint FROM counters WHERE key = ANY($1) GROUP BY key, field"
            ),
        )?;
        let (now_ms, scan_sums, put, delete, add, reset, batch) = tokio::try_join!(
            client.prepare(NOW_MS),
            client.prepare(
                "SELECT key, field, sum(value)::bigint FROM counters WHERE key >= $1 AND key < $2 \
                 GROUP BY key, field ORDER BY key, field"
            ),
            client.prepare(
                "INSERT INTO rows (key, value) SELECT * FROM unnest($1::bytea[], $2::bytea[]) \
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value"
            ),
            client.prepare("DELETE FROM rows WHERE key = ANY($1)"),
            client.prepare(
                "INSERT INTO counters (key, lane, field, value) \
                 SELECT key, $1, field, value FROM unnest($2::bytea[], $3::text[], $4::bigint[]) AS t(key, field, value) \
                 ON CONFLICT (key, lane, field) DO UPDATE SET value = counters.value + excluded.value"
            ),
            client.prepare("DELETE FROM counters WHERE key = ANY($1)"),
            client.prepare("INSERT INTO batches (id) VALUES ($1::text::uuid)"),
        )?;
        Ok(Self {
            get,
            get_many,
            look,
            scan,
            scan_keys,
            sums,
            scan_sums,
            put,
            delete,
            add,
            reset,
            batch,
            now_ms,
        })
    }
}
