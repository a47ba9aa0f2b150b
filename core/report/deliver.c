/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* deliver.c: frozen batches to the receiver, oldest first, attempt after attempt. */
#include <metergate.h>

#include "report.h"
#include "spool.h"

#include <host/mgh-output.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

/* An answer that will not change is asked for three times before it is believed (a receiver may be half set up). */
#define REFUSALS 3

typedef struct {
    StoreBatch batch; /* with strings of its own */
    gboolean found;
} DeliverHead;

static gboolean deliver_take_head (const StoreBatch *batch, gpointer data)
{
    DeliverHead *head = data;

    head->batch = *batch;
    head->batch.identity = g_strdup (batch->identity);
    head->batch.name = g_strdup (batch->name);
    head->batch.spool = g_strdup (batch->spool);
    head->batch.sha256 = g_strdup (batch->sha256);
    head->batch.content_type = g_strdup (batch->content_type);
    head->batch.code = g_strdup (batch->code);
    head->batch.params = g_strdup (batch->params);
    head->batch.cursor = NULL;
    head->found = TRUE;
    return FALSE;
}

static void deliver_head_clear (DeliverHead *head)
{
    g_free ((char *) head->batch.identity);
    g_free ((char *) head->batch.name);
    g_free ((char *) head->batch.spool);
    g_free ((char *) head->batch.sha256);
    g_free ((char *) head->batch.content_type);
    g_free ((char *) head->batch.code);
    g_free ((char *) head->batch.params);
    *head = (DeliverHead){ 0 };
}

static char *deliver_path (Report *report, const StoreBatch *batch)
{
    return g_build_filename (report->room->state_folder, batch->spool, NULL);
}

/* {"name":"value", ...}; full */
static char *deliver_params (const char *name, ...)
{
    g_autoptr (JsonObject) object = json_object_new ();
    g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
    va_list args;

    va_start (args, name);
    for (; name != NULL; name = va_arg (args, const char *))
        json_object_set_string_member (object, name, va_arg (args, const char *));
    va_end (args);
    json_node_set_object (node, object);
    return json_to_string (node, FALSE);
}

/* Writes a new state of the batch; its strings are replaced. */
static gboolean deliver_update (Report *report, StoreBatch *batch, StoreBatchState state, const char *code,
                                char *params, GError **error)
{
    batch->state = state;
    g_free ((char *) batch->code);
    g_free ((char *) batch->params);
    batch->code = g_strdup (code);
    batch->params = params;
    if (state != STORE_BATCH_FROZEN)
        batch->done_ms = mgh_clock_now_ms (report->room->clock);
    return store_batch_update (report->room->store, batch, error);
}

/* the spool file goes only after the commit that makes it superfluous */
static void deliver_drop_file (Report *report, const StoreBatch *batch)
{
    g_autofree char *path = deliver_path (report, batch);

    g_unlink (path);
}

static void deliver_gone (Report *report, gboolean aside)
{
    g_mutex_lock (&report->lock);
    report->live.waiting -= report->live.waiting > 0;
    report->live.aside += aside;
    report->live.attempts = 0;
    if (report->live.waiting == 0)
        report->live.waiting_since_ms = 0;
    g_mutex_unlock (&report->lock);
    report->head = 0;
    report->retry_at_us = 0;
}

static gboolean deliver_done (Report *report, StoreBatch *batch, GError **error)
{
    batch->attempts++;
    if (!deliver_update (report, batch, STORE_BATCH_DELIVERED, NULL, NULL, error)) {
        g_prefix_error (error, "delivered, but that could not be noted: ");
        return FALSE;
    }
    deliver_drop_file (report, batch);
    deliver_gone (report, FALSE);
    g_mutex_lock (&report->lock);
    report->live.delivered++;
    report->live.delivered_ms = batch->done_ms;
    g_free (report->live.delivered_name);
    report->live.delivered_name = g_strdup (batch->name);
    g_clear_pointer (&report->live.error, g_free);
    g_mutex_unlock (&report->lock);
    report->failing = FALSE;
    journal_raise (report->room->journal, "report.delivered", report->subject, NULL, "name", batch->name, NULL);
    return TRUE;
}

