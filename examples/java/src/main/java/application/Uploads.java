package application;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.sqlite.SQLiteConfig;

/** The table {@code uploads} of a SQLite database. */
final class Uploads implements AutoCloseable {
    private static final String SCHEMA = """
            CREATE TABLE IF NOT EXISTS uploads (
                -- the request id of the upload, the same in every delivery of its callback
                id          TEXT PRIMARY KEY,
                bucket      TEXT,
                object      TEXT,
                size        INTEGER,
                etag        TEXT,
                mime_type   TEXT,
                fields      TEXT NOT NULL,               -- all that the callback said, as a JSON object of texts
                deliveries  INTEGER NOT NULL DEFAULT 1,  -- how often the callback came
                received_at TEXT NOT NULL                -- when it came last, UTC
            )""";

    // A callback may come again: after an answer that was lost, by a replay, or because somebody recorded it.
    // An uploader with a key words the body, and so the id: it must not reach the row of another object.
    private static final String UPSERT = """
            INSERT INTO uploads (id, bucket, object, size, etag, mime_type, fields, received_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                bucket = excluded.bucket, object = excluded.object, size = excluded.size, etag = excluded.etag,
                mime_type = excluded.mime_type, fields = excluded.fields, received_at = excluded.received_at,
                deliveries = deliveries + 1
            WHERE uploads.bucket IS excluded.bucket AND uploads.object IS excluded.object""";

    private final Connection connection;

    Uploads(String path) throws SQLException {
        SQLiteConfig configuration = new SQLiteConfig();
        // Waits less for another process than the sender does for the answer.
        configuration.setBusyTimeout(2000);
        connection = configuration.createConnection("jdbc:sqlite:" + path);
        try (Statement statement = connection.createStatement()) {
            statement.execute(SCHEMA);
        }
    }

    /**
     * Inserts the row of this upload or updates it. It is on disk afterwards: the sender is told 200 after it.
     *
     * <p>One at a time, as SQLite has it anyway.
     */
    synchronized void record(String id, Fields said) throws Refused, SQLException, JsonProcessingException {
        Long size = said.size();
        try (PreparedStatement statement = connection.prepareStatement(UPSERT)) {
            statement.setString(1, id);
            statement.setString(2, said.members().get("bucket"));
            statement.setString(3, said.members().get("object"));
            statement.setObject(4, size);
            statement.setString(5, said.members().get("etag"));
            statement.setString(6, said.members().get("mimeType"));
            statement.setString(7, Fields.JSON.writeValueAsString(said.members()));
            statement.setString(8, Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
            if (statement.executeUpdate() == 0) {
                throw new Refused(400, "another object's upload has this id");
            }
        }
    }

    @Override
    public synchronized void close() throws SQLException {
        connection.close();
    }
}
