/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* turn.c: one turn on a line: the call, the driver, the outcome. */
#include "turns.h"

#include <host/mgh-readout.h>

#define OPEN_TIMEOUT_US (20 * G_USEC_PER_SEC)
#define LISTEN_SLICE_US (60 * G_USEC_PER_SEC)

const char *turn_outcome (const GError *error)
{
    static const char *const codes[] = { "error", "internal",    "config", "io",    "timeout", "protocol", "refused",
                                         "auth",  "unsupported", "range",  "yield", "denied",  "expired" };

    if (error == NULL)
        return "ok";
    if (error->domain == MG_ERROR && error->code > 0 && error->code < (gint) G_N_ELEMENTS (codes))
        return codes[error->code];
    return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? "cancelled" : "error";
}

gboolean turn_open_line (MgLine *line, guint *opening, GCancellable *cancellable, GError **error)
{
    gint64 now = mgh_clock_mono_us (mgh_line_get_clock (line));

    if (!mgh_line_open (line, now + OPEN_TIMEOUT_US, cancellable, error))
        return FALSE;
    (*opening)++;
    return TRUE;
}

/* ------------------------------------------------------------------------------------------------------ what calls
 * give */

static void turn_emit (gpointer owner, MgReadout *readout)
{
    Turn *turn = owner;

    mgh_readout_finish (readout);
    if (turn->more == NULL)
        turn->more = g_ptr_array_new_with_free_func ((GDestroyNotify) mg_readout_unref);
    g_ptr_array_add (turn->more, readout);
}

static const MghCallOps read_ops = { .struct_size = sizeof (MghCallOps), .emit = turn_emit };

typedef struct {
    Channel *channel;
    TurnFinished finished;
    gpointer data;
} Listening;

static void listen_finish (Listening *l, MgDevice *device, MgReadout *readout, GError *error)
{
    Turn *turn = g_new0 (Turn, 1);

    turn->kind = TURN_READ;
    turn->channel = channel_ref (l->channel);
    turn->device = mgh_device_ref (device);
    turn->id = mgh_device_get_id (device);
    turn->readout = readout;
    turn->error = error;
    l->finished (l->data, turn);
}

static void listen_emit (gpointer owner, MgReadout *readout)
{
    Listening *l = owner;
    MgDevice *device = mgh_readout_get_device (readout);

    if (device == NULL) {
        mg_readout_unref (readout);
        return;
    }
    if (mg_readout_get_at_ms (readout) == 0)
        mgh_readout_set_times (readout, 0, mg_host_now_ms (l->channel->host));
    mgh_readout_finish (readout);
    listen_finish (l, device, readout, NULL);
}

static void listen_failed (gpointer owner, MgDevice *device, GError *why)
{
    listen_finish (owner, device, NULL, why);
}

static const MghCallOps listen_ops = { .struct_size = sizeof (MghCallOps),
                                       .emit = listen_emit,
                                       .failed = listen_failed };

/* ----------------------------------------------------------------------------------------------------------- the call
 */

static MgCall *turn_call (Channel *channel, MgLine *line, const MghCallOps *ops, gpointer owner, gint64 timeout_us,
                          guint attempt, GCancellable *cancellable)
{
    MghClock *clock = line != NULL ? mgh_line_get_clock (line) : mgh_host_get_clock (channel->host);
    MghCallInfo info = { .struct_size = sizeof info,
                         .ops = ops,
                         .owner = owner,
                         .line = line,
                         .clock = clock,
                         .deadline_us = mgh_clock_mono_us (clock) + timeout_us,
                         .cancellable = cancellable,
                         .attempt = attempt,
                         .actor = "schedule",
                         .devices = (MgDevice *const *) channel->devices->pdata,
                         .n_devices = channel->devices->len };

    return mgh_call_new (&info);
}

/* the line is new to this channel: the driver sets its stick up */
static gboolean turn_open_channel (Channel *channel, MgLine *line, guint opening, GCancellable *cancellable,
                                   GError **error)
{
    if (channel->opened == opening)
        return TRUE;
    MgCall *call = turn_call (channel, line, &read_ops, NULL, channel->read_timeout_us, 1, cancellable);
    if (line != NULL)
        mgh_line_begin (line, call, channel->name, "open", "-");
    gboolean ok = plugin_driver_open (channel->feature, channel->self, call, error);
    if (line != NULL)
        mgh_line_end (line, ok ? "ok" : turn_outcome (*error), ok ? NULL : (*error)->message);
    mgh_call_free (call);
    if (ok)
        channel->opened = opening;
    return ok;
}

static gboolean turn_make_device (Turn *turn, GError **error)
{
    Channel *channel = turn->channel;

    if (g_hash_table_contains (channel->made, turn->device))
        return TRUE;
    if (!plugin_driver_device_new (channel->feature, channel->self, turn->device, error))
        return FALSE;
    g_ptr_array_add (channel->devices, mgh_device_ref (turn->device));
    g_hash_table_add (channel->made, turn->device);
    return TRUE;
}

