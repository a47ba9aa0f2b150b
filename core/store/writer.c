/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* writer.c: the queue and the one thread that writes: groups jobs, commits them, keeps them until they are durable. */
#include "store-private.h"

#include <string.h>

#define RETRY_US         (G_USEC_PER_SEC)
#define CLOSING_ATTEMPTS 3 /* of one group, when the store closes */

typedef struct {
    StoreQueue jobs;
    gboolean done[2]; /* by StoreDbKind: committed already */
    guint attempts;
} StoreGroup;

gint64 store_now_ms (void)
{
    return g_get_real_time () / 1000;
}

gint64 store_next_number (Store *store)
{
    store->numbered = journal_number (store->journal);
    return store->numbered;
}

/* ---- the queue */

StoreJob *store_job_new (const StoreJobKind *kind, gsize size)
{
    StoreJob *job = g_malloc0 (size);

    job->kind = kind;
    job->size = size;
    return job;
}

static void job_free (StoreJob *job)
{
    if (job->kind->free_data != NULL)
        job->kind->free_data (job);
    g_clear_error (&job->error);
    g_free (job);
}

static void queue_push (StoreQueue *queue, StoreJob *job)
{
    if (queue->last == NULL)
        queue->last = &queue->first;
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
    queue->jobs++;
    queue->readouts += job->kind->is_readout;
}

static StoreJob *queue_pop (StoreQueue *queue)
{
    StoreJob *job = queue->first;

    if (job == NULL)
        return NULL;
    queue->first = job->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    queue->jobs--;
    queue->readouts -= job->kind->is_readout;
    return job;
}

gboolean store_queue_job (Store *store, StoreJob *job)
{
    gboolean room;

    job->queued_us = g_get_monotonic_time ();
    g_mutex_lock (&store->lock);
    room =
        !store->closing && (job->kind->queue_bytes == 0 || store->queued_bytes + job->size <= job->kind->queue_bytes);
    if (room) {
        queue_push (&store->queue, job);
        store->queued_bytes += job->size;
        store->urgent += job->urgent;
        store->waiting += job->kind->is_row;
        if (job->urgent || store->queue.jobs == 1 || store->queue.readouts == STORE_GROUP_READOUTS)
            g_cond_signal (&store->wake);
    }
    g_mutex_unlock (&store->lock);
    if (!room)
        job_free (job);
    return room;
}

gboolean store_queue_and_wait (Store *store, StoreJob *job, GError **error)
{
    StoreWait wait = { 0 };

    g_mutex_init (&wait.lock);
    g_cond_init (&wait.cond);
    job->wait = &wait;
    job->urgent = TRUE;
    if (!store_queue_job (store, job)) {
        g_set_error (&wait.error, MG_ERROR, MG_ERROR_IO, "the store is closing");
    } else {
        g_mutex_lock (&wait.lock);
        while (!wait.done)
            g_cond_wait (&wait.cond, &wait.lock);
        g_mutex_unlock (&wait.lock);
    }
    g_mutex_clear (&wait.lock);
    g_cond_clear (&wait.cond);
    if (wait.error == NULL)
        return TRUE;
    g_propagate_error (error, wait.error);
    return FALSE;
}

/* ---- the writer */

/* Tells whoever waits for the job how it ended. */
static void job_answer (Store *store, StoreJob *job, const GError *error)
{
    StoreWait *wait = g_steal_pointer (&job->wait);

    if (job->kind->ended != NULL)
        job->kind->ended (store, job, error);
    if (wait == NULL)
        return;
    g_mutex_lock (&wait->lock);
    wait->error = error != NULL ? g_error_copy (error) : NULL;
    wait->done = TRUE;
    g_cond_signal (&wait->cond);
    g_mutex_unlock (&wait->lock);
}

/* With the lock held: until a group is due. FALSE: closing, and nothing is left. */
static gboolean writer_wait (Store *store)
{
    for (;;) {
        gint64 now = g_get_monotonic_time (), until = G_MAXINT64;

        if (store->closing || store->urgent > 0 || store->queue.readouts >= STORE_GROUP_READOUTS)
            return store->queue.first != NULL;
        if (store->queue.first != NULL)
            until = store->queue.first->queued_us + store->commit_us;
        if (until <= now)
            return TRUE;
        if (store->full)
            until = MIN (until, now + RETRY_US);
        if (until == G_MAXINT64) {
            g_cond_wait (&store->wake, &store->lock);
        } else if (!g_cond_wait_until (&store->wake, &store->lock, until) && store->full) {
            g_mutex_unlock (&store->lock);
            store_end_full (store);
            g_mutex_lock (&store->lock);
        }
    }
}