static gboolean deliver_tombstone (Report *report, StoreBatch *batch, const char *code, const char *reason,
                                   GError **error)
{
    g_autofree char *first = g_strdup_printf ("%" G_GINT64_FORMAT, batch->first_seq);
    g_autofree char *last = g_strdup_printf ("%" G_GINT64_FORMAT, batch->last_seq);

    if (!deliver_update (report, batch, STORE_BATCH_TOMBSTONE, code,
                         deliver_params ("reason", reason, "first", first, "last", last, NULL), error))
        return FALSE;
    deliver_drop_file (report, batch);
    deliver_gone (report, FALSE);
    journal_raise (report->room->journal, "report.tombstone", report->subject, NULL, "reason", reason, "name",
                   batch->name, "first", first, "last", last, NULL);
    return TRUE;
}

static gboolean deliver_set_aside (Report *report, StoreBatch *batch, const char *code, const GError *why,
                                   GError **error)
{
    batch->attempts++;
    if (!deliver_update (report, batch, STORE_BATCH_ASIDE, code, deliver_params ("error", why->message, NULL), error))
        return FALSE;
    deliver_gone (report, TRUE);
    journal_raise (report->room->journal, "report.set-aside", report->subject, NULL, "error", why->message, "name",
                   batch->name, NULL);
    return TRUE;
}

/* "refused-2": so many answers of that kind so far */
static guint deliver_refusals (const StoreBatch *batch)
{
    return batch->code != NULL && g_str_has_prefix (batch->code, "refused-") ? (guint) atoi (batch->code + 8) : 0;
}

static void deliver_wait (Report *report, const StoreBatch *batch, gint64 at_least_us)
{
    gint64 wait_us = report_backoff_us (batch->attempts > 0 ? batch->attempts - 1 : 0, g_random_int ());

    report->head = batch->id;
    report->retry_at_us = mgh_clock_mono_us (report->room->clock) + MAX (wait_us, at_least_us);
}

static void deliver_say_failing (Report *report, const StoreBatch *batch, const GError *why)
{
    g_mutex_lock (&report->lock);
    g_free (report->live.error);
    report->live.error = g_strdup (why->message);
    report->live.attempts = batch->attempts;
    g_mutex_unlock (&report->lock);
    if (!report->failing)
        journal_raise (report->room->journal, "report.retry", report->subject, NULL, "error", why->message, "name",
                       batch->name, NULL);
    report->failing = TRUE;
}

/* What follows from a FALSE: TRUE: the next batch goes on; FALSE: this one waits, with its error. */
static gboolean deliver_failed (Report *report, StoreBatch *batch, guint32 verdict, gint64 retry_after_us, GError *why,
                                GError **error)
{
    gboolean refused = g_error_matches (why, MG_ERROR, MG_ERROR_REFUSED);
    guint refusals = refused ? deliver_refusals (batch) + 1 : 0;
    g_autofree char *code = refused ? g_strdup_printf ("refused-%u", refusals) : g_strdup ("again");

    if (verdict == MG_VERDICT_NEVER)
        return deliver_set_aside (report, batch, "never", why, error);
    if (refusals >= REFUSALS)
        return deliver_set_aside (report, batch, "refused", why, error);
    batch->attempts++;
    deliver_wait (report, batch, retry_after_us);
    deliver_say_failing (report, batch, why);
    if (deliver_update (report, batch, STORE_BATCH_FROZEN, code, deliver_params ("error", why->message, NULL), error))
        g_propagate_error (error, g_error_copy (why));
    return FALSE;
}

/* One attempt. TRUE: this batch waits no more. */
static gboolean deliver_attempt (Report *report, StoreBatch *batch, MgCall *call, GError **error)
{
    g_autofree char *path = deliver_path (report, batch);
    MghDeliveryInfo info =
        MG_INIT (MghDeliveryInfo, .name = batch->name, .path = path, .content_type = batch->content_type,
                 .identity = batch->identity, .report = report->name, .attempt = batch->attempts + 1);
    MgDelivery *delivery = mgh_delivery_new (&info, error);
    g_autoptr (GError) why = NULL;
    gint64 retry_after_us;

    if (delivery == NULL)
        return FALSE;
    gboolean good = plugin_transport_deliver (report->settings->transport, report->transport, delivery, call, &why);
    guint32 verdict = mgh_delivery_get_verdict (delivery, &retry_after_us);
    mgh_delivery_free (delivery);
    if (good)
        return deliver_done (report, batch, error);
    if (g_cancellable_set_error_if_cancelled (report->cancellable, error)) /* nobody's failure */
        return FALSE;
    return deliver_failed (report, batch, verdict, retry_after_us, why, error);
}

