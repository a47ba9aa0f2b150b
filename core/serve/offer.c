/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * offer.c: what a service asks of its host: the image of all meters, timers, sockets, cursors. What is not in the
 * table (history, meters of its own, commands) the SDK answers with MG_ERROR_UNSUPPORTED.
 */
#include <metergate.h>

#include "bind.h"
#include "instance.h"

static void offer_set_fault (gpointer owner, const GError *fault)
{
    instance_set_fault (owner, fault);
}

static guint offer_get_meters (gpointer owner, const MgMeterNow *const **meters)
{
    const Instance *instance = owner;

    if (instance->image.meters->len > 0)
        *meters = (const MgMeterNow *const *) instance->image.meters->pdata;
    return instance->image.meters->len;
}

static const MgMeterNow *offer_find (gpointer owner, guint32 meter_id)
{
    return image_find (&((Instance *) owner)->image, meter_id);
}

static gint64 offer_get_age_ms (gpointer owner, const MgReading *reading)
{
    return image_age_ms (&((Instance *) owner)->image, reading, instance_time (owner));
}

static void offer_subscribe (gpointer owner, const MgSelector *selector)
{
    Instance *instance = owner;

    instance->subscribed = TRUE;
    instance->selector = selector;
}

/* ---- timers */

typedef struct {
    GSource source;
    Instance *instance;
    gint64 us;
} Timer;

static gboolean timer_dispatch (GSource *source, GSourceFunc func, gpointer data)
{
    Timer *timer = (Timer *) source;

    if (func (data) == G_SOURCE_REMOVE) {
        if (!g_source_is_destroyed (source)) /* it may have ended itself */
            g_ptr_array_remove_fast (timer->instance->timers, source);
        return G_SOURCE_REMOVE;
    }
    g_source_set_ready_time (source, g_get_monotonic_time () + timer->us);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch };

static guint offer_after (gpointer owner, gint64 us, GSourceFunc func, gpointer data)
{
    Instance *instance = owner;
    GSource *source = g_source_new (&timer_funcs, sizeof (Timer));
    Timer *timer = (Timer *) source;

    timer->instance = instance;
    timer->us = MAX (us, 0);
    g_source_set_callback (source, func, data, NULL);
    g_source_set_ready_time (source, g_get_monotonic_time () + timer->us);
    g_ptr_array_add (instance->timers, source);
    return g_source_attach (source, instance->context);
}

static void offer_cancel (gpointer owner, guint timer)
{
    Instance *instance = owner;

    for (guint i = 0; i < instance->timers->len; i++) {
        GSource *source = instance->timers->pdata[i];
        if (g_source_get_id (source) != timer)
            continue;
        g_source_destroy (source);
        g_ptr_array_remove_index_fast (instance->timers, i);
        return;
    }
}

void instance_end_timers (Instance *instance)
{
    for (guint i = 0; i < instance->timers->len; i++)
        g_source_destroy (instance->timers->pdata[i]);
    g_ptr_array_set_size (instance->timers, 0);
}

static GSocket *offer_bind (gpointer owner, const char *address, GError **error)
{
    return bind_address (address, error);
}

static gboolean offer_next (gpointer owner, const char *cursor, MgItem **item, GError **error)
{
    return follow_next (instance_follow (owner), cursor, item, error);
}

static void offer_done (gpointer owner, const char *cursor, gint64 seq)
{
    follow_done (instance_follow (owner), cursor, seq);
}

const MghServiceOps instance_offers = {
    .struct_size = sizeof (MghServiceOps),
    .set_fault = offer_set_fault,
    .get_meters = offer_get_meters,
    .find = offer_find,
    .get_age_ms = offer_get_age_ms,
    .subscribe = offer_subscribe,
    .after = offer_after,
    .cancel = offer_cancel,
    .bind = offer_bind,
    .next = offer_next,
    .done = offer_done,
};
