/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scan.c: scans of channels: a turn that lends the line to reads between its steps, and brings what it finds to the
 * main loop one by one. */
#include "room.h"

#include <host/mgh-config.h>
#include <host/mgh-readout.h>

struct _Scan {
    gatomicrefcount refs;
    GCancellable *cancellable;
    MgConfig *options;
    GPtrArray *devices; /* MgDevice: what is known */
    TurnFinished finished;
    gpointer data;
    Turn *turn; /* while it runs */
    MgCall *call;
    GMutex mutex; /* of all that follows */
    const char *state;
    guint64 done, total;
    char *what;
    GHashTable *steps; /* code -> how often it failed */
    guint found, added;
    gint64 queued_ms, started_ms, ended_ms;
    char *error;
};

static void scan_unref (Scan *scan)
{
    if (!g_atomic_ref_count_dec (&scan->refs))
        return;
    g_object_unref (scan->cancellable);
    mgh_config_unref (scan->options);
    g_ptr_array_unref (scan->devices);
    g_hash_table_unref (scan->steps);
    g_mutex_clear (&scan->mutex);
    g_free (scan->what);
    g_free (scan->error);
    g_free (scan);
}

/* ------------------------------------------------------------------------------------------- on the line's own thread
 */

static void scan_step (gpointer owner, MgStep outcome, const char *code, const char *text)
{
    Scan *scan = owner;

    if (outcome != MG_STEP_FAILED)
        return;
    g_mutex_lock (&scan->mutex);
    guint n = GPOINTER_TO_UINT (g_hash_table_lookup (scan->steps, code));
    g_hash_table_insert (scan->steps, g_strdup (code), GUINT_TO_POINTER (n + 1));
    g_mutex_unlock (&scan->mutex);
}

/* Between two steps of a scan one read that waits has its turn: neither starves the other. */
static void scan_progress (gpointer owner, guint64 done, guint64 total, const char *what)
{
    Scan *scan = owner;
    Turns *turns = scan->turn->channel->turns;
    MgLine *line = turns_get_line (turns);

    g_mutex_lock (&scan->mutex);
    scan->done = done;
    scan->total = total;
    g_free (scan->what);
    scan->what = g_strdup (what);
    g_mutex_unlock (&scan->mutex);
    turns_extend (turns, scan->turn);
    if (!turns_have_reads (turns))
        return;
    if (line != NULL)
        mgh_line_end (line, "yield", NULL);
    turns_serve_read (turns, scan->turn);
    if (line != NULL)
        mgh_line_begin (line, scan->call, scan->turn->channel->name, "scan", "-");
}

static void scan_found (gpointer owner, MgFound *found)
{
    Scan *scan = owner;
    Turn *turn = g_new0 (Turn, 1);

    turn->kind = TURN_FOUND;
    turn->channel = channel_ref (scan->turn->channel);
    turn->scan = scan;
    g_atomic_ref_count_inc (&scan->refs);
    turn->found = found;
    scan->finished (scan->data, turn);
}

static const MghCallOps scan_ops = {
    .struct_size = sizeof (MghCallOps), .step = scan_step, .progress = scan_progress, .found = scan_found
};

static void scan_stopped (GCancellable *turns, gpointer cancellable)
{
    g_cancellable_cancel (cancellable);
}

gboolean scan_run (Turn *turn, MgLine *line, GCancellable *cancellable, GError **error)
{
    Scan *scan = turn->scan;
    Channel *channel = turn->channel;
    MghCallInfo info = { .struct_size = sizeof info,
                         .ops = &scan_ops,
                         .owner = scan,
                         .line = line,
                         .clock = line != NULL ? mgh_line_get_clock (line) : mgh_host_get_clock (channel->host),
                         .cancellable = scan->cancellable,
                         .attempt = 1,
                         .actor = "user",
                         .devices = (MgDevice *const *) scan->devices->pdata,
                         .n_devices = scan->devices->len };
    gulong id = g_cancellable_connect (cancellable, G_CALLBACK (scan_stopped), scan->cancellable, NULL);
    gboolean ok = FALSE;

    g_mutex_lock (&scan->mutex);
    scan->state = "running";
    scan->started_ms = g_get_real_time () / 1000;
    g_mutex_unlock (&scan->mutex);
    scan->turn = turn;
    scan->call = mgh_call_new (&info);
    if (!g_cancellable_set_error_if_cancelled (scan->cancellable, error)) {
        if (line != NULL)
            mgh_line_begin (line, scan->call, channel->name, "scan", "-");
        ok = plugin_driver_scan (channel->feature, channel->self, scan->options, scan->call, error);
        if (line != NULL)
            mgh_line_end (line, ok ? "ok" : turn_outcome (*error), ok ? NULL : (*error)->message);
    }
    mgh_call_free (g_steal_pointer (&scan->call));
    scan->turn = NULL;
    g_cancellable_disconnect (cancellable, id);
    return ok;
}

