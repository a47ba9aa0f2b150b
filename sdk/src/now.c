/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* now.c: the live state of one meter: for each point the reading that came last, each holding on to its readout. */
#include <metergate.h>

#include <host/mgh-model.h>
#include <host/mgh-readout.h>

#include "readout.h"

struct _MgMeterNow {
    gint refs;
    gboolean silent;
    MgMeter *meter;
    guint n;
    const MgReading
        *readings[]; /* by point; NULL: never read. A reading knows its readout, which is what is referenced */
};

/* Points that follow each other mostly came in one readout: one step for each such run. */
static void now_each_readout (const MgMeterNow *now, void (*func) (const MgReadout *r, guint n))
{
    for (guint i = 0, end; i < now->n; i = end) {
        const MgReadout *r = now->readings[i] != NULL ? mg_reading_get_readout (now->readings[i]) : NULL;

        for (end = i + 1; end < now->n && r != NULL && now->readings[end] != NULL; end++)
            if (mg_reading_get_readout (now->readings[end]) != r)
                break;
        if (r != NULL)
            func (r, end - i);
    }
}

static MgMeterNow *now_new (const MgMeter *m, gboolean silent)
{
    guint n = mg_meter_get_n_points (m);
    MgMeterNow *now = g_malloc0 (sizeof *now + n * sizeof now->readings[0]);

    now->refs = 1;
    now->silent = silent;
    now->meter = mgh_meter_ref (m);
    now->n = n;
    return now;
}

MgMeterNow *mgh_meter_now_new (const MgMeter *m)
{
    return now_new (m, FALSE);
}

MgMeterNow *mgh_meter_now_next (const MgMeterNow *old, const MgMeter *m, const MgReadout *readout,
                                const guint32 *indices, gboolean silent)
{
    MgMeterNow *now = now_new (m, silent);
    MgReadout *lasting = readout != NULL ? readout_without_meaning (readout) : NULL;

    for (guint i = 0; old != NULL && i < MIN (old->n, now->n); i++)
        now->readings[i] = old->readings[i];
    for (guint i = 0; lasting != NULL && i < mgh_readout_get_n (lasting); i++)
        if (indices[i] < now->n)
            now->readings[indices[i]] = mgh_readout_get_reading (lasting, i);
    now_each_readout (now, readout_ref_many);
    mg_readout_unref (lasting);
    return now;
}

MgMeterNow *mg_meter_now_ref (const MgMeterNow *now)
{
    MgMeterNow *own = (MgMeterNow *) now; /* immutable but for its count */

    g_atomic_int_inc (&own->refs);
    return own;
}

void mg_meter_now_unref (MgMeterNow *now)
{
    if (now == NULL || !g_atomic_int_dec_and_test (&now->refs))
        return;
    now_each_readout (now, readout_unref_many);
    mgh_meter_unref (now->meter);
    g_free (now);
}

const MgMeter *mg_meter_now_get_meter (const MgMeterNow *now)
{
    return now->meter;
}

gboolean mg_meter_now_is_silent (const MgMeterNow *now)
{
    return now->silent;
}

const MgReading *mg_meter_now_get_reading (const MgMeterNow *now, guint index)
{
    return index < now->n ? now->readings[index] : NULL;
}