static gboolean writer_take (Store *store, StoreGroup *group)
{
    gboolean taken;

    g_mutex_lock (&store->lock);
    taken = writer_wait (store);
    while (taken && group->jobs.readouts < STORE_GROUP_READOUTS) {
        StoreJob *job = queue_pop (&store->queue);

        if (job == NULL)
            break;
        store->urgent -= job->urgent;
        queue_push (&group->jobs, job);
    }
    g_mutex_unlock (&store->lock);
    return taken;
}

/* A job whose own row is at fault is refused alone: what it wrote is taken back, the rest of the group goes on. */
static int writer_run_job (Store *store, StoreJob *job)
{
    StoreDb *db = store->db[job->kind->database];
    gboolean apart = db->kind == STORE_DB_STATE;
    int code = apart ? store_db_run (db, store_db_prepare (db, "SAVEPOINT job")) : SQLITE_OK;

    if (code == SQLITE_OK)
        code = job->kind->run (store, job);
    if (store_db_is_rows_fault (code)) {
        store_db_set_error (db, job->kind->name, &job->error);
        if (job->wait == NULL)
            g_critical ("store: a row was refused: %s", job->error->message);
        code = SQLITE_OK;
    }
    if (apart && code == SQLITE_OK && job->error != NULL)
        code = store_db_run (db, store_db_prepare (db, "ROLLBACK TO job"));
    if (apart && code == SQLITE_OK)
        code = store_db_run (db, store_db_prepare (db, "RELEASE job"));
    return code;
}

