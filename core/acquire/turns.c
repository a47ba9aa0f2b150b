/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* turns.c: one line's turns in order, on a thread of its own or in the pool. */
#include "turns.h"

#define POOL_THREADS    8
#define POOL_FAILING    (POOL_THREADS / 2) /* lines that failed last time get at most half of the pool */
#define STUCK_GRACE_US  (5 * G_USEC_PER_SEC)
#define REOPEN_FIRST_US (1 * G_USEC_PER_SEC)
#define REOPEN_MAX_US   (60 * G_USEC_PER_SEC)
#define LOAD_WINDOW_US  (60 * G_USEC_PER_SEC)
#define SHUTDOWN_US     (10 * G_USEC_PER_SEC)

struct _Pool {
    GMutex mutex;
    GCond work;            /* a turn is ready, or somebody stops */
    GCond gone;            /* a thread ended */
    GQueue ready, failing; /* Turns that wait for a thread of the pool */
    guint n_pool, n_threads, n_failing_running, n_queued;
    gboolean stopping;
    TurnFinished finished;
    gpointer data;
};

struct _Turns {
    gatomicrefcount refs;
    Pool *pool;
    char *name;
    MgLine *line;
    GCancellable *cancellable;
    gboolean dedicated;
    /* under the pool's mutex */
    GQueue queue; /* Turn */
    gboolean running, failing, stopping, listed;
    GPtrArray *listeners; /* Channel */
    gint64 deadline_us;   /* of the running turn; 0: none */
    char *channel;        /* of the running turn */
    /* the running thread's */
    guint opening;
    gint64 reopen_us, reopen_wait_us;
    gint64 listen_us, listen_wait_us; /* not again before; how long that was */
    /* the main loop's */
    char *last_error;
    gint64 last_error_ms;
    gint64 minute_us, minute_busy_us; /* when the minute began, and the line's busy time then; 0: not yet */
    gint load_percent;                /* of the minute before; -1: there was none */
};

Pool *pool_new (TurnFinished finished, gpointer data)
{
    Pool *pool = g_new0 (Pool, 1);

    g_mutex_init (&pool->mutex);
    g_cond_init (&pool->work);
    g_cond_init (&pool->gone);
    pool->finished = finished;
    pool->data = data;
    return pool;
}

gboolean pool_free (Pool *pool, gint64 wait_us)
{
    gint64 until = g_get_monotonic_time () + (wait_us > 0 ? wait_us : SHUTDOWN_US);

    g_mutex_lock (&pool->mutex);
    pool->stopping = TRUE;
    g_cond_broadcast (&pool->work);
    while (pool->n_threads > 0 && g_cond_wait_until (&pool->gone, &pool->mutex, until))
        ;
    gboolean left = pool->n_threads > 0;
    g_mutex_unlock (&pool->mutex);
    if (left) {
        g_message ("a driver does not return; its thread is left behind");
        return FALSE; /* what the thread still uses stays */
    }
    g_mutex_clear (&pool->mutex);
    g_cond_clear (&pool->work);
    g_cond_clear (&pool->gone);
    g_free (pool);
    return TRUE;
}

guint pool_n_threads (Pool *pool)
{
    g_mutex_lock (&pool->mutex);
    guint n = pool->n_threads;
    g_mutex_unlock (&pool->mutex);
    return n;
}

guint pool_n_queued (Pool *pool)
{
    g_mutex_lock (&pool->mutex);
    guint n = pool->n_queued;
    g_mutex_unlock (&pool->mutex);
    return n;
}

/* ----------------------------------------------------------------------------------------------------------------
 * turns */

Turns *turns_ref (Turns *turns)
{
    g_atomic_ref_count_inc (&turns->refs);
    return turns;
}

void turns_unref (Turns *turns)
{
    if (!g_atomic_ref_count_dec (&turns->refs))
        return;
    if (turns->line != NULL)
        mgh_line_unref (turns->line);
    g_ptr_array_unref (turns->listeners);
    g_object_unref (turns->cancellable);
    g_free (turns->last_error);
    g_free (turns->channel);
    g_free (turns->name);
    g_free (turns);
}

MgLine *turns_get_line (Turns *turns)
{
    return turns->line;
}

void turns_note_error (Turns *turns, const GError *error, gint64 at_ms)
{
    g_free (turns->last_error);
    turns->last_error = g_strdup (error->message);
    turns->last_error_ms = at_ms;
}

const char *turns_last_error (Turns *turns, gint64 *at_ms)
{
    *at_ms = turns->last_error_ms;
    return turns->last_error;
}

