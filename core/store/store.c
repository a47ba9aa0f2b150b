/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* store.c: the store as one object: opened, asked, closed. */
#include "store-private.h"

#include <unistd.h>

#define RESERVE_MAX_BYTES (8 * 1024 * 1024)

/* ---- syncs */

typedef struct {
    StoreJob job;
    StoreDone func;
    gpointer data;
    GError *result;
} SyncJob;

static gboolean sync_tell (gpointer data)
{
    SyncJob *told = data;

    told->func (told->data, told->result);
    g_clear_error (&told->result);
    g_free (told);
    return G_SOURCE_REMOVE;
}

static void sync_ended (Store *store, StoreJob *job, const GError *error)
{
    SyncJob *s = (SyncJob *) job, *told;

    if (s->func == NULL)
        return;
    told = g_new0 (SyncJob, 1);
    told->func = s->func;
    told->data = s->data;
    told->result = error != NULL ? g_error_copy (error) : NULL;
    g_idle_add_full (G_PRIORITY_DEFAULT, sync_tell, told, NULL);
}

static const StoreJobKind sync_kind = {
    .name = "sync", .database = STORE_DB_NONE, .answers_failure = TRUE, .ended = sync_ended
};

void store_sync (Store *store, StoreDone func, gpointer data)
{
    SyncJob *s = (SyncJob *) store_job_new (&sync_kind, sizeof *s);

    s->func = func;
    s->data = data;
    s->job.urgent = TRUE;
    store_queue_job (store, &s->job);
}

gboolean store_flush (Store *store, GError **error)
{
    return store_queue_and_wait (store, store_job_new (&sync_kind, sizeof (SyncJob)), error);
}

/* ---- asked */

const char *store_gateway_uid (Store *store)
{
    return store->gateway_uid;
}

gint64 store_committed_seq (Store *store)
{
    return __atomic_load_n (&store->committed, __ATOMIC_ACQUIRE);
}

void store_on_commit (Store *store, StoreCommitted func, gpointer data)
{
    StoreListener listener = { func, data };

    g_mutex_lock (&store->lock);
    g_array_append_val (store->listeners, listener);
    g_mutex_unlock (&store->lock);
}

void store_get_statistics (Store *store, StoreStatistics *out)
{
    static const char *const files[] = { STORE_STATE_FILE, STORE_STATE_FILE "-wal", STORE_READINGS_FILE,
                                         STORE_READINGS_FILE "-wal" };

    g_mutex_lock (&store->lock);
    *out = store->counted;
    out->queued = store->waiting;
    g_mutex_unlock (&store->lock);
    out->database_bytes = 0;
    for (guint i = 0; i < G_N_ELEMENTS (files); i++)
        out->database_bytes += store_file_bytes (store->folder, files[i]);
    out->free_bytes = store_folder_free_bytes (store->folder);
}

/* ---- opened and closed */

static void store_free (Store *store)
{
    store_readers_close (store);
    for (StoreDbKind kind = STORE_DB_STATE; kind <= STORE_DB_READINGS; kind++) {
        if (store->db[kind] != NULL)
            store_db_checkpoint (store->db[kind]);
        store_db_close (store->db[kind]);
    }
    if (store->lock_fd >= 0)
        close (store->lock_fd);
    g_hash_table_unref (store->state);
    g_hash_table_unref (store->secrets);
    g_hash_table_unref (store->cursors);
    g_array_unref (store->epochs);
    g_array_unref (store->listeners);
    g_mutex_clear (&store->lock);
    g_mutex_clear (&store->memory_lock);
    g_mutex_clear (&store->reader_lock);
    g_cond_clear (&store->wake);
    g_free (store->folder);
    g_free (store);
}

static Store *store_new (const StoreOptions *options, Journal *journal)
{
    Store *store = g_new0 (Store, 1);

    store->journal = journal;
    store->folder = g_strdup (options->folder);
    store->commit_us = options->commit_us > 0 ? options->commit_us : G_USEC_PER_SEC;
    store->reserve_bytes = options->reserve_bytes;
    store->keep_frames = options->keep_frames;
    store->lock_fd = -1;
    store->state = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
    store->secrets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
    store->cursors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    store->epochs = g_array_new (FALSE, TRUE, sizeof (StoreEpoch));
    store->listeners = g_array_new (FALSE, FALSE, sizeof (StoreListener));
    g_mutex_init (&store->lock);
    g_mutex_init (&store->memory_lock);
    g_mutex_init (&store->reader_lock);
    g_cond_init (&store->wake);
    g_queue_init (&store->readers);
    return store;
}

static void store_make_reserve (Store *store)
{
    if (store->reserve_bytes < 0)
        store->reserve_bytes = MIN (RESERVE_MAX_BYTES, MAX (store_folder_total_bytes (store->folder), 0) / 20);
    /* When there is no room for it, the disk counts as full until there is: the writer makes it then. */
    if (!store_reserve_make (store->folder, store->reserve_bytes))
        store_begin_full (store);
}

Store *store_open (const StoreOptions *options, Journal *journal, GError **error)
{
    Store *store = store_new (options, journal);
    gboolean good;

    store->lock_fd = store_folder_lock (store->folder, error);
    good = store->lock_fd >= 0;
    good = good && (store->db[STORE_DB_STATE] = store_open_state (store, error)) != NULL;
    good = good && (store->db[STORE_DB_READINGS] = store_open_readings (store, error)) != NULL;
    good = good && store_folder_sync (store->folder, error) && store_begin (store, error) &&
           store_load_memory (store, error);
    if (!good) {
        g_prefix_error (error, "store: ");
        store_free (store);
        return NULL;
    }
    store_make_reserve (store);
    store_writer_start (store);
    journal_set_sink (journal, store_event_sink, store);
    return store;
}

void store_close (Store *store)
{
    if (store == NULL)
        return;
    journal_set_sink (store->journal, NULL, NULL);
    store_writer_stop (store);
    store_free (store);
}