static int writer_run_all (Store *store, StoreGroup *group, StoreDbKind *where)
{
    for (StoreJob *job = group->jobs.first; job != NULL; job = job->next) {
        StoreDb *db;
        int code = SQLITE_OK;

        *where = job->kind->database;
        if (*where == STORE_DB_NONE || group->done[*where] || job->error != NULL)
            continue;
        db = store->db[*where];
        if (!db->in_transaction)
            code = store_db_begin (db);
        if (code == SQLITE_OK)
            code = writer_run_job (store, job);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

/* One attempt: all jobs, then state, then readings. */
static gboolean writer_try (Store *store, StoreGroup *group, StoreDbKind *where, GError **error)
{
    int code;

    for (*where = STORE_DB_STATE; *where <= STORE_DB_READINGS; (*where)++)
        if (store->db[*where] == NULL && !store_reopen (store, *where, error))
            return FALSE;
    code = writer_run_all (store, group, where);
    for (StoreDbKind kind = STORE_DB_STATE; code == SQLITE_OK && kind <= STORE_DB_READINGS; kind++) {
        *where = kind;
        if (!store->db[kind]->in_transaction)
            continue;
        code = store_db_commit (store->db[kind]);
        group->done[kind] = code == SQLITE_OK;
    }
    if (code == SQLITE_OK)
        return TRUE;
    store_db_set_error (store->db[*where], "cannot be written", error);
    for (StoreDbKind kind = STORE_DB_STATE; kind <= STORE_DB_READINGS; kind++)
        store_db_rollback (store->db[kind]);
    return FALSE;
}

/* Those who only wait for the disk hear that it fails; what they waited for stays queued. */
static void writer_tell_failure (Store *store, StoreGroup *group, const GError *error)
{
    StoreQueue told = { 0 }, rest = { 0 };
    StoreJob *job;

    for (job = group->jobs.first; job != NULL; job = job->next)
        if (job->kind->answers_failure && job->error == NULL) {
            job->error = g_error_copy (error);
            job_answer (store, job, error);
        }
    g_mutex_lock (&store->lock);
    while ((job = queue_pop (&store->queue)) != NULL)
        queue_push (job->kind->answers_failure ? &told : &rest, job);
    store->queue = rest;
    if (rest.first == NULL)
        store->queue.last = NULL;
    g_mutex_unlock (&store->lock);
    while ((job = queue_pop (&told)) != NULL) {
        job_answer (store, job, error);
        g_mutex_lock (&store->lock);
        store->urgent -= job->urgent;
        store->queued_bytes -= job->size;
        g_mutex_unlock (&store->lock);
        job_free (job);
    }
}

/* Waits before the next attempt; FALSE: the store is closing and has tried often enough. */
static gboolean writer_pause (Store *store, StoreGroup *group)
{
    gint64 until = g_get_monotonic_time () + RETRY_US;
    gboolean closing;

    g_mutex_lock (&store->lock);
    while (!store->closing && g_cond_wait_until (&store->wake, &store->lock, until))
        ;
    closing = store->closing;
    g_mutex_unlock (&store->lock);
    return !closing || group->attempts < CLOSING_ATTEMPTS;
}

static void writer_end (Store *store, StoreGroup *group, const GError *error)
{
    guint readouts = 0, readings = 0, events = 0, rows = 0;
    gsize bytes = 0;
    g_autoptr (GArray) listeners = NULL;

    for (StoreJob *job = group->jobs.first; job != NULL; job = job->next) {
        readouts += job->kind->is_readout && job->error == NULL;
        readings += job->readings;
        events += job->kind->is_row && job->kind->database == STORE_DB_STATE;
        rows += job->kind->is_row;
        bytes += job->size;
    }
    g_mutex_lock (&store->lock);
    store->queued_bytes -= bytes;
    store->waiting -= rows;
    if (error == NULL) {
        store->counted.readouts += readouts;
        store->counted.readings += readings;
        store->counted.events += events;
        store->counted.commits++;
        __atomic_store_n (&store->committed, MAX (store->committed, store->numbered), __ATOMIC_RELEASE);
    }
    listeners = g_array_copy (store->listeners);
    g_mutex_unlock (&store->lock);
    for (guint i = 0; error == NULL && i < listeners->len; i++) {
        StoreListener *l = &g_array_index (listeners, StoreListener, i);

        l->func (l->data, store_committed_seq (store), readouts, readings);
    }
    for (StoreJob *job = queue_pop (&group->jobs); job != NULL; job = queue_pop (&group->jobs)) {
        if (!job->kind->answers_failure || job->error == NULL)
            job_answer (store, job, job->error != NULL ? job->error : error);
        job_free (job);
    }
}

/* The store closes, and nothing can be written: ends all that is left, so that nobody waits for ever. */
static void writer_give_up (Store *store, StoreGroup *group, const GError *error)
{
    StoreJob *job;
    guint lost;

    g_mutex_lock (&store->lock);
    while ((job = queue_pop (&store->queue)) != NULL)
        queue_push (&group->jobs, job);
    lost = store->waiting;
    g_mutex_unlock (&store->lock);
    g_warning ("store: closing with %u readouts and events that could not be written: %s", lost, error->message);
    writer_end (store, group, error);
}

/* Commits a group, whatever it takes. */
static void writer_commit (Store *store, StoreGroup *group)
{
    g_autoptr (GError) error = NULL;
    StoreDbKind where = STORE_DB_STATE;

    while (!writer_try (store, group, &where, &error)) {
        group->attempts++;
        g_mutex_lock (&store->lock);
        store->counted.retries++;
        g_mutex_unlock (&store->lock);
        if (!store_recover (store, where, group->attempts, error)) {
            writer_tell_failure (store, group, error);
            if (!writer_pause (store, group)) {
                writer_give_up (store, group, error);
                return;
            }
        }
        g_clear_error (&error);
    }
    writer_end (store, group, NULL);
    store_end_failure (store);
}

static gpointer writer_main (gpointer data)
{
    Store *store = data;
    StoreGroup group = { 0 };

    while (writer_take (store, &group)) {
        writer_commit (store, &group);
        memset (&group, 0, sizeof group);
    }
    return NULL;
}

void store_writer_start (Store *store)
{
    store->writer = g_thread_new ("store-writer", writer_main, store);
}

void store_writer_stop (Store *store)
{
    if (store->writer == NULL)
        return;
    g_mutex_lock (&store->lock);
    store->closing = TRUE;
    g_cond_signal (&store->wake);
    g_mutex_unlock (&store->lock);
    g_thread_join (g_steal_pointer (&store->writer));
}