static guint turns_load_now (Turns *turns, gint64 *busy_us)
{
    MghLineStatistics statistics = { 0 };
    gint64 passed_us = MAX (g_get_monotonic_time () - turns->minute_us, 1);

    if (turns->line != NULL)
        mgh_line_get_statistics (turns->line, &statistics);
    *busy_us = statistics.busy_us;
    return (guint) CLAMP ((statistics.busy_us - turns->minute_busy_us) * 100 / passed_us, 0, 100);
}

void turns_measure (Turns *turns)
{
    gint64 busy_us;

    if (g_get_monotonic_time () - turns->minute_us < LOAD_WINDOW_US)
        return;
    turns->load_percent = (gint) turns_load_now (turns, &busy_us);
    turns->minute_us = g_get_monotonic_time ();
    turns->minute_busy_us = busy_us;
}

guint turns_load_percent (Turns *turns)
{
    gint64 busy_us;

    return turns->load_percent >= 0 ? (guint) turns->load_percent : turns_load_now (turns, &busy_us);
}

guint turns_n_queued (Turns *turns)
{
    g_mutex_lock (&turns->pool->mutex);
    guint n = g_queue_get_length (&turns->queue);
    g_mutex_unlock (&turns->pool->mutex);
    return n;
}

gint64 turns_stuck_us (Turns *turns, char **channel)
{
    gint64 since = 0,
           now = turns->line != NULL ? mgh_clock_mono_us (mgh_line_get_clock (turns->line)) : g_get_monotonic_time ();

    g_mutex_lock (&turns->pool->mutex);
    if (turns->deadline_us != 0 && now > turns->deadline_us + STUCK_GRACE_US) {
        since = turns->deadline_us;
        *channel = g_strdup (turns->channel);
    }
    g_mutex_unlock (&turns->pool->mutex);
    return since;
}

/* Runs without the mutex. A line that would not open is left alone for a while, longer each time; turns fail at once
 * meanwhile. */
static void turns_run_one (Turns *turns, Turn *turn)
{
    MghClock *clock = turns->line != NULL ? mgh_line_get_clock (turns->line) : mgh_clock_real ();
    gint64 now = mgh_clock_mono_us (clock);
    gboolean closed = turns->line != NULL && !mgh_line_is_open (turns->line);

    if (turn->kind != TURN_DROP && closed && now < turns->reopen_us)
        g_set_error (&turn->error, MG_ERROR, MG_ERROR_IO, "line %s: closed; opened again in %u s", turns->name,
                     (guint) ((turns->reopen_us - now) / G_USEC_PER_SEC + 1));
    else if (turn->kind != TURN_DROP && closed &&
             !turn_open_line (turns->line, &turns->opening, turns->cancellable, &turn->error)) {
        turns->reopen_wait_us = CLAMP (turns->reopen_wait_us * 2, REOPEN_FIRST_US, REOPEN_MAX_US);
        turns->reopen_us = mgh_clock_mono_us (clock) + turns->reopen_wait_us;
    } else {
        if (closed)
            turns->reopen_wait_us = 0;
        turn_run (turn, turns->line, turns->opening, turns->cancellable);
    }
}

/* With the mutex held; gives it up while the turn runs. */
static void turns_step (Turns *turns, Turn *turn)
{
    Pool *pool = turns->pool;
    gboolean read = turn->kind == TURN_READ;
    MghClock *clock = turns->line != NULL ? mgh_line_get_clock (turns->line) : mgh_clock_real ();

    pool->n_queued--;
    g_free (turns->channel);
    turns->channel = g_strdup (turn->channel->name);
    turns->deadline_us = mgh_clock_mono_us (clock) + turn->channel->read_timeout_us * turn->channel->attempts;
    g_mutex_unlock (&pool->mutex);
    turns_run_one (turns, turn);
    gboolean failed = turn->error != NULL;
    pool->finished (pool->data, turn);
    g_mutex_lock (&pool->mutex);
    turns->deadline_us = 0;
    if (read)
        turns->failing = failed;
}

/* With the mutex held. */
static GList *turns_first_read (Turns *turns)
{
    GList *link = turns->stopping ? NULL : turns->queue.head;

    while (link != NULL && ((Turn *) link->data)->kind == TURN_SCAN)
        link = link->next;
    return link;
}

gboolean turns_have_reads (Turns *turns)
{
    g_mutex_lock (&turns->pool->mutex);
    gboolean have = turns_first_read (turns) != NULL;
    g_mutex_unlock (&turns->pool->mutex);
    return have;
}