static void turn_drop_device (Turn *turn)
{
    Channel *channel = turn->channel;

    if (!g_hash_table_remove (channel->made, turn->device))
        return;
    plugin_driver_device_free (channel->feature, channel->self, turn->device);
    g_ptr_array_remove (channel->devices, turn->device);
}

static gboolean turn_read_once (Turn *turn, MgLine *line, GCancellable *cancellable, GError **error)
{
    Channel *channel = turn->channel;
    MgCall *call = turn_call (channel, line, &read_ops, turn, channel->read_timeout_us, turn->attempt, cancellable);
    MgReadout *readout = mg_readout_new (turn->device);

    if (line != NULL)
        mgh_line_begin (line, call, channel->name, "read", mg_device_get_address (turn->device));
    gboolean ok = plugin_driver_read (channel->feature, channel->self, turn->device, call, readout, error);
    if (line != NULL)
        mgh_line_end (line,
                      !ok                                       ? turn_outcome (*error)
                      : mgh_readout_get_error (readout) != NULL ? "partial"
                                                                : "ok",
                      ok ? NULL : (*error)->message);
    mgh_call_free (call);
    if (ok) {
        mgh_readout_set_times (readout, turn->due_ms, mg_host_now_ms (channel->host));
        mgh_readout_finish (readout);
        turn->readout = readout;
    } else {
        mg_readout_unref (readout);
    }
    return ok;
}

static gboolean turn_worth_repeating (const GError *error)
{
    return g_error_matches (error, MG_ERROR, MG_ERROR_TIMEOUT) || g_error_matches (error, MG_ERROR, MG_ERROR_PROTOCOL);
}

void turn_run (Turn *turn, MgLine *line, guint opening, GCancellable *cancellable)
{
    Channel *channel = turn->channel;

    if (turn->kind == TURN_DROP) {
        turn_drop_device (turn);
        return;
    }
    if (!turn_open_channel (channel, line, opening, cancellable, &turn->error))
        return;
    if (turn->kind == TURN_SCAN) {
        scan_run (turn, line, cancellable, &turn->error);
        if (line != NULL && g_error_matches (turn->error, MG_ERROR, MG_ERROR_IO))
            mgh_line_close (line);
        return;
    }
    if (!turn_make_device (turn, &turn->error))
        return;
    for (turn->attempt = 1; turn->attempt <= channel->attempts; turn->attempt++) {
        g_clear_error (&turn->error);
        if (turn_read_once (turn, line, cancellable, &turn->error) || !turn_worth_repeating (turn->error))
            break;
    }
    if (line != NULL && g_error_matches (turn->error, MG_ERROR, MG_ERROR_IO))
        mgh_line_close (line);
}

gboolean turn_listen (Channel *channel, MgLine *line, guint opening, GCancellable *cancellable, TurnFinished finished,
                      gpointer data, GError **error)
{
    g_autoptr (GError) why = NULL;
    Listening listening = { channel, finished, data };

    if (!turn_open_channel (channel, line, opening, cancellable, error))
        return FALSE;
    MgCall *call = turn_call (channel, line, &listen_ops, &listening, LISTEN_SLICE_US, 1, cancellable);
    if (line != NULL)
        mgh_line_begin (line, call, channel->name, "listen", "-");
    gboolean ok = plugin_driver_listen (channel->feature, channel->self, call, &why);
    /* the slice is over, or somebody else's turn has come */
    ok |= g_error_matches (why, MG_ERROR, MG_ERROR_YIELD) || g_error_matches (why, MG_ERROR, MG_ERROR_TIMEOUT);
    if (line != NULL) {
        mgh_line_end (line, ok ? "yield" : turn_outcome (why), why != NULL ? why->message : NULL);
        mgh_line_yield (line, FALSE);
        if (!ok)
            mgh_line_close (line);
    }
    mgh_call_free (call);
    if (!ok)
        g_propagate_error (error, g_steal_pointer (&why));
    return ok;
}

/* ------------------------------------------------------------------------------------------------------------- objects
 */

Channel *channel_ref (Channel *channel)
{
    g_atomic_ref_count_inc (&channel->refs);
    return channel;
}

void channel_unref (Channel *channel)
{
    if (!g_atomic_ref_count_dec (&channel->refs))
        return;
    for (guint i = 0; i < channel->devices->len; i++)
        plugin_driver_device_free (channel->feature, channel->self, channel->devices->pdata[i]);
    g_hash_table_unref (channel->made);
    g_ptr_array_unref (channel->devices);
    if (channel->self != NULL)
        plugin_driver_destroy (channel->feature, channel->self);
    mgh_host_free (channel->host);
    mgh_config_unref (channel->config);
    turns_unref (channel->turns);
    g_free (channel->name);
    g_free (channel);
}

void turn_free (Turn *turn)
{
    g_clear_pointer (&turn->readout, mg_readout_unref);
    g_clear_pointer (&turn->more, g_ptr_array_unref);
    g_clear_error (&turn->error);
    g_clear_pointer (&turn->device, mgh_device_unref);
    scan_turn_clear (turn);
    channel_unref (turn->channel);
    g_free (turn);
}
