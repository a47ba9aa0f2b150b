/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* database.c: opens, prepares, commits and explains one SQLite connection of the store. */
#include "database.h"

#include <metergate.h>

#include "schema.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Measured with tests/bench/bench-store, bytes passed to write() a reading, readouts of 25 readings, 500 / 20 / 1 of
 * them a commit: pages of 4096 bytes 15.3 / 43 / 197, 2048: 15.0 / 31 / 114, 1024: 14.9 / 25 / 74, 512: 18.9 / 26 / 65.
 * The size of the log between checkpoints (1, 4, 16 MB) makes less than 2 % of difference; 4 MB keep the log small on a
 * small disk.
 */
#define PAGE_BYTES                1024
#define STATE_CHECKPOINT_PAGES    1000
#define READINGS_CHECKPOINT_PAGES 4000
#define BUSY_TIMEOUT_MS           10000

static const char *const db_files[] = { STORE_STATE_FILE, STORE_READINGS_FILE };

int store_db_failed (StoreDb *db)
{
    db->code = sqlite3_extended_errcode (db->handle);
    db->system_errno = sqlite3_system_errno (db->handle);
    return db->code;
}

gboolean store_db_is_full (int code, int system_errno)
{
    int primary = code & 0xFF;

    if (primary == SQLITE_FULL)
        return TRUE;
    return (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) &&
           (system_errno == ENOSPC || system_errno == EDQUOT);
}

gboolean store_db_is_damage (int code)
{
    return (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB;
}

gboolean store_db_is_rows_fault (int code)
{
    int primary = code & 0xFF;

    return primary == SQLITE_CONSTRAINT || primary == SQLITE_TOOBIG || primary == SQLITE_MISMATCH ||
           primary == SQLITE_RANGE;
}

void store_db_set_error (StoreDb *db, const char *doing, GError **error)
{
    const char *below = db->system_errno != 0 ? g_strerror (db->system_errno) : NULL;

    g_set_error (error, MG_ERROR, MG_ERROR_IO, "%s: %s: %s (SQLite %d)%s%s", db->path, doing, sqlite3_errstr (db->code),
                 db->code, below ? ": " : "", below ? below : "");
}

static void db_free_statement (gpointer statement)
{
    sqlite3_finalize (statement);
}

void store_db_close (StoreDb *db)
{
    if (db == NULL)
        return;
    g_hash_table_unref (db->statements);
    sqlite3_close_v2 (db->handle);
    g_free (db->path);
    g_free (db);
}

sqlite3_stmt *store_db_prepare (StoreDb *db, const char *sql)
{
    sqlite3_stmt *statement = g_hash_table_lookup (db->statements, sql);

    if (statement != NULL) {
        sqlite3_reset (statement);
        sqlite3_clear_bindings (statement);
        return statement;
    }
    if (sqlite3_prepare_v3 (db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        store_db_failed (db);
        return NULL;
    }
    g_hash_table_insert (db->statements, (gpointer) sql, statement);
    return statement;
}

int store_db_run (StoreDb *db, sqlite3_stmt *statement)
{
    int code;

    if (statement == NULL)
        return db->code;
    do
        code = sqlite3_step (statement);
    while (code == SQLITE_ROW);
    if (code != SQLITE_DONE) {
        code = store_db_failed (db);
        sqlite3_reset (statement);
        return code;
    }
    sqlite3_reset (statement);
    return SQLITE_OK;
}

int store_db_get_int64 (StoreDb *db, sqlite3_stmt *statement, gint64 *out)
{
    int code;

    if (statement == NULL)
        return db->code;
    code = sqlite3_step (statement);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64 (statement, 0);
    else if (code != SQLITE_DONE)
        store_db_failed (db);
    sqlite3_reset (statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : db->code;
}

int store_db_exec (StoreDb *db, const char *sql)
{
    return sqlite3_exec (db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? SQLITE_OK : store_db_failed (db);
}

int store_db_begin (StoreDb *db)
{
    int code = store_db_run (db, store_db_prepare (db, "BEGIN IMMEDIATE"));

    db->in_transaction = code == SQLITE_OK;
    return code;
}

int store_db_commit (StoreDb *db)
{
    int code = store_db_run (db, store_db_prepare (db, "COMMIT"));

    if (code == SQLITE_OK)
        db->in_transaction = FALSE;
    return code;
}

void store_db_rollback (StoreDb *db)
{
    db->in_transaction = FALSE;
    if (!sqlite3_get_autocommit (db->handle))
        sqlite3_exec (db->handle, "ROLLBACK", NULL, NULL, NULL); /* fails only when SQLite has rolled back already */
}

static int db_check_all (StoreDb *db)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2 (db->handle, "PRAGMA quick_check(1)", -1, &statement, NULL);
    gboolean good = FALSE;

    if (code == SQLITE_OK && (code = sqlite3_step (statement)) == SQLITE_ROW)
        good = g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), "ok") == 0;
    if (code != SQLITE_ROW)
        code = store_db_failed (db);
    else if (!good)
        code = db->code = SQLITE_CORRUPT;
    else
        code = SQLITE_OK;
    sqlite3_finalize (statement);
    return code;
}

int store_db_check (StoreDb *db)
{
    gint64 ignored = 0;
    int code;

    if (db->kind == STORE_DB_STATE)
        return db_check_all (db);
    code = store_db_get_int64 (db, store_db_prepare (db, "SELECT count(*) FROM sqlite_schema"), &ignored);
    if (code == SQLITE_OK)
        code = store_db_get_int64 (
            db,
            store_db_prepare (
                db, "SELECT total(length (body)) FROM (SELECT body FROM readout ORDER BY seq DESC LIMIT 100)"),
            &ignored);
    return code;
}

static int db_make_schema (StoreDb *db, GError **error)
{
    int n_steps, code;
    const char *const *steps = store_schema_steps (db->kind, &n_steps);
    gint64 version = 0;

    code = store_db_get_int64 (db, store_db_prepare (db, "PRAGMA user_version"), &version);
    if (code != SQLITE_OK)
        return code;
    if (version > n_steps) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                     "%s: schema version %" G_GINT64_FORMAT " is of a newer gateway, this one knows up to %d", db->path,
                     version, n_steps);
        db->code = SQLITE_ERROR;
        return SQLITE_ERROR;
    }
    for (int i = (int) version; i < n_steps; i++) {
        g_autofree char *sql =
            g_strdup_printf ("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT", steps[i], i + 1);

        code = store_db_exec (db, sql);
        if (code != SQLITE_OK) {
            store_db_rollback (db);
            return code;
        }
    }
    return SQLITE_OK;
}