void turns_extend (Turns *turns, Turn *scan)
{
    MghClock *clock = turns->line != NULL ? mgh_line_get_clock (turns->line) : mgh_clock_real ();

    g_mutex_lock (&turns->pool->mutex);
    if (g_strcmp0 (turns->channel, scan->channel->name) != 0) {
        g_free (turns->channel);
        turns->channel = g_strdup (scan->channel->name);
    }
    turns->deadline_us = mgh_clock_mono_us (clock) + scan->channel->read_timeout_us * scan->channel->attempts;
    g_mutex_unlock (&turns->pool->mutex);
}

void turns_serve_read (Turns *turns, Turn *scan)
{
    g_mutex_lock (&turns->pool->mutex);
    GList *link = turns_first_read (turns);
    if (link != NULL) {
        Turn *turn = link->data;
        g_queue_delete_link (&turns->queue, link);
        turns_step (turns, turn);
    }
    g_mutex_unlock (&turns->pool->mutex);
    turns_extend (turns, scan);
}

static void turns_cancel_queued (Turns *turns)
{
    Turn *turn;

    while ((turn = g_queue_pop_head (&turns->queue)) != NULL) {
        turns->pool->n_queued--;
        if (turn->kind != TURN_DROP)
            g_set_error (&turn->error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "line %s is being stopped", turns->name);
        g_mutex_unlock (&turns->pool->mutex);
        if (turn->kind == TURN_DROP)
            turn_run (turn, turns->line, turns->opening, turns->cancellable);
        turns->pool->finished (turns->pool->data, turn);
        g_mutex_lock (&turns->pool->mutex);
    }
}

/* Who fails to listen is left alone for a while, longer each time; turns go on meanwhile. */
static void turns_listen_failed (Turns *turns, Channel *channel, const GError *error)
{
    if (turns->listen_wait_us == 0)
        g_message ("channel %s: does not listen: %s", channel->name, error->message);
    turns->listen_wait_us = CLAMP (turns->listen_wait_us * 2, REOPEN_FIRST_US, REOPEN_MAX_US);
    turns->listen_us = g_get_monotonic_time () + turns->listen_wait_us;
}

static void turns_listen_once (Turns *turns)
{
    Channel *channel = channel_ref (turns->listeners->pdata[0]);
    Pool *pool = turns->pool;
    g_autoptr (GError) error = NULL;

    g_ptr_array_remove_index (turns->listeners, 0); /* round robin */
    g_ptr_array_add (turns->listeners, channel_ref (channel));
    g_mutex_unlock (&pool->mutex);
    if ((turns->line == NULL || mgh_line_is_open (turns->line) ||
         turn_open_line (turns->line, &turns->opening, turns->cancellable, &error)) &&
        turn_listen (channel, turns->line, turns->opening, turns->cancellable, pool->finished, pool->data, &error))
        turns->listen_wait_us = 0;
    else if (!g_cancellable_is_cancelled (turns->cancellable))
        turns_listen_failed (turns, channel, error);
    channel_unref (channel);
    g_mutex_lock (&pool->mutex);
}

static void turns_close_line (Turns *turns)
{
    if (turns->line != NULL && mgh_line_is_open (turns->line))
        mgh_line_close (turns->line);
}

static gpointer turns_thread (gpointer data)
{
    Turns *turns = data;
    Pool *pool = turns->pool;
    Turn *turn;

    g_mutex_lock (&pool->mutex);
    while (!turns->stopping) {
        if ((turn = g_queue_pop_head (&turns->queue)) != NULL)
            turns_step (turns, turn);
        else if (turns->listeners->len > 0 && g_get_monotonic_time () >= turns->listen_us)
            turns_listen_once (turns);
        else if (turns->listeners->len > 0)
            g_cond_wait_until (&pool->work, &pool->mutex, turns->listen_us);
        else
            g_cond_wait (&pool->work, &pool->mutex);
    }
    turns_cancel_queued (turns);
    g_mutex_unlock (&pool->mutex);
    turns_close_line (turns);
    turns_unref (turns);
    g_mutex_lock (&pool->mutex);
    pool->n_threads--;
    g_cond_broadcast (&pool->gone);
    g_mutex_unlock (&pool->mutex);
    return NULL;
}

/* -----------------------------------------------------------------------------------------------------------------
 * pool */

static Turns *pool_next (Pool *pool)
{
    Turns *turns = g_queue_pop_head (&pool->ready);

    if (turns == NULL && pool->n_failing_running < POOL_FAILING)
        turns = g_queue_pop_head (&pool->failing);
    if (turns != NULL)
        turns->listed = FALSE;
    return turns;
}

