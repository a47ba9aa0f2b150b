/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* readout-view.c: readouts for those who read them. */
#include <metergate.h>

#include <host/mgh-readout.h>

#include "readout.h"

MgDevice *mgh_readout_get_device (const MgReadout *r)
{
    return r->device;
}

guint mgh_readout_get_n (const MgReadout *r)
{
    return r->n;
}

const MgReading *mgh_readout_get_reading (const MgReadout *r, guint i)
{
    g_return_val_if_fail (i < r->n, NULL);
    return readout_slot (r, i);
}

const char *mgh_reading_get_key (const MgReading *reading)
{
    return reading->key;
}

const MgMeaning *mgh_reading_get_meaning (const MgReading *reading)
{
    return reading->meaning;
}

const MgIdentity *mgh_readout_get_identity (const MgReadout *r)
{
    return r->identity;
}

MgValue mgh_readout_get_clock (const MgReadout *r)
{
    return r->clock;
}

MgValue mgh_readout_get_backfill (const MgReadout *r)
{
    return r->backfill;
}

const GError *mgh_readout_get_error (const MgReadout *r)
{
    return r->error;
}

gint64 mg_readout_get_seq (const MgReadout *r)
{
    return r->seq;
}

guint32 mg_readout_get_kind (const MgReadout *r)
{
    return r->kind;
}

gint64 mg_readout_get_at_ms (const MgReadout *r)
{
    return r->at_ms;
}

gint64 mg_readout_get_due_ms (const MgReadout *r)
{
    return r->due_ms;
}

guint32 mg_readout_get_status (const MgReadout *r)
{
    return r->status;
}

GBytes *mg_readout_get_frame (const MgReadout *r)
{
    return r->frame;
}

MgValue mg_reading_get_value (const MgReading *r)
{
    return r->value;
}

guint32 mg_reading_get_quality (const MgReading *r)
{
    return r->quality;
}

const MgReadout *mg_reading_get_readout (const MgReading *r)
{
    return r->readout;
}

MgValue mg_reading_get_device_time (const MgReading *r)
{
    return r->device_time;
}

const guint8 *mg_reading_get_raw (const MgReading *r, gsize *len, gsize *head_len)
{
    if (len != NULL)
        *len = r->raw_len;
    if (head_len != NULL)
        *head_len = r->raw_head_len;
    return r->raw;
}
