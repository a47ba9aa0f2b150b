/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* call.c: MgCall: deadline, cancellation, transcript and what is asked for in one call into a plugin. */
#include <host/mgh-host.h>

#include "line.h"

struct _MgCall {
    MghCallOps ops;
    gpointer owner;
    MgLine *line;
    MghClock *clock;
    gint64 deadline_us;
    GCancellable *cancellable;
    guint attempt;
    char *actor;
    MgDevice *const *devices; /* borrowed */
    guint n_devices;
};

MgCall *mgh_call_new (const MghCallInfo *info)
{
    MgCall *call = g_new0 (MgCall, 1);

    if (info->ops != NULL)
        memcpy (&call->ops, info->ops, MIN (info->ops->struct_size, sizeof call->ops));
    call->owner = info->owner;
    call->line = info->line == NULL ? NULL : mgh_line_ref (info->line);
    call->clock = mgh_clock_ref (info->clock != NULL  ? info->clock
                                 : info->line != NULL ? mgh_line_get_clock (info->line)
                                                      : mgh_clock_real ());
    call->deadline_us = info->deadline_us;
    call->cancellable = info->cancellable == NULL ? NULL : g_object_ref (info->cancellable);
    call->attempt = info->attempt;
    call->actor = g_strdup (info->actor == NULL ? "schedule" : info->actor);
    call->devices = info->devices;
    call->n_devices = info->n_devices;
    return call;
}

void mgh_call_free (MgCall *call)
{
    if (call == NULL)
        return;
    g_clear_object (&call->cancellable);
    mgh_clock_unref (call->clock);
    g_clear_pointer (&call->line, mgh_line_unref);
    g_free (call->actor);
    g_free (call);
}

MgLine *mg_call_get_line (MgCall *call)
{
    return call->line;
}

gint64 mg_call_get_deadline_us (MgCall *call)
{
    return call->deadline_us;
}

GCancellable *mg_call_get_cancellable (MgCall *call)
{
    return call->cancellable;
}

gboolean mg_call_sleep (MgCall *call, gint64 us, GError **error)
{
    gint64 until_us, deadline_us = call->deadline_us > 0 ? call->deadline_us : G_MAXINT64;

    if (us < 0 || __builtin_add_overflow (mgh_clock_mono_us (call->clock), us, &until_us))
        until_us = G_MAXINT64;
    if (!mgh_clock_wait (call->clock, MIN (until_us, deadline_us), call->cancellable, error))
        return FALSE;
    if (mgh_clock_mono_us (call->clock) < deadline_us)
        return TRUE;
    g_set_error_literal (error, MG_ERROR, MG_ERROR_TIMEOUT, "the call's deadline has passed");
    return FALSE;
}

guint mg_call_get_attempt (MgCall *call)
{
    return call->attempt;
}

const char *mg_call_get_actor (MgCall *call)
{
    return call->actor;
}

void mg_call_step (MgCall *call, MgStep outcome, const char *code, const char *fmt, ...)
{
    va_list args;

    va_start (args, fmt);
    g_autofree char *text = g_strdup_vprintf (fmt, args);
    va_end (args);
    if (call->line != NULL)
        line_note_step (call->line, outcome, code, text);
    if (call->ops.step != NULL)
        call->ops.step (call->owner, outcome, code, text);
}

void mg_call_progress (MgCall *call, guint64 done, guint64 total, const char *what)
{
    if (call->ops.progress != NULL)
        call->ops.progress (call->owner, done, total, what);
}

gboolean mg_call_wants (MgCall *call, const char *key)
{
    return call->ops.wants == NULL || call->ops.wants (call->owner, key);
}

gboolean mg_call_get_last_kept (MgCall *call, gint64 *utc_ms, MgValue *device_time)
{
    gint64 kept_ms = 0;
    MgValue time = { .type = MG_VALUE_NONE };
    gboolean known = call->ops.get_last_kept != NULL && call->ops.get_last_kept (call->owner, &kept_ms, &time);

    if (utc_ms != NULL)
        *utc_ms = kept_ms;
    if (device_time != NULL)
        *device_time = time;
    return known;
}

MgDevice *mg_call_find_device (MgCall *call, const char *address)
{
    for (guint i = 0; i < call->n_devices; i++) {
        MgDevice *device = call->devices[i];

        if (g_strcmp0 (mg_device_get_address (device), address) == 0)
            return device;
    }
    return NULL;
}

guint mg_call_get_devices (MgCall *call, MgDevice *const **devices)
{
    if (devices != NULL)
        *devices = call->devices;
    return call->n_devices;
}

void mg_call_emit (MgCall *call, MgReadout *readout)
{
    if (call->ops.emit != NULL)
        call->ops.emit (call->owner, readout);
    else
        mg_readout_unref (readout);
}

void mg_call_failed (MgCall *call, MgDevice *device, GError *why)
{
    if (call->ops.failed != NULL)
        call->ops.failed (call->owner, device, why);
    else
        g_error_free (why);
}

void mg_call_found (MgCall *call, MgFound *found)
{
    if (call->ops.found != NULL)
        call->ops.found (call->owner, found);
    else
        mg_found_free (found);
}