/* With the mutex held: a line whose turns wait and do not run gets in the row for a thread. */
static void pool_list (Pool *pool, Turns *turns)
{
    if (turns->listed || turns->running || (g_queue_is_empty (&turns->queue) && !turns->stopping))
        return;
    turns->listed = TRUE;
    g_queue_push_tail (turns->failing ? &pool->failing : &pool->ready, turns_ref (turns));
    g_cond_broadcast (&pool->work);
}

static gpointer pool_thread (gpointer data)
{
    Pool *pool = data;
    Turns *turns;

    g_mutex_lock (&pool->mutex);
    for (;;) {
        if ((turns = pool_next (pool)) == NULL) {
            if (pool->stopping)
                break;
            g_cond_wait (&pool->work, &pool->mutex);
            continue;
        }
        gboolean failing = turns->failing;
        turns->running = TRUE;
        pool->n_failing_running += failing;
        Turn *turn = turns->stopping ? NULL : g_queue_pop_head (&turns->queue);
        if (turn != NULL)
            turns_step (turns, turn);
        else if (turns->stopping)
            turns_cancel_queued (turns);
        turns->running = FALSE;
        pool->n_failing_running -= failing;
        if (turns->stopping) {
            g_mutex_unlock (&pool->mutex);
            turns_close_line (turns);
            g_mutex_lock (&pool->mutex);
        }
        if (!g_queue_is_empty (&turns->queue))
            pool_list (pool, turns);
        else if (failing)
            g_cond_broadcast (&pool->work); /* a place for another failing one */
        g_mutex_unlock (&pool->mutex);
        turns_unref (turns);
        g_mutex_lock (&pool->mutex);
    }
    pool->n_threads--;
    g_cond_broadcast (&pool->gone);
    g_mutex_unlock (&pool->mutex);
    return NULL;
}

/* --------------------------------------------------------------------------------------------------- the outside's
 * side */

Turns *turns_new (Pool *pool, const char *name, MgLine *line, gboolean dedicated)
{
    Turns *turns = g_new0 (Turns, 1);
    GThread *thread = NULL;

    g_atomic_ref_count_init (&turns->refs);
    turns->pool = pool;
    turns->name = g_strdup (name);
    turns->line = line;
    turns->dedicated = dedicated;
    turns->minute_us = g_get_monotonic_time ();
    turns->load_percent = -1;
    turns->cancellable = g_cancellable_new ();
    turns->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) channel_unref);
    g_mutex_lock (&pool->mutex);
    if (dedicated) {
        pool->n_threads++;
        thread = g_thread_new ("line", turns_thread, turns_ref (turns));
    } else if (pool->n_pool < POOL_THREADS) {
        pool->n_pool++;
        pool->n_threads++;
        thread = g_thread_new ("lines", pool_thread, pool);
    }
    g_mutex_unlock (&pool->mutex);
    g_clear_pointer (&thread, g_thread_unref);
    return turns;
}

void turns_push (Turns *turns, Turn *turn)
{
    Pool *pool = turns->pool;

    g_mutex_lock (&pool->mutex);
    g_queue_push_tail (&turns->queue, turn);
    pool->n_queued++;
    if (turns->dedicated)
        g_cond_broadcast (&pool->work);
    else
        pool_list (pool, turns);
    gboolean listening = turns->listeners->len > 0;
    g_mutex_unlock (&pool->mutex);
    if (listening && turns->line != NULL)
        mgh_line_yield (turns->line, TRUE);
}

void turns_listen (Turns *turns, Channel *channel)
{
    g_mutex_lock (&turns->pool->mutex);
    g_ptr_array_add (turns->listeners, channel_ref (channel));
    g_cond_broadcast (&turns->pool->work);
    g_mutex_unlock (&turns->pool->mutex);
}

void turns_unlisten (Turns *turns, Channel *channel)
{
    g_mutex_lock (&turns->pool->mutex);
    gboolean listened = g_ptr_array_remove (turns->listeners, channel);
    g_mutex_unlock (&turns->pool->mutex);
    if (listened && turns->line != NULL)
        mgh_line_yield (turns->line, TRUE); /* it may be listening right now */
}

void turns_stop (Turns *turns)
{
    Pool *pool = turns->pool;

    g_cancellable_cancel (turns->cancellable);
    g_mutex_lock (&pool->mutex);
    turns->stopping = TRUE;
    g_autoptr (GPtrArray) listeners = turns->listeners;
    turns->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) channel_unref);
    if (!turns->dedicated)
        pool_list (pool, turns);
    g_cond_broadcast (&pool->work);
    g_mutex_unlock (&pool->mutex);
}