static MgCall *deliver_call (Report *report, const StoreBatch *batch)
{
    MghCallInfo info = MG_INIT (MghCallInfo, .clock = report->room->clock, .cancellable = report->cancellable,
                                .attempt = batch->attempts + 1, .actor = "schedule",
                                .deadline_us = mgh_clock_mono_us (report->room->clock) + report->settings->timeout_us);

    return mgh_call_new (&info);
}

/* Connects, tries one batch, leaves. */
static gboolean deliver_connected (Report *report, StoreBatch *batch, GError **error)
{
    MgCall *call = deliver_call (report, batch);
    g_autoptr (GError) why = NULL;
    gboolean good;

    if (plugin_transport_open (report->settings->transport, report->transport, call, &why)) {
        good = deliver_attempt (report, batch, call, error);
        plugin_transport_close (report->settings->transport, report->transport, call);
    } else if (g_cancellable_set_error_if_cancelled (report->cancellable, error))
        good = FALSE;
    else
        good = deliver_failed (report, batch, MG_VERDICT_AGAIN, 0, why, error);
    mgh_call_free (call);
    return good;
}

/* The spool file is there with the frozen bytes, or is made again; else the batch is given up. *lost: it was. */
static gboolean deliver_check_file (Report *report, StoreBatch *batch, gboolean *lost, GError **error)
{
    g_autofree char *path = deliver_path (report, batch);
    g_autoptr (GError) why = NULL;

    *lost = FALSE;
    if (spool_file_is (path, batch->sha256) || report_make_again (report, batch, &why))
        return TRUE;
    if (!g_error_matches (why, MG_ERROR, MG_ERROR_RANGE)) { /* it could not be tried: later */
        g_propagate_error (error, g_steal_pointer (&why));
        return FALSE;
    }
    *lost = TRUE;
    return deliver_tombstone (report, batch, "spool-lost", why->message, error);
}

static gboolean deliver_is_too_old (Report *report, const StoreBatch *batch)
{
    gint64 age_ms = mgh_clock_now_ms (report->room->clock) - batch->created_ms;

    return report->settings->give_up_us > 0 && age_ms > report->settings->give_up_us / 1000;
}

/* TRUE: this batch waits no more; FALSE with an error: it does. */
static gboolean deliver_one (Report *report, StoreBatch *batch, GError **error)
{
    gboolean lost;

    if (deliver_is_too_old (report, batch)) {
        g_autofree char *reason = g_strdup_printf ("not delivered in %" G_GINT64_FORMAT " s, after %u attempts",
                                                   report->settings->give_up_us / G_USEC_PER_SEC, batch->attempts);
        return deliver_tombstone (report, batch, "given-up", reason, error);
    }
    if (!deliver_check_file (report, batch, &lost, error))
        return FALSE;
    return lost || deliver_connected (report, batch, error);
}

/* May the head be tried? After a restart it waits as if its last attempt had been now. */
static gboolean deliver_is_time (Report *report, const StoreBatch *batch)
{
    if (report->job.retry_now)
        return TRUE;
    if (report->head != batch->id && batch->attempts > 0)
        deliver_wait (report, batch, 0);
    report->head = batch->id;
    return report->retry_at_us <= mgh_clock_mono_us (report->room->clock);
}

static void deliver_show_head (Report *report, const StoreBatch *batch)
{
    g_mutex_lock (&report->lock);
    report->live.waiting_since_ms = batch->due_ms;
    report->live.attempts = batch->attempts;
    g_mutex_unlock (&report->lock);
}

gboolean report_deliver (Report *report, GError **error)
{
    DeliverHead head = { 0 };
    gboolean good = TRUE, waits = FALSE;

    while (good && !waits) {
        deliver_head_clear (&head);
        if (g_cancellable_set_error_if_cancelled (report->cancellable, error))
            return FALSE;
        good = store_batches (report->room->store, report->cursor, 1u << STORE_BATCH_FROZEN, deliver_take_head, &head,
                              error);
        if (!good || !head.found)
            break;
        deliver_show_head (report, &head.batch);
        waits = !deliver_is_time (report, &head.batch);
        if (!waits)
            good = deliver_one (report, &head.batch, error);
    }
    deliver_head_clear (&head);
    return good;
}
