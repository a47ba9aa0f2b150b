/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* database.h: one SQLite connection of the store: pragmas, schema, prepared statements, errors in words. */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

typedef enum { STORE_DB_STATE, STORE_DB_READINGS, STORE_DB_NONE } StoreDbKind;

typedef struct {
    StoreDbKind kind;
    char *path;
    sqlite3 *handle;
    GHashTable *statements; /* SQL text's address -> prepared statement */
    gboolean in_transaction;
    int code;         /* extended result code of the last failure */
    int system_errno; /* and errno below it, 0: none */
} StoreDb;

#define STORE_STATE_FILE    "state.db"
#define STORE_READINGS_FILE "readings.db"

/* Opens the writing connection, makes the file and its schema when there is none, and looks whether it can be read. On
 * failure the codes are in *code and *system_errno (may be NULL). */
StoreDb *store_db_open (const char *folder, StoreDbKind kind, int *code, int *system_errno, GError **error);
/* Opens a connection that only reads; the file must be there. */
StoreDb *store_db_open_reader (const char *folder, StoreDbKind kind, GError **error);
void store_db_close (StoreDb *db); /* NULL is fine */

/* The statement for `sql`, which must be a string constant (its address is the key); reset and unbound. NULL: db->code
 * says why. */
sqlite3_stmt *store_db_prepare (StoreDb *db, const char *sql);
/* Steps a statement that gives no rows, and resets it. SQLITE_OK or the extended code, kept in db too. */
int store_db_run (StoreDb *db, sqlite3_stmt *statement);
/* The first column of the first row in *out, and resets; without a row *out stays as it is. */
int store_db_get_int64 (StoreDb *db, sqlite3_stmt *statement, gint64 *out);
int store_db_exec (StoreDb *db, const char *sql); /* the same for plain text without parameters */
int store_db_begin (StoreDb *db);
int store_db_commit (StoreDb *db);
void store_db_rollback (StoreDb *db);
/* Copies the whole log into the database, syncs it and empties the log; SQLITE_BUSY when a reader holds it up for too
 * long. */
int store_db_checkpoint (StoreDb *db);
/* Keeps the result code of the last call as this database's failure and returns it. */
int store_db_failed (StoreDb *db);
/* Reads the last rows and the schema: SQLITE_OK, or what SQLite says of the damage. state.db is checked as a whole. */
int store_db_check (StoreDb *db);
void store_db_set_error (StoreDb *db, const char *doing, GError **error);

gboolean store_db_is_full (int code, int system_errno); /* no space left */
gboolean store_db_is_damage (int code);                 /* not a database, or a malformed one */
gboolean store_db_is_rows_fault (int code);             /* the one row's fault: a constraint, too big */

/* Binding, with NULL for absent text. */
void store_bind_text (sqlite3_stmt *statement, int column, const char *text);
const char *store_column_text (sqlite3_stmt *statement, int column); /* "" when NULL */

G_END_DECLS