void scan_turn_clear (Turn *turn)
{
    g_clear_pointer (&turn->found, mg_found_free);
    g_clear_pointer (&turn->scan, scan_unref);
}

/* --------------------------------------------------------------------------------------------------- on the main loop
 */

void scan_arrived (Acquire *acquire, Turn *turn)
{
    Scan *scan = turn->scan;

    if (turn->kind == TURN_FOUND) {
        gboolean added = FALSE;
        model_found (acquire->options.model, turn->channel->name, mgh_found_get_address (turn->found),
                     mgh_found_get_identity (turn->found), &added);
        g_mutex_lock (&scan->mutex);
        scan->found++;
        scan->added += added;
        g_mutex_unlock (&scan->mutex);
        return;
    }
    g_mutex_lock (&scan->mutex);
    scan->ended_ms = g_get_real_time () / 1000;
    scan->state = turn->error == NULL                                               ? "done"
                  : g_error_matches (turn->error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? "cancelled"
                                                                                    : "failed";
    if (g_str_equal (scan->state, "failed"))
        scan->error = g_strdup (turn->error->message);
    g_mutex_unlock (&scan->mutex);
}

static gboolean scan_is_over (Scan *scan)
{
    g_mutex_lock (&scan->mutex);
    gboolean over = scan->ended_ms != 0;
    g_mutex_unlock (&scan->mutex);
    return over;
}

static Channel *scan_channel (Acquire *acquire, const char *name, GError **error)
{
    Channel *channel = acquire_find_channel (acquire, name);

    if (channel == NULL && acquire_interface_of (acquire, name) == NULL)
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_UNKNOWN, "there is no channel \"%s\"", name);
    else if (channel == NULL)
        g_set_error (error, MG_ERROR, MG_ERROR_IO, "channel \"%s\" does not run", name);
    else if (plugin_feature_driver (channel->feature)->scan != NULL)
        return channel;
    else
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "channel \"%s\": driver %s does not scan", name,
                     plugin_feature_name (channel->feature));
    return NULL;
}

static GPtrArray *scan_devices (Acquire *acquire, Channel *channel)
{
    GPtrArray *devices = g_ptr_array_new_with_free_func ((GDestroyNotify) mgh_device_unref);
    GHashTableIter iter;
    gpointer device;

    g_hash_table_iter_init (&iter, acquire->devices);
    while (g_hash_table_iter_next (&iter, NULL, &device))
        if (((Device *) device)->channel == channel)
            g_ptr_array_add (devices, mgh_device_ref (((Device *) device)->device));
    return devices;
}

gboolean acquire_scan (Acquire *acquire, const char *name, const MghConfigText *options, guint n_options,
                       GError **error)
{
    Channel *channel = scan_channel (acquire, name, error);
    Scan *before = g_hash_table_lookup (acquire->scans, name);

    if (channel == NULL)
        return FALSE;
    if (before != NULL && !scan_is_over (before)) {
        g_set_error (error, MG_ERROR, MG_ERROR_REFUSED, "channel \"%s\": a scan runs already", name);
        return FALSE;
    }
    MgConfig *config =
        mgh_config_new (&plugin_feature_driver (channel->feature)->scan_settings, 1, options, n_options, error);
    if (config == NULL)
        return FALSE;
    Scan *scan = g_new0 (Scan, 1);
    g_atomic_ref_count_init (&scan->refs);
    g_mutex_init (&scan->mutex);
    scan->cancellable = g_cancellable_new ();
    scan->options = config;
    scan->devices = scan_devices (acquire, channel);
    scan->finished = acquire_turn_finished;
    scan->data = acquire;
    scan->state = "waiting";
    scan->queued_ms = g_get_real_time () / 1000;
    scan->steps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    Turn *turn = g_new0 (Turn, 1);
    turn->kind = TURN_SCAN;
    turn->channel = channel_ref (channel);
    turn->scan = scan;
    g_atomic_ref_count_inc (&scan->refs);
    g_hash_table_insert (acquire->scans, g_strdup (name), scan);
    turns_push (channel->turns, turn);
    return TRUE;
}

