/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* take.c: the data path: a readout finds its points, becomes the live state, and is kept; a miss becomes silence. */
#include "meter.h"

/* Most readouts have the same records in the same order as the one before: the hint saves the lookup. */
static Point *meter_point_of (Meter *meter, guint i, const char *key)
{
    if (i < meter->n_hint && meter->hint[i] < meter->points->len) {
        Point *point = meter->points->pdata[meter->hint[i]];
        if (g_str_equal (mg_point_get_key (point->public), key))
            return point;
    }
    return meter_find_point (meter, key);
}

/* Fills meter->hint; TRUE: the description changed (new points, a corrected meaning). */
static gboolean meter_place_readings (Meter *meter, const MgReadout *readout)
{
    guint n = mgh_readout_get_n (readout);
    gboolean changed = FALSE;

    if (n > meter->n_hint) {
        meter->hint = g_renew (guint32, meter->hint, n);
        for (guint i = meter->n_hint; i < n; i++)
            meter->hint[i] = G_MAXUINT32;
        meter->n_hint = n;
    }
    for (guint i = 0; i < n; i++) {
        const MgReading *reading = mgh_readout_get_reading (readout, i);
        Point *point = meter_point_of (meter, i, mgh_reading_get_key (reading));

        if (point == NULL) {
            point = meter_append_point (meter, reading);
            changed = TRUE;
            if (point == NULL) {
                g_warning ("meter %u: more than %d points; \"%s\" is left out", meter->view.id, POINTS_MAX,
                           mgh_reading_get_key (reading));
                meter->hint[i] = G_MAXUINT32;
                continue;
            }
        } else if (!point->checked) {
            changed |= meter_check_meaning (meter, point, reading);
        }
        meter->hint[i] = mg_point_get_index (point->public);
    }
    return changed;
}

/* The device that answers says who it is: learned when nothing was known, told when it is another one. */
static gboolean meter_learn_identity (Meter *meter, const MgIdentity *identity)
{
    g_autofree char *text = model_identity_text (identity);

    if (*text == '\0' || g_str_equal (text, meter->identity))
        return FALSE;
    if (*meter->identity == '\0') {
        g_free (meter->identity);
        meter->identity = g_steal_pointer (&text);
        StoreDevice device = meter_device (meter);
        store_put_device (meter->model->store, &device);
        return TRUE;
    }
    if (!meter->identity_told) {
        g_autofree char *subject = g_strdup_printf ("meter:%u", meter->view.id);
        journal_raise (meter->model->journal, "meter.identity-changed", subject, NULL, "known", meter->identity,
                       "answers", text, NULL);
        meter->identity_told = TRUE;
    }
    return FALSE;
}

static gboolean reading_differs (const MgMeterNow *now, guint index, const MgReading *reading)
{
    const MgReading *before = mg_meter_now_get_reading (now, index);

    if (before == NULL || mg_reading_get_quality (before) != mg_reading_get_quality (reading))
        return TRUE;
    MgValue a = mg_reading_get_value (before), b = mg_reading_get_value (reading);
    if (a.type != b.type)
        return TRUE;
    switch (a.type) {
    case MG_VALUE_DECIMAL:
        return mg_value_compare (a, b) != 0;
    case MG_VALUE_TEXT:
    case MG_VALUE_BYTES:
        return a.len != b.len || memcmp (a.v.data, b.v.data, a.len) != 0;
    default:
        return FALSE; /* a clock that goes on is no change */
    }
}

/* What "one a slot" counts: the due time, or the quarter of an hour of a meter that speaks by itself. */
gint64 meter_slot (const MgReadout *readout)
{
    gint64 due_ms = mg_readout_get_due_ms (readout);

    return due_ms != 0 ? due_ms : mg_readout_get_at_ms (readout) / (15 * 60000);
}

/* `now` is the state before this readout. */
static gboolean meter_keeps (Meter *meter, const MgReadout *readout)
{
    if (mg_readout_get_kind (readout) != MG_READOUT_LIVE || g_str_equal (meter->keep, "all"))
        return TRUE;
    if (g_str_equal (meter->keep, "live"))
        return FALSE;
    if (g_str_equal (meter->keep, "slot")) {
        gint64 slot = meter_slot (readout);
        gboolean first = slot != meter->kept_slot;
        meter->kept_slot = slot;
        return first;
    }
    for (guint i = 0; i < mgh_readout_get_n (readout); i++)
        if (meter->hint[i] != G_MAXUINT32 &&
            reading_differs (meter->view.now, meter->hint[i], mgh_readout_get_reading (readout, i)))
            return TRUE;
    return FALSE;
}

static void meter_returned (Meter *meter, const MgReadout *readout)
{
    ModelMeter *v = &meter->view;

    v->missed = 0;
    if (!v->silent)
        return;
    v->silent = FALSE;
    g_autofree char *subject = g_strdup_printf ("meter:%u", v->id);
    store_gap_close (meter->model->store, v->device, mg_readout_get_at_ms (readout));
    journal_raise (meter->model->journal, "meter.returned", subject, NULL, "address", meter->address, "channel",
                   meter->channel, NULL);
}

void model_take (Model *model, guint32 device, MgReadout *readout)
{
    Meter *meter = g_hash_table_lookup (model->by_device, GUINT_TO_POINTER (device));

    if (meter == NULL)
        return;
    gboolean live = mg_readout_get_kind (readout) != MG_READOUT_BACKFILL;
    gboolean changed = meter_place_readings (meter, readout);
    if (live) {
        changed |= meter_learn_identity (meter, mgh_readout_get_identity (readout));
        meter_returned (meter, readout);
    }
    if (changed)
        meter_refresh (meter);
    meter->view.readouts++;
    if (meter_keeps (meter, readout))
        store_append (model->store, device, readout, meter->hint);
    if (live)
        meter_set_now (meter, mgh_meter_now_next (meter->view.now, meter->view.meter, readout, meter->hint, FALSE));
    if (live && meter->first_wanted)
        meter_tell_first (meter);
}

void model_missed (Model *model, guint32 device, gint64 due_ms, const GError *why)
{
    Meter *meter = g_hash_table_lookup (model->by_device, GUINT_TO_POINTER (device));

    if (meter == NULL)
        return;
    ModelMeter *v = &meter->view;
    if (v->missed++ == 0)
        meter->first_missed_ms = due_ms;
    if (v->silent || v->missed < MISSES_SILENT)
        return;
    v->silent = TRUE;
    g_autofree char *subject = g_strdup_printf ("meter:%u", v->id);
    store_gap_open (model->store, device, meter->first_missed_ms);
    journal_raise (model->journal, "meter.silent", subject, NULL, "address", meter->address, "channel", meter->channel,
                   "reason", why->message, NULL);
    meter_set_now (meter, mgh_meter_now_next (v->now, v->meter, NULL, NULL, TRUE));
}
