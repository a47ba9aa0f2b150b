/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * make.c: select, format, freeze. What is in a batch depends on its range and the configuration alone. The range is
 * walked twice: once to see what is there (how many rows, which meters), once to format it.
 */
#include <metergate.h>

#include "report.h"
#include "spool.h"

#include <host/mgh-model.h>

#include <string.h>

#define NOT_SELECTED G_MAXUINT32

/* a stretch of the sequence that becomes one batch */
typedef struct {
    gint64 first_seq, last_seq; /* of what is selected */
    guint rows;
    guint64 readings;
    gboolean more;     /* there is more than max_rows */
    GPtrArray *meters; /* of MgMeter, the catalogue's, in order of appearance */
} MakeRange;

typedef struct {
    gboolean seen;  /* a row of it is in the range */
    guint8 flags[]; /* for each point: is it selected? */
} MakeMeter;

typedef struct {
    Report *report;
    MakeRange *range;
    GHashTable *meters; /* MgMeter: MakeMeter */
    GArray *indices;    /* of the row at hand: its points, or NOT_SELECTED */
    gpointer format;    /* the second time */
    MgOutput *out;
    MgCall *call;
    GError *error;
} MakeWalk;

static void make_walk_begin (MakeWalk *walk, Report *report, MakeRange *range)
{
    *walk = (MakeWalk){ .report = report, .range = range };
    walk->meters = g_hash_table_new_full (NULL, NULL, NULL, g_free);
    walk->indices = g_array_new (FALSE, FALSE, sizeof (guint32));
}

/* FALSE with the walk's own error, or with `good` FALSE */
static gboolean make_walk_end (MakeWalk *walk, gboolean good, GError **error)
{
    g_hash_table_unref (walk->meters);
    g_array_unref (walk->indices);
    if (walk->error == NULL)
        return good;
    if (!good)
        g_clear_error (error);
    g_propagate_error (error, walk->error);
    return FALSE;
}

static MakeMeter *make_meter (MakeWalk *walk, const MgMeter *meter)
{
    const MgSelector *selector = walk->report->settings->selector;
    MakeMeter *m = g_hash_table_lookup (walk->meters, meter);
    guint n = mg_meter_get_n_points (meter);

    if (m != NULL)
        return m;
    m = g_malloc0 (sizeof *m + n);
    for (guint i = 0; i < n; i++)
        m->flags[i] = mg_selector_matches (selector, meter, mg_meter_get_point (meter, i));
    g_hash_table_insert (walk->meters, (gpointer) meter, m);
    return m;
}

/* Cuts a row down to the selected points (walk->indices); how many there are. *meter is NULL for one nobody knows. */
static guint make_cut (MakeWalk *walk, const StoreRow *row, const MgMeter **meter)
{
    const ReportCatalogue *catalogue = &walk->report->room->catalogue;
    guint n = 0;

    *meter = row->readout != NULL ? catalogue->meter_of_device (walk->report->job.catalogue, row->device) : NULL;
    if (*meter == NULL)
        return 0;
    const guint8 *flags = make_meter (walk, *meter)->flags;
    guint n_points = mg_meter_get_n_points (*meter);
    g_array_set_size (walk->indices, row->n);
    for (guint i = 0; i < row->n; i++) {
        gboolean in = row->indices[i] < n_points && flags[row->indices[i]] != 0;
        g_array_index (walk->indices, guint32, i) = in ? row->indices[i] : NOT_SELECTED;
        n += in;
    }
    return n;
}

static gboolean make_wants_event (MakeWalk *walk)
{
    return walk->report->settings->events && mgh_selector_is_all (walk->report->settings->selector);
}

static gboolean make_look (const StoreRow *row, gpointer data)
{
    MakeWalk *walk = data;
    MakeRange *range = walk->range;
    const MgMeter *meter = NULL;
    guint readings = row->event != NULL ? 0 : make_cut (walk, row, &meter);

    if (g_cancellable_set_error_if_cancelled (walk->report->cancellable, &walk->error))
        return FALSE;
    if (readings == 0 && !(row->event != NULL && make_wants_event (walk)))
        return TRUE;
    if (range->rows == walk->report->settings->max_rows) {
        range->more = TRUE;
        return FALSE;
    }
    if (range->rows++ == 0)
        range->first_seq = row->seq;
    range->last_seq = row->seq;
    range->readings += readings;
    if (meter != NULL && !make_meter (walk, meter)->seen) {
        make_meter (walk, meter)->seen = TRUE;
        g_ptr_array_add (range->meters, (gpointer) meter);
    }
    return TRUE;
}