gboolean acquire_scan_cancel (Acquire *acquire, const char *name, GError **error)
{
    Scan *scan = g_hash_table_lookup (acquire->scans, name);

    if (scan == NULL || scan_is_over (scan)) {
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_UNKNOWN, "channel \"%s\": no scan runs", name);
        return FALSE;
    }
    g_cancellable_cancel (scan->cancellable);
    return TRUE;
}

static guint scan_count (const Scan *scan, const char *code)
{
    return GPOINTER_TO_UINT (g_hash_table_lookup (scan->steps, code));
}

gboolean acquire_scan_show (Acquire *acquire, const char *name, AcquireScan *out, GError **error)
{
    Scan *scan = g_hash_table_lookup (acquire->scans, name);

    if (scan == NULL) {
        g_set_error (error, MODEL_ERROR, MODEL_ERROR_UNKNOWN, "channel \"%s\" was not scanned since the start", name);
        return FALSE;
    }
    g_mutex_lock (&scan->mutex);
    gint64 took_ms = (scan->ended_ms != 0 ? scan->ended_ms : g_get_real_time () / 1000) - scan->started_ms;
    *out = (AcquireScan){ .state = scan->state,
                          .found = scan->found,
                          .added = scan->added,
                          .no_answers = scan_count (scan, "timeout"),
                          .collisions = scan_count (scan, "collision"),
                          .checksums = scan_count (scan, "checksum"),
                          .unresolved = scan_count (scan, "unresolved"),
                          .started_ms = scan->started_ms,
                          .ended_ms = scan->ended_ms,
                          .seconds_left = -1,
                          .error = g_strdup (scan->error),
                          .what = g_strdup (scan->what) };
    if (scan->total > 0)
        out->permille = (guint) (scan->done / MAX (scan->total / 1000, 1));
    if (scan->total > 0 && scan->total < 1000)
        out->permille = (guint) (scan->done * 1000 / scan->total);
    out->permille = MIN (out->permille, 1000);
    if (scan->ended_ms != 0)
        out->seconds_left = 0;
    else if (out->permille > 0)
        out->seconds_left = took_ms * (1000 - out->permille) / out->permille / 1000;
    g_mutex_unlock (&scan->mutex);
    return TRUE;
}

void acquire_scan_clear (AcquireScan *scan)
{
    g_clear_pointer (&scan->error, g_free);
    g_clear_pointer (&scan->what, g_free);
}

void acquire_scans_init (Acquire *acquire)
{
    acquire->scans = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) scan_unref);
}

/* ----------------------------------------------------------------------------------------------------------- channels
 */

typedef struct {
    const char *channel;
    guint n;
} ChannelCount;

static void channel_count (const ModelMeter *meter, gpointer data)
{
    ChannelCount *count = data;

    count->n += g_str_equal (meter->channel, count->channel);
}

void acquire_foreach_channel (Acquire *acquire, AcquireChannelFunc func, gpointer data)
{
    const ConfigGroup *const *groups;
    guint n = acquire->config != NULL ? config_get_groups (acquire->config, "channel", &groups) : 0;

    for (guint i = 0; i < n; i++) {
        MgConfig *values = config_group_values (groups[i]);
        const char *name = config_group_name (groups[i]);
        Channel *running = acquire_find_channel (acquire, name);
        Scan *scan = g_hash_table_lookup (acquire->scans, name);
        ChannelCount count = { name, 0 };
        AcquireChannel channel = { .name = name,
                                   .driver = mg_config_get_string (values, "driver"),
                                   .line = mg_config_get_string (values, "line"),
                                   .cycle = mg_config_get_string (values, "cycle") };
        model_foreach (acquire->options.model, channel_count, &count);
        channel.meters = count.n;
        channel.scans = running != NULL && plugin_feature_driver (running->feature)->scan != NULL;
        channel.state = !mg_config_get_bool (values, "enabled") ? "off"
                        : running == NULL                       ? "fault"
                        : scan != NULL && !scan_is_over (scan)  ? "scanning"
                                                                : "running";
        func (&channel, data);
    }
}
