/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* work.c: one visit of a report's thread: prepare, make, deliver. */
#include <metergate.h>

#include "report.h"
#include "spool.h"

/* what prepare () finds in the store */
typedef struct {
    GHashTable *files; /* names in the spool folder that belong to a batch */
    guint waiting, aside;
    gint64 since_ms;
} WorkBacklog;

static gboolean work_note_batch (const StoreBatch *batch, gpointer data)
{
    WorkBacklog *backlog = data;

    if (batch->state == STORE_BATCH_ASIDE)
        backlog->aside++;
    else if (backlog->waiting++ == 0)
        backlog->since_ms = batch->due_ms;
    if (batch->spool != NULL)
        g_hash_table_add (backlog->files, g_path_get_basename (batch->spool));
    return TRUE;
}

/* Reads what waits, removes spool files that no batch knows: those of a run that a crash ended, and those of batches
 * that were delivered just before one. */
static gboolean work_recover (Report *report, GError **error)
{
    WorkBacklog backlog = { .files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };
    guint states = 1u << STORE_BATCH_FROZEN | 1u << STORE_BATCH_ASIDE;
    gboolean good = store_batches (report->room->store, report->cursor, states, work_note_batch, &backlog, error);

    if (good) {
        spool_clean (report->spool, backlog.files);
        g_mutex_lock (&report->lock);
        report->live.waiting = backlog.waiting;
        report->live.aside = backlog.aside;
        report->live.waiting_since_ms = backlog.since_ms;
        g_mutex_unlock (&report->lock);
    }
    g_hash_table_unref (backlog.files);
    return good;
}

static gboolean work_prepare (Report *report, GError **error)
{
    gboolean known;
    gint64 cursor;

    if (!store_cursor_get (report->room->store, report->cursor, &cursor, &known, error))
        return FALSE;
    if (!known && !store_cursor_set (report->room->store, report->cursor,
                                     report->settings->start_now ? report->job.committed_seq : 0, error))
        return FALSE;
    return work_recover (report, error);
}

static gboolean work_note_aside (const StoreBatch *batch, gpointer data)
{
    g_array_append_val ((GArray *) data, batch->id);
    return TRUE;
}

static gboolean work_retry_aside (Report *report, GError **error)
{
    g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
    gboolean good =
        store_batches (report->room->store, report->cursor, 1u << STORE_BATCH_ASIDE, work_note_aside, ids, error);

    for (guint i = 0; good && i < ids->len; i++) {
        StoreBatch batch = { .id = g_array_index (ids, gint64, i), .state = STORE_BATCH_FROZEN };
        good = store_batch_update (report->room->store, &batch, error);
    }
    return good && work_recover (report, error);
}

/* Something of our own failed (store, spool, format): shown, told once, tried again with the same back-off. */
static void work_failed (Report *report, const GError *why)
{
    g_mutex_lock (&report->lock);
    g_free (report->live.error);
    report->live.error = g_strdup (why->message);
    g_mutex_unlock (&report->lock);
    if (report->make_failures++ == 0)
        journal_raise (report->room->journal, "report.fault", report->subject, NULL, "error", why->message, NULL);
}

static gboolean work_make (Report *report, GError **error)
{
    if (!report->prepared && !work_prepare (report, error))
        return FALSE;
    report->prepared = TRUE;
    if (report->job.retry_aside && !work_retry_aside (report, error))
        return FALSE;
    report->job.retry_aside = FALSE;
    if (report->job.make && !report_make (report, error))
        return FALSE;
    report->job.made = TRUE;
    if (report->make_failures > 0) {
        g_mutex_lock (&report->lock);
        g_clear_pointer (&report->live.error, g_free);
        g_mutex_unlock (&report->lock);
    }
    report->make_failures = 0;
    return TRUE;
}

static gboolean work_cancelled (const GError *error)
{
    return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

void report_work (Report *report)
{
    g_autoptr (GError) make_error = NULL, deliver_error = NULL;

    report->job.made = FALSE;
    if (!work_make (report, &make_error) && !work_cancelled (make_error))
        work_failed (report, make_error);
    if (!report->prepared || report_deliver (report, &deliver_error) || work_cancelled (deliver_error))
        return;
    /* an attempt that failed has set its time already; what is our own fault has not */
    gint64 now_us = mgh_clock_mono_us (report->room->clock);
    if (report->retry_at_us <= now_us) {
        report->retry_at_us = now_us + report_backoff_us (MAX (report->make_failures, 1), g_random_int ());
        work_failed (report, deliver_error);
    }
}