static MgItem *make_event_item (MakeWalk *walk, const StoreRow *row)
{
    const JournalEvent *event = row->event;
    g_autofree char *text = journal_text (walk->report->room->journal, event->code, event->params);
    MghEventInfo info = { .at_ms = event->at_ms,
                          .code = event->code,
                          .subject = event->subject,
                          .actor = event->actor,
                          .text = text,
                          .severity = event->severity,
                          .params = event->params };

    return mgh_item_new_event (row->seq, mgh_event_new (&info), NULL);
}

static gboolean make_format_row (const StoreRow *row, gpointer data)
{
    MakeWalk *walk = data;
    const MgMeter *meter;
    MgItem *item = NULL;

    if (g_cancellable_set_error_if_cancelled (walk->report->cancellable, &walk->error))
        return FALSE;
    if (row->event != NULL && make_wants_event (walk))
        item = make_event_item (walk, row);
    else if (row->event == NULL && make_cut (walk, row, &meter) > 0)
        item = mgh_item_new_readout (meter, row->readout, (const guint32 *) walk->indices->data, row->n);
    if (item == NULL)
        return TRUE;
    plugin_format_item (walk->report->settings->format, walk->format, item, walk->out, walk->call, &walk->error);
    mg_item_free (item);
    return walk->error == NULL;
}

/* What is there after `after`, up to `upto`, at most max_rows. */
static gboolean make_look_at (Report *report, gint64 after, gint64 upto, MakeRange *range, GError **error)
{
    MakeWalk walk;

    *range = (MakeRange){ .meters = g_ptr_array_new () };
    if (after >= upto)
        return TRUE;
    make_walk_begin (&walk, report, range);
    return make_walk_end (
        &walk, store_range (report->room->store, after, upto, make_wants_event (&walk), make_look, &walk, error),
        error);
}

static gboolean make_format_items (MakeWalk *walk, GError **error)
{
    const PluginFeature *format = walk->report->settings->format;
    const MakeRange *range = walk->range;

    if (!plugin_format_begin (format, walk->format, walk->out, walk->call, error))
        return FALSE;
    if (range->rows > 0 && !store_range (walk->report->room->store, range->first_seq - 1, range->last_seq,
                                         make_wants_event (walk), make_format_row, walk, error))
        return FALSE;
    return walk->error == NULL && plugin_format_end (format, walk->format, walk->out, walk->call, error) &&
           mgh_output_flush (walk->out, error);
}

/* Formats a range into the spool's parts, synced. */
static gboolean make_format (Report *report, MakeRange *range, gint64 created_ms, Spool *spool, GError **error)
{
    MghOutputInfo info = MG_INIT (MghOutputInfo, .ops = &spool_output_ops, .owner = spool, .report = report->name,
                                  .created_ms = created_ms, .zone = report->settings->zone,
                                  .meters = (const MgMeter *const *) range->meters->pdata,
                                  .n_meters = range->meters->len, .selector = report->settings->selector);
    MghCallInfo call_info = MG_INIT (MghCallInfo, .clock = report->room->clock, .cancellable = report->cancellable,
                                     .attempt = 1, .actor = "schedule");
    MakeWalk walk;
    gboolean good;

    make_walk_begin (&walk, report, range);
    walk.format = report->format;
    walk.out = mgh_output_new (&info);
    walk.call = mgh_call_new (&call_info);
    good = make_format_items (&walk, error);
    mgh_call_free (walk.call);
    mgh_output_free (walk.out);
    return make_walk_end (&walk, good, error) && spool_finish (spool, error);
}

static const char *make_extension (Report *report)
{
    return plugin_feature_format (report->settings->format)->extension;
}

static const char *make_content_type (Report *report)
{
    const char *type = plugin_feature_format (report->settings->format)->content_type;

    return type != NULL ? type : "application/octet-stream";
}

static void make_batch_clear (gpointer data)
{
    StoreBatch *batch = data;

    g_free ((char *) batch->identity);
    g_free ((char *) batch->name);
    g_free ((char *) batch->spool);
}

