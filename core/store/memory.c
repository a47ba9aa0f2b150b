/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memory.c: small state and secrets by owner, and the cursors: kept in memory, written through the queue. */
#include "store-private.h"

#include <string.h>

typedef struct {
    StoreJob job;
    char *owner, *key;
    GBytes *value; /* NULL: delete */
} MemoryJob;

static int memory_write (Store *store, StoreJob *job, const char *insert, const char *delete)
{
    MemoryJob *m = (MemoryJob *) job;
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s = store_db_prepare (db, m->value != NULL ? insert : delete);

    if (s == NULL)
        return db->code;
    store_bind_text (s, 1, m->owner);
    store_bind_text (s, 2, m->key);
    if (m->value != NULL) {
        gsize len;
        const void *data = g_bytes_get_data (m->value, &len);

        sqlite3_bind_blob64 (s, 3, data != NULL ? data : "", len, SQLITE_STATIC);
    }
    return store_db_run (db, s);
}

static int memory_state_run (Store *store, StoreJob *job)
{
    return memory_write (store, job, "INSERT OR REPLACE INTO state (owner, k, v) VALUES (?, ?, ?)",
                         "DELETE FROM state WHERE owner = ? AND k = ?");
}

static int memory_secret_run (Store *store, StoreJob *job)
{
    return memory_write (store, job, "INSERT OR REPLACE INTO secret (owner, k, v) VALUES (?, ?, ?)",
                         "DELETE FROM secret WHERE owner = ? AND k = ?");
}

static void memory_free (StoreJob *job)
{
    MemoryJob *m = (MemoryJob *) job;

    g_free (m->owner);
    g_free (m->key);
    g_clear_pointer (&m->value, g_bytes_unref);
}

static const StoreJobKind memory_state_kind = {
    .name = "state", .database = STORE_DB_STATE, .run = memory_state_run, .free_data = memory_free
};
static const StoreJobKind memory_secret_kind = {
    .name = "secret", .database = STORE_DB_STATE, .run = memory_secret_run, .free_data = memory_free
};

/* The owner's length in front keeps any owner and key apart. */
static char *memory_name (const char *owner, const char *key)
{
    return g_strdup_printf ("%zu:%s%s", strlen (owner), owner, key);
}

static void memory_put (Store *store, GHashTable *table, const StoreJobKind *kind, const char *owner, const char *key,
                        GBytes *value)
{
    MemoryJob *m = (MemoryJob *) store_job_new (kind, sizeof *m);

    m->owner = g_strdup (owner);
    m->key = g_strdup (key);
    m->value = value != NULL ? g_bytes_ref (value) : NULL;
    m->job.size += strlen (owner) + strlen (key) + (value != NULL ? g_bytes_get_size (value) : 0);
    g_mutex_lock (&store->memory_lock); /* so that memory and queue see the same order */
    if (value != NULL)
        g_hash_table_replace (table, memory_name (owner, key), g_bytes_ref (value));
    else {
        g_autofree char *name = memory_name (owner, key);

        g_hash_table_remove (table, name);
    }
    store_queue_job (store, &m->job);
    g_mutex_unlock (&store->memory_lock);
}

static GBytes *memory_get (Store *store, GHashTable *table, const char *owner, const char *key)
{
    g_autofree char *name = memory_name (owner, key);
    GBytes *value;

    g_mutex_lock (&store->memory_lock);
    value = g_hash_table_lookup (table, name);
    if (value != NULL)
        g_bytes_ref (value);
    g_mutex_unlock (&store->memory_lock);
    return value;
}

void store_state_put (Store *store, const char *owner, const char *key, GBytes *value)
{
    memory_put (store, store->state, &memory_state_kind, owner, key, value);
}

GBytes *store_state_get (Store *store, const char *owner, const char *key)
{
    return memory_get (store, store->state, owner, key);
}

void store_secret_put (Store *store, const char *owner, const char *key, GBytes *value)
{
    memory_put (store, store->secrets, &memory_secret_kind, owner, key, value);
}

GBytes *store_secret_get (Store *store, const char *owner, const char *key)
{
    return memory_get (store, store->secrets, owner, key);
}

/* ---- at start; the writer does not run yet */

static int memory_load (StoreDb *db, const char *sql, GHashTable *table)
{
    sqlite3_stmt *s = store_db_prepare (db, sql);
    int code;

    if (s == NULL)
        return db->code;
    while ((code = sqlite3_step (s)) == SQLITE_ROW) {
        const void *data = sqlite3_column_blob (s, 2);
        gsize len = (gsize) sqlite3_column_bytes (s, 2);

        g_hash_table_replace (table, memory_name (store_column_text (s, 0), store_column_text (s, 1)),
                              g_bytes_new (data, len));
    }
    code = code == SQLITE_DONE ? SQLITE_OK : store_db_failed (db);
    sqlite3_reset (s);
    return code;
}

gboolean store_load_memory (Store *store, GError **error)
{
    StoreDb *db = store->db[STORE_DB_STATE];
    int code = memory_load (db, "SELECT owner, k, v FROM state", store->state);

    if (code == SQLITE_OK)
        code = memory_load (db, "SELECT owner, k, v FROM secret", store->secrets);
    if (code != SQLITE_OK)
        store_db_set_error (db, "state cannot be loaded", error);
    return code == SQLITE_OK && store_load_cursors (store, error);
}
