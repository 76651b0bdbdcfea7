//! The tables, how they come to be, and what a database must promise for a commit to be one.

use std::sync::Weak;
use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient};

use super::connection::{NOW_MS, Target};
use super::failure::{Failure, classify};
use super::refusal::{self, of as failed};
use super::shared::Shared;
use crate::{Durability, OpenError};

/// The statements that make each version of the tables out of the one before, from none on.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE rows (key bytea PRIMARY KEY, value bytea NOT NULL);
    ALTER TABLE rows ALTER COLUMN value SET STORAGE EXTERNAL;
    CREATE TABLE counters (
        key bytea, lane int, field text, value bigint NOT NULL, PRIMARY KEY (key, lane, field)
    );
    CREATE TABLE batches (id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
    CREATE INDEX batches_at ON batches (at);
"];

/// The advisory lock that migrations hold.
const MIGRATION_LOCK: i64 = 0x0551_C1E0_0000_0001;

/// What must be on for an acknowledged commit to survive a crash of the database's machine.
const PROMISES: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

/// Checks the database, changing nothing, and tells whether it has no tables yet.
pub(super) async fn is_new(target: &Target, durability: Durability) -> Result<bool, OpenError> {
    let client = target.connect_to_open().await?;
    check_promises(&client, durability).await?;
    if version(&client).await? > 0 {
        return Ok(false);
    }
    check_rights(&client).await?;
    Ok(true)
}

/// Checks the database, makes or updates the tables, and tells the time there.
pub(super) async fn prepare(target: &Target, durability: Durability) -> Result<i64, OpenError> {
    let mut client = target.connect_to_open().await?;
    check_promises(&client, durability).await?;
    migrate(&mut client).await?;
    let row = client.query_one(NOW_MS, &[]).await.map_err(failed)?;
    row.try_get(0).map_err(failed)
}

/// Removes ids of batches whose outcome nobody can ask for any more, again and again while the engine lives.
pub(super) async fn clean_regularly(shared: Weak<Shared>, interval: Duration, minutes: u32) {
    loop {
        tokio::time::sleep(interval).await;
        let Some(shared) = shared.upgrade() else { return };
        let cleaning = async {
            let client = shared.target.connect_bare().await.map_err(Failure::into_error)?;
            let sql = format!("DELETE FROM batches WHERE at < now() - interval '{minutes} minutes'");
            client.batch_execute(&sql).await.map_err(|e| classify(&e).into_error())
        };
        if let Err(error) = cleaning.await {
            tracing::debug!(%error, "ids of old batches could not be removed");
        }
    }
}

async fn check_promises(client: &Client, durability: Durability) -> Result<(), OpenError> {
    let mut broken = Vec::new();
    for name in PROMISES {
        let row = client.query_one("SELECT current_setting($1, true)", &[&name]).await.map_err(failed)?;
        // Databases that only speak like PostgreSQL need not have the setting.
        if let Ok(Some("off")) = row.try_get::<_, Option<&str>>(0) {
            broken.push(name);
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    let settings = broken.join(", ");
    if durability == Durability::Relaxed {
        tracing::warn!(settings, "the metadata database may lose acknowledged changes in a crash");
        return Ok(());
    }
    Err(OpenError::Database {
        what: format!(
            "may lose acknowledged changes in a crash: turn on {settings} there, or accept the loss with relaxed durability"
        ),
    })
}

/// Checks that tables can be made.
async fn check_rights(client: &Client) -> Result<(), OpenError> {
    let sql = "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false), \
               current_setting('transaction_read_only') = 'on'";
    let row = client.query_one(sql, &[]).await.map_err(failed)?;
    let (may_create, is_read_only) = (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
    match (may_create, is_read_only) {
        (_, true) => Err(refusal::because("it is read-only", &SqlState::READ_ONLY_SQL_TRANSACTION)),
        (false, _) => Err(refusal::because("no tables may be made there", &SqlState::INSUFFICIENT_PRIVILEGE)),
        (true, false) => Ok(()),
    }
}

/// Returns the version of the tables, 0 if there are none. Those of a newer version are left alone.
async fn version(client: &impl GenericClient) -> Result<usize, OpenError> {
    let found: bool = client
        .query_one("SELECT to_regclass('cluster') IS NOT NULL", &[])
        .await
        .and_then(|row| row.try_get(0))
        .map_err(failed)?;
    if !found {
        return Ok(0);
    }
    let row =
        client.query_opt("SELECT value FROM cluster WHERE name = 'schema'", &[]).await.map_err(failed)?;
    let text: Option<String> = row.map(|row| row.try_get(0)).transpose().map_err(failed)?;
    let version = text.and_then(|text| text.parse().ok()).ok_or_else(|| OpenError::Database {
        what: "has a table `cluster` that is not Ossicle's: give Ossicle a database of its own".to_owned(),
    })?;
    let supported = MIGRATIONS.len();
    if version > supported {
        return Err(OpenError::Database {
            what: format!(
                "has tables of version {version}, this version of Ossicle knows {supported}: update it"
            ),
        });
    }
    Ok(version)
}

async fn migrate(client: &mut Client) -> Result<(), OpenError> {
    let supported = MIGRATIONS.len();
    let transaction = client.transaction().await.map_err(failed)?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await.map_err(failed)?;
    let version = version(&transaction).await?;
    let Some(missing) = MIGRATIONS.get(version..).filter(|missing| !missing.is_empty()) else {
        return Ok(());
    };
    if version == 0 {
        let sql = "CREATE TABLE cluster (name text PRIMARY KEY, value text NOT NULL)";
        transaction.batch_execute(sql).await.map_err(failed)?;
    }
    for migration in missing {
        transaction.batch_execute(migration).await.map_err(failed)?;
    }
    let sql =
        "INSERT INTO cluster VALUES ('schema', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    transaction.execute(sql, &[&supported.to_string()]).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}