static int db_set_up (StoreDb *db)
{
    /* Page size and auto_vacuum count only before the first table, and auto_vacuum only before WAL. */
    g_autofree char *sql = g_strdup_printf (
        "PRAGMA page_size = %d; %s PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
        "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -512; PRAGMA journal_size_limit = 8388608;"
        "PRAGMA wal_autocheckpoint = %d; PRAGMA secure_delete = %s",
        PAGE_BYTES, db->kind == STORE_DB_READINGS ? "PRAGMA auto_vacuum = INCREMENTAL;" : "",
        db->kind == STORE_DB_STATE ? STATE_CHECKPOINT_PAGES : READINGS_CHECKPOINT_PAGES,
        db->kind == STORE_DB_STATE ? "ON" : "OFF");

    return store_db_exec (db, sql);
}

static StoreDb *db_new (const char *folder, StoreDbKind kind)
{
    StoreDb *db = g_new0 (StoreDb, 1);

    db->kind = kind;
    db->path = g_build_filename (folder, db_files[kind], NULL);
    db->statements = g_hash_table_new_full (NULL, NULL, NULL, db_free_statement);
    return db;
}

static int db_connect (StoreDb *db, int flags)
{
    int code = sqlite3_open_v2 (db->path, &db->handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

    if (db->handle == NULL) {
        db->code = code == SQLITE_OK ? SQLITE_NOMEM : code;
        return db->code;
    }
    if (code != SQLITE_OK)
        return store_db_failed (db);
    sqlite3_busy_timeout (db->handle, BUSY_TIMEOUT_MS);
    return SQLITE_OK;
}

StoreDb *store_db_open (const char *folder, StoreDbKind kind, int *code, int *system_errno, GError **error)
{
    StoreDb *db = db_new (folder, kind);
    GError *local = NULL;
    int result = db_connect (db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);

    if (result == SQLITE_OK)
        result = db_set_up (db);
    if (result == SQLITE_OK)
        result = db_make_schema (db, &local);
    if (result == SQLITE_OK)
        result = store_db_check (db);
    if (code != NULL)
        *code = db->code;
    if (system_errno != NULL)
        *system_errno = db->system_errno;
    if (result == SQLITE_OK) {
        db->code = SQLITE_OK;
        return db;
    }
    if (local == NULL)
        store_db_set_error (db, "cannot be opened", &local);
    g_propagate_error (error, local);
    store_db_close (db);
    return NULL;
}

StoreDb *store_db_open_reader (const char *folder, StoreDbKind kind, GError **error)
{
    StoreDb *db = db_new (folder, kind);
    int result = db_connect (db, SQLITE_OPEN_READONLY);

    if (result == SQLITE_OK)
        result = store_db_exec (db, "PRAGMA cache_size = -256; PRAGMA temp_store = MEMORY; PRAGMA query_only = ON");
    if (result == SQLITE_OK)
        return db;
    store_db_set_error (db, "cannot be opened for reading", error);
    store_db_close (db);
    return NULL;
}

int store_db_checkpoint (StoreDb *db)
{
    int code = sqlite3_wal_checkpoint_v2 (db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

    return code == SQLITE_OK ? SQLITE_OK : store_db_failed (db);
}

void store_bind_text (sqlite3_stmt *statement, int column, const char *text)
{
    if (text == NULL)
        sqlite3_bind_null (statement, column);
    else
        sqlite3_bind_text (statement, column, text, -1, SQLITE_STATIC);
}

const char *store_column_text (sqlite3_stmt *statement, int column)
{
    const char *text = (const char *) sqlite3_column_text (statement, column);

    return text != NULL ? text : "";
}
