/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* delivery.c: cursors and the batches of reports. */
#include "store-private.h"

#include <string.h>

/* ---- cursors: in memory what is committed */

typedef struct {
    StoreJob job;
    char *name;
    gint64 seq;
    StoreBatch *batches; /* the caller's, who waits */
    guint n;
} CursorJob;

static void cursor_free (StoreJob *job)
{
    g_free (((CursorJob *) job)->name);
}

static void cursor_remember (Store *store, const char *name, gint64 seq)
{
    gint64 *kept = g_new (gint64, 1);

    *kept = seq;
    g_mutex_lock (&store->memory_lock);
    g_hash_table_replace (store->cursors, g_strdup (name), kept);
    g_mutex_unlock (&store->memory_lock);
}

static void cursor_moved (Store *store, StoreJob *job, const GError *error)
{
    CursorJob *c = (CursorJob *) job;

    if (error == NULL)
        cursor_remember (store, c->name, c->seq);
}

static void cursor_dropped (Store *store, StoreJob *job, const GError *error)
{
    if (error != NULL)
        return;
    g_mutex_lock (&store->memory_lock);
    g_hash_table_remove (store->cursors, ((CursorJob *) job)->name);
    g_mutex_unlock (&store->memory_lock);
}

/* A cursor never passes what is kept. The readouts of its own group do not count yet: state is committed before them.
 */
static gboolean cursor_is_kept (Store *store, CursorJob *c)
{
    gint64 kept = store_committed_seq (store);

    if (c->seq >= 0 && c->seq <= kept)
        return TRUE;
    g_set_error (&c->job.error, MG_ERROR, MG_ERROR_RANGE,
                 "cursor %s: %" G_GINT64_FORMAT " is beyond what is kept, %" G_GINT64_FORMAT, c->name, c->seq, kept);
    return FALSE;
}

static int cursor_write (Store *store, CursorJob *c)
{
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s = store_db_prepare (db, "INSERT OR REPLACE INTO cursor (name, seq, moved_ms) VALUES (?, ?, ?)");

    if (s == NULL)
        return db->code;
    store_bind_text (s, 1, c->name);
    sqlite3_bind_int64 (s, 2, c->seq);
    sqlite3_bind_int64 (s, 3, store_now_ms ());
    return store_db_run (db, s);
}

static int cursor_set_run (Store *store, StoreJob *job)
{
    CursorJob *c = (CursorJob *) job;

    return cursor_is_kept (store, c) ? cursor_write (store, c) : SQLITE_OK;
}

static int cursor_drop_run (Store *store, StoreJob *job)
{
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s = store_db_prepare (db, "DELETE FROM cursor WHERE name = ?");

    if (s == NULL)
        return db->code;
    store_bind_text (s, 1, ((CursorJob *) job)->name);
    return store_db_run (db, s);
}

static const StoreJobKind cursor_set_kind = {
    .name = "cursor", .database = STORE_DB_STATE, .run = cursor_set_run, .ended = cursor_moved, .free_data = cursor_free
};
static const StoreJobKind cursor_drop_kind = { .name = "cursor",
                                               .database = STORE_DB_STATE,
                                               .run = cursor_drop_run,
                                               .ended = cursor_dropped,
                                               .free_data = cursor_free };

static CursorJob *cursor_job (const StoreJobKind *kind, const char *name, gint64 seq)
{
    CursorJob *c = (CursorJob *) store_job_new (kind, sizeof *c);

    c->name = g_strdup (name);
    c->seq = seq;
    return c;
}

gboolean store_cursor_get (Store *store, const char *name, gint64 *seq, gboolean *known, GError **error)
{
    gint64 *kept;

    g_mutex_lock (&store->memory_lock);
    kept = g_hash_table_lookup (store->cursors, name);
    *seq = kept != NULL ? *kept : 0;
    if (known != NULL)
        *known = kept != NULL;
    g_mutex_unlock (&store->memory_lock);
    return TRUE;
}

gboolean store_cursor_set (Store *store, const char *name, gint64 seq, GError **error)
{
    return store_queue_and_wait (store, &cursor_job (&cursor_set_kind, name, seq)->job, error);
}

void store_cursor_drop (Store *store, const char *name)
{
    store_queue_job (store, &cursor_job (&cursor_drop_kind, name, 0)->job);
}

gint64 store_lowest_cursor (Store *store)
{
    gint64 lowest = store_committed_seq (store), *seq;
    GHashTableIter iter;

    g_mutex_lock (&store->memory_lock);
    g_hash_table_iter_init (&iter, store->cursors);
    while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &seq))
        lowest = MIN (lowest, *seq);
    g_mutex_unlock (&store->memory_lock);
    return lowest;
}

