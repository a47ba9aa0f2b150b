/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image.c: one instance's array of all meters. A readout's time is a label of the wall clock, which may be set; so the
 * image notes the monotonic time of each when it comes, and tells ages by that.
 */
#include <metergate.h>

#include "image.h"

#include <host/mgh-readout.h>

void image_init (Image *image)
{
    image->meters = g_ptr_array_new_with_free_func ((GDestroyNotify) mg_meter_now_unref);
    image->born = g_hash_table_new_full (NULL, NULL, NULL, g_free);
}

void image_clear (Image *image)
{
    g_hash_table_unref (image->born);
    g_ptr_array_unref (image->meters);
}

static guint32 now_id (const MgMeterNow *now)
{
    return mg_meter_get_id (mg_meter_now_get_meter (now));
}

static guint image_place (const Image *image, guint32 id)
{
    guint low = 0, high = image->meters->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (now_id (image->meters->pdata[middle]) < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const MgMeterNow *image_find (const Image *image, guint32 id)
{
    guint at = image_place (image, id);

    return at < image->meters->len && now_id (image->meters->pdata[at]) == id ? image->meters->pdata[at] : NULL;
}

static const MgReadout *now_readout (const MgMeterNow *now, guint i)
{
    const MgReading *reading = mg_meter_now_get_reading (now, i);

    return reading != NULL ? mg_reading_get_readout (reading) : NULL;
}

static guint now_n_points (const MgMeterNow *now)
{
    return mg_meter_get_n_points (mg_meter_now_get_meter (now));
}

static void image_note_births (Image *image, const MgMeterNow *now, ImageTime came)
{
    const MgReadout *last = NULL; /* points of one readout mostly follow each other */

    for (guint i = 0; i < now_n_points (now); i++) {
        const MgReadout *readout = now_readout (now, i);
        if (readout == NULL || readout == last)
            continue;
        last = readout;
        gint64 age_ms = came.wall_ms - mg_readout_get_at_ms (readout);
        /* labelled by a clock that went ahead: nobody knows how old it is */
        if (age_ms < -1000 || g_hash_table_contains (image->born, readout))
            continue;
        gint64 *born_us = g_new (gint64, 1);
        *born_us = came.mono_us - MAX (age_ms, 0) * 1000;
        g_hash_table_insert (image->born, (gpointer) readout, born_us);
    }
}

static gboolean now_has (const MgMeterNow *now, const MgReadout *readout)
{
    for (guint i = 0; now != NULL && i < now_n_points (now); i++)
        if (now_readout (now, i) == readout)
            return TRUE;
    return FALSE;
}

static void image_forget_births (Image *image, const MgMeterNow *old, const MgMeterNow *now)
{
    const MgReadout *last = NULL;

    for (guint i = 0; i < now_n_points (old); i++) {
        const MgReadout *readout = now_readout (old, i);
        if (readout == NULL || readout == last)
            continue;
        last = readout;
        if (!now_has (now, readout))
            g_hash_table_remove (image->born, readout);
    }
}

MgMeterNow *image_put (Image *image, MgMeterNow *now, ImageTime came)
{
    guint at = image_place (image, now_id (now));
    MgMeterNow *old = NULL;

    image_note_births (image, now, came);
    if (at < image->meters->len && now_id (image->meters->pdata[at]) == now_id (now)) {
        old = image->meters->pdata[at];
        image->meters->pdata[at] = now;
        image_forget_births (image, old, now);
    } else {
        g_ptr_array_insert (image->meters, (gint) at, now);
    }
    return old;
}

MgMeterNow *image_drop (Image *image, guint32 id)
{
    guint at = image_place (image, id);

    if (at >= image->meters->len || now_id (image->meters->pdata[at]) != id)
        return NULL;
    MgMeterNow *old = mg_meter_now_ref (image->meters->pdata[at]);
    g_ptr_array_remove_index (image->meters, at);
    image_forget_births (image, old, NULL);
    return old;
}

gint64 image_age_ms (const Image *image, const MgReading *reading, ImageTime now)
{
    const MgReadout *readout = mg_reading_get_readout (reading);
    const gint64 *born_us = g_hash_table_lookup (image->born, readout);
    gint64 age_ms = now.wall_ms - mg_readout_get_at_ms (readout);

    if (born_us != NULL)
        return MAX (now.mono_us - *born_us, 0) / 1000;
    return age_ms >= 0 ? age_ms : -1; /* not of this image: all that is known is the label */
}