/* Gives the parts their names and says what is to be frozen (GArray of StoreBatch; full); NULL with an error. */
static GArray *make_batches (Report *report, const MakeRange *range, gint64 created_ms, Spool *spool, GError **error)
{
    g_autoptr (GArray) batches = g_array_new (FALSE, TRUE, sizeof (StoreBatch));

    g_array_set_clear_func (batches, make_batch_clear);
    for (guint i = 0; i < spool_get_n_parts (spool); i++) {
        const SpoolPart *part = spool_get_part (spool, i);
        char *identity = report_identity (report->room->gateway, report->name, range->first_seq, range->last_seq,
                                          part->sha256, part->name);
        char *name = report_file_name (report->job.due_ms, identity, part->name, make_extension (report));
        g_autofree char *file = g_path_get_basename (name);
        StoreBatch batch = { .cursor = report->cursor,
                             .first_seq = range->first_seq,
                             .last_seq = range->last_seq,
                             .due_ms = report->job.due_ms,
                             .created_ms = created_ms,
                             .identity = identity,
                             .name = name,
                             .spool = g_build_filename ("spool", report->name, file, NULL),
                             .sha256 = part->sha256,
                             .content_type = part->content_type,
                             .state = STORE_BATCH_FROZEN };
        g_array_append_val (batches, batch);
        if (!spool_rename (spool, i, file, error))
            return NULL;
    }
    return spool_sync (spool, error) ? g_steal_pointer (&batches) : NULL;
}

/* Makes and freezes one batch; the cursor's mark moves to `upto` in the same commit. */
static gboolean make_one (Report *report, MakeRange *range, gint64 upto, GError **error)
{
    gint64 created_ms = mgh_clock_now_ms (report->room->clock);
    g_autoptr (Spool) spool = spool_new (report->spool, make_content_type (report), error);
    g_autoptr (GArray) batches = NULL;

    if (spool == NULL || !make_format (report, range, created_ms, spool, error))
        return FALSE;
    batches = make_batches (report, range, created_ms, spool, error);
    if (batches == NULL || !store_batch_freeze (report->room->store, report->cursor, upto,
                                                (StoreBatch *) (gpointer) batches->data, batches->len, error))
        return FALSE;
    spool_keep (spool);
    g_mutex_lock (&report->lock);
    if (report->live.waiting == 0 && batches->len > 0)
        report->live.waiting_since_ms = report->job.due_ms;
    report->live.waiting += batches->len;
    report->live.readings += range->readings;
    g_mutex_unlock (&report->lock);
    return TRUE;
}

/* One step from the cursor on; *more: call again. */
static gboolean make_step (Report *report, gboolean *more, GError **error)
{
    gint64 upto = report->job.committed_seq, cursor;
    gboolean known, good;
    MakeRange range;

    *more = FALSE;
    if (!store_cursor_get (report->room->store, report->cursor, &cursor, &known, error))
        return FALSE;
    good = make_look_at (report, cursor, upto, &range, error);
    *more = good && range.more;
    if (good && cursor < upto && range.rows == 0 && report->settings->empty_files) {
        range.first_seq = cursor + 1;
        range.last_seq = upto;
        good = make_one (report, &range, upto, error);
    } else if (good && cursor < upto && range.rows == 0)
        good = store_batch_freeze (report->room->store, report->cursor, upto, NULL, 0, error);
    else if (good && cursor < upto)
        good = make_one (report, &range, range.more ? range.last_seq : upto, error);
    g_ptr_array_unref (range.meters);
    return good;
}

gboolean report_make (Report *report, GError **error)
{
    gboolean more;

    do {
        if (!make_step (report, &more, error))
            return FALSE;
    } while (more);
    return TRUE;
}

gboolean report_make_again (Report *report, const StoreBatch *batch, GError **error)
{
    g_autoptr (Spool) spool = spool_new (report->spool, make_content_type (report), error);
    g_autofree char *file = g_path_get_basename (batch->spool);
    gboolean good = FALSE;
    MakeRange range;

    if (spool == NULL)
        return FALSE;
    good = make_look_at (report, batch->first_seq - 1, batch->last_seq, &range, error) &&
           make_format (report, &range, batch->created_ms, spool, error);
    g_ptr_array_unref (range.meters);
    for (guint i = 0; good && i < spool_get_n_parts (spool); i++) {
        if (!g_str_equal (spool_get_part (spool, i)->sha256, batch->sha256))
            continue;
        if (!spool_rename (spool, i, file, error) || !spool_sync (spool, error))
            return FALSE;
        spool_keep_one (spool, i); /* the other parts have batches and files of their own */
        return TRUE;
    }
    if (good)
        g_set_error (error, MG_ERROR, MG_ERROR_RANGE, "spool file %s is lost, and what is kept gives other bytes now",
                     batch->spool);
    return FALSE;
}