gboolean store_load_cursors (Store *store, GError **error)
{
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s = store_db_prepare (db, "SELECT name, seq FROM cursor");
    int code = SQLITE_ERROR;

    while (s != NULL && (code = sqlite3_step (s)) == SQLITE_ROW)
        cursor_remember (store, store_column_text (s, 0), sqlite3_column_int64 (s, 1));
    if (code != SQLITE_DONE) {
        store_db_failed (db);
        store_db_set_error (db, "cursors cannot be loaded", error);
    }
    if (s != NULL)
        sqlite3_reset (s);
    return code == SQLITE_DONE;
}

/* ---- batches */

/* The id of a batch that is frozen already: an attempt whose commit was not confirmed may have been carried out. 0:
 * none. */
static int batch_find (StoreDb *db, const StoreBatch *b, gint64 *id)
{
    sqlite3_stmt *s = store_db_prepare (db, "SELECT id FROM batch WHERE identity = ?");

    *id = 0;
    if (s != NULL)
        store_bind_text (s, 1, b->identity);
    return store_db_get_int64 (db, s, id);
}

static int batch_insert (StoreDb *db, const char *cursor, StoreBatch *b)
{
    sqlite3_stmt *s = store_db_prepare (
        db, "INSERT INTO batch (cursor, first_seq, last_seq, identity, name, spool, sha256, content_type, state, "
            "attempts, code,"
            " params, due_ms, created_ms, done_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    int code;

    if (s == NULL)
        return db->code;
    store_bind_text (s, 1, cursor);
    sqlite3_bind_int64 (s, 2, b->first_seq);
    sqlite3_bind_int64 (s, 3, b->last_seq);
    store_bind_text (s, 4, b->identity);
    store_bind_text (s, 5, b->name);
    store_bind_text (s, 6, b->spool);
    store_bind_text (s, 7, b->sha256);
    store_bind_text (s, 8, b->content_type);
    sqlite3_bind_int64 (s, 9, b->state != 0 ? b->state : STORE_BATCH_FROZEN);
    sqlite3_bind_int64 (s, 10, b->attempts);
    store_bind_text (s, 11, b->code);
    store_bind_text (s, 12, b->params);
    sqlite3_bind_int64 (s, 13, b->due_ms);
    sqlite3_bind_int64 (s, 14, b->created_ms);
    sqlite3_bind_int64 (s, 15, b->done_ms);
    code = store_db_run (db, s);
    if (code == SQLITE_OK)
        b->id = sqlite3_last_insert_rowid (db->handle);
    return code;
}

static int freeze_run (Store *store, StoreJob *job)
{
    CursorJob *c = (CursorJob *) job;
    StoreDb *db = store->db[STORE_DB_STATE];
    int code = SQLITE_OK;

    if (!cursor_is_kept (store, c))
        return SQLITE_OK;
    for (guint i = 0; code == SQLITE_OK && i < c->n; i++) {
        gint64 id = 0;

        if (job->seq != 0) /* an attempt before this one came as far as its commit */
            code = batch_find (db, &c->batches[i], &id);
        if (code == SQLITE_OK && id == 0)
            code = batch_insert (db, c->name, &c->batches[i]);
        else
            c->batches[i].id = id;
    }
    if (code == SQLITE_OK)
        code = cursor_write (store, c);
    if (code == SQLITE_OK)
        job->seq = 1;
    return code;
}

static const StoreJobKind freeze_kind = {
    .name = "batch", .database = STORE_DB_STATE, .run = freeze_run, .ended = cursor_moved, .free_data = cursor_free
};

gboolean store_batch_freeze (Store *store, const char *cursor, gint64 upto_seq, StoreBatch *batches, guint n,
                             GError **error)
{
    CursorJob *c = cursor_job (&freeze_kind, cursor, upto_seq);

    c->batches = batches;
    c->n = n;
    return store_queue_and_wait (store, &c->job, error);
}

typedef struct {
    StoreJob job;
    const StoreBatch *batch; /* the caller's, who waits */
} BatchJob;

static int batch_update_run (Store *store, StoreJob *job)
{
    const StoreBatch *b = ((BatchJob *) job)->batch;
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s = store_db_prepare (
        db, "UPDATE batch SET state = ?, attempts = ?, code = ?, params = ?, done_ms = ? WHERE id = ?");
    int code;

    if (s == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, b->state);
    sqlite3_bind_int64 (s, 2, b->attempts);
    store_bind_text (s, 3, b->code);
    store_bind_text (s, 4, b->params);
    sqlite3_bind_int64 (s, 5, b->done_ms);
    sqlite3_bind_int64 (s, 6, b->id);
    code = store_db_run (db, s);
    if (code == SQLITE_OK && sqlite3_changes (db->handle) == 0)
        g_set_error (&job->error, MG_ERROR, MG_ERROR_RANGE, "batch %" G_GINT64_FORMAT ": there is none with this id",
                     b->id);
    return code;
}

static const StoreJobKind batch_update_kind = { .name = "batch", .database = STORE_DB_STATE, .run = batch_update_run };

gboolean store_batch_update (Store *store, const StoreBatch *batch, GError **error)
{
    BatchJob *j = (BatchJob *) store_job_new (&batch_update_kind, sizeof *j);

    j->batch = batch;
    return store_queue_and_wait (store, &j->job, error);
}

/* ---- reading them: in pages, so that memory does not grow with the backlog and no transaction stays open */

#define BATCH_PAGE 64

static const char *batch_keep (GStringChunk *texts, sqlite3_stmt *s, int column)
{
    const char *text = (const char *) sqlite3_column_text (s, column);

    return text != NULL ? g_string_chunk_insert (texts, text) : NULL;
}

static void batch_from_row (sqlite3_stmt *s, GStringChunk *texts, StoreBatch *b)
{
    *b = (StoreBatch){
        .id = sqlite3_column_int64 (s, 0),
        .cursor = batch_keep (texts, s, 1),
        .first_seq = sqlite3_column_int64 (s, 2),
        .last_seq = sqlite3_column_int64 (s, 3),
        .identity = batch_keep (texts, s, 4),
        .name = batch_keep (texts, s, 5),
        .spool = batch_keep (texts, s, 6),
        .sha256 = batch_keep (texts, s, 7),
        .content_type = batch_keep (texts, s, 8),
        .state = (StoreBatchState) sqlite3_column_int (s, 9),
        .attempts = (guint) sqlite3_column_int (s, 10),
        .code = batch_keep (texts, s, 11),
        .params = batch_keep (texts, s, 12),
        .due_ms = sqlite3_column_int64 (s, 13),
        .created_ms = sqlite3_column_int64 (s, 14),
        .done_ms = sqlite3_column_int64 (s, 15),
    };
}

static gboolean batch_load_page (Store *store, const char *cursor, guint states, gint64 after, GArray *page,
                                 GStringChunk *texts, GError **error)
{
    StoreReader *reader = store_reader_take (store, error);
    sqlite3_stmt *s;
    int code = SQLITE_ERROR;

    if (reader == NULL)
        return FALSE;
    s = store_db_prepare (
        reader->state,
        "SELECT id, cursor, first_seq, last_seq, identity, name, spool, sha256, content_type, state, attempts,"
        " code, params, due_ms, created_ms, done_ms FROM batch"
        " WHERE cursor = ? AND id > ? AND state IN (?, ?, ?, ?) ORDER BY id LIMIT ?");
    if (s != NULL) {
        store_bind_text (s, 1, cursor);
        sqlite3_bind_int64 (s, 2, after);
        for (int state = STORE_BATCH_FROZEN; state <= STORE_BATCH_TOMBSTONE; state++)
            sqlite3_bind_int64 (s, 2 + state, states & (1u << state) ? state : 0);
        sqlite3_bind_int64 (s, 7, BATCH_PAGE);
        while ((code = sqlite3_step (s)) == SQLITE_ROW) {
            g_array_set_size (page, page->len + 1);
            batch_from_row (s, texts, &g_array_index (page, StoreBatch, page->len - 1));
        }
        sqlite3_reset (s);
    }
    if (code != SQLITE_DONE) {
        store_db_failed (reader->state);
        store_db_set_error (reader->state, "batches cannot be read", error);
    }
    store_reader_give (store, reader);
    return code == SQLITE_DONE;
}

gboolean store_batches (Store *store, const char *cursor, guint states, StoreBatchFunc func, gpointer data,
                        GError **error)
{
    gint64 after = 0;
    guint n;

    do {
        g_autoptr (GArray) page = g_array_new (FALSE, TRUE, sizeof (StoreBatch));
        GStringChunk *texts = g_string_chunk_new (4096);
        gboolean more = batch_load_page (store, cursor, states, after, page, texts, error);

        n = page->len;
        for (guint i = 0; more && i < n; i++) {
            const StoreBatch *b = &g_array_index (page, StoreBatch, i);

            after = b->id;
            if (!func (b, data)) {
                g_string_chunk_free (texts);
                return TRUE;
            }
        }
        g_string_chunk_free (texts);
        if (!more)
            return FALSE;
    } while (n == BATCH_PAGE);
    return TRUE;
}
