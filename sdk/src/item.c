/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* item.c: an entry of the one sequence as outputs and services see it: a readout, cut down to what was selected, or an
 * event. */
#include <metergate.h>

#include <host/mgh-model.h>
#include <host/mgh-readout.h>
#include <string.h>

struct _MgEvent {
    gint refs;
    gint64 at_ms;
    guint32 severity;
    char *code, *subject, *actor, *text;
    char **params; /* name, value, ... NULL */
};

typedef struct {
    const MgReading *reading;
    const MgPoint *point;
} ItemEntry;

struct _MgItem {
    gint64 seq;
    MgMeter *meter;
    MgReadout *readout;
    MgEvent *event;
    guint n;
    ItemEntry entries[];
};

MgEvent *mgh_event_new (const MghEventInfo *info)
{
    MgEvent *e = g_new0 (MgEvent, 1);

    e->refs = 1;
    e->at_ms = info->at_ms;
    e->severity = info->severity;
    e->code = g_strdup (info->code != NULL ? info->code : "");
    e->subject = g_strdup (info->subject != NULL ? info->subject : "");
    e->actor = g_strdup (info->actor != NULL ? info->actor : "");
    e->text = g_strdup (info->text != NULL ? info->text : "");
    e->params = g_strdupv ((char **) info->params);
    return e;
}

void mgh_event_unref (MgEvent *e)
{
    if (e == NULL || !g_atomic_int_dec_and_test (&e->refs))
        return;
    g_free (e->code);
    g_free (e->subject);
    g_free (e->actor);
    g_free (e->text);
    g_strfreev (e->params);
    g_free (e);
}

gint64 mg_event_get_at_ms (const MgEvent *e)
{
    return e->at_ms;
}

const char *mg_event_get_code (const MgEvent *e)
{
    return e->code;
}

guint32 mg_event_get_severity (const MgEvent *e)
{
    return e->severity;
}

const char *mg_event_get_param (const MgEvent *e, const char *name)
{
    for (char **p = e->params; p != NULL && p[0] != NULL && p[1] != NULL; p += 2)
        if (strcmp (p[0], name) == 0)
            return p[1];
    if (strcmp (name, "subject") == 0)
        return e->subject;
    return strcmp (name, "actor") == 0 ? e->actor : NULL;
}

const char *mg_event_get_text (const MgEvent *e)
{
    return e->text;
}

static MgItem *item_new (gint64 seq, const MgMeter *m, guint room)
{
    MgItem *item = g_malloc (sizeof *item + room * sizeof item->entries[0]);

    item->seq = seq;
    item->meter = m != NULL ? mgh_meter_ref (m) : NULL;
    item->readout = NULL;
    item->event = NULL;
    item->n = 0;
    return item;
}

MgItem *mgh_item_new_readout (const MgMeter *m, const MgReadout *readout, const guint32 *indices, guint n)
{
    MgItem *item;

    g_return_val_if_fail (n <= mgh_readout_get_n (readout), NULL);
    item = item_new (mg_readout_get_seq (readout), m, n);
    item->readout = mg_readout_ref (readout);
    for (guint i = 0; i < n; i++) {
        const MgPoint *point = mg_meter_get_point (m, indices[i]);

        if (point != NULL)
            item->entries[item->n++] = (ItemEntry){ mgh_readout_get_reading (readout, i), point };
    }
    return item;
}

MgItem *mgh_item_new_event (gint64 seq, MgEvent *event, const MgMeter *m)
{
    MgItem *item = item_new (seq, m, 0);

    item->event = event;
    return item;
}

/* An event of a meter goes where that meter goes; one of the gateway itself where no meter is picked out. */
static gboolean item_event_selected (const MgItem *item, const MgSelector *selector)
{
    return item->meter != NULL ? mgh_selector_matches_meter (selector, item->meter) : mgh_selector_is_all (selector);
}

MgItem *mgh_item_select (const MgItem *item, const MgSelector *selector)
{
    MgItem *cut;

    if (item->event != NULL) {
        if (!item_event_selected (item, selector))
            return NULL;
        g_atomic_int_inc (&item->event->refs);
        return mgh_item_new_event (item->seq, item->event, item->meter);
    }
    cut = item_new (item->seq, item->meter, item->n);
    cut->readout = mg_readout_ref (item->readout);
    for (guint i = 0; i < item->n; i++)
        if (mg_selector_matches (selector, item->meter, item->entries[i].point))
            cut->entries[cut->n++] = item->entries[i];
    if (cut->n == 0 && (item->n > 0 || !mgh_selector_matches_meter (selector, item->meter)))
        g_clear_pointer (&cut, mg_item_free);
    return cut;
}

void mg_item_free (MgItem *item)
{
    if (item == NULL)
        return;
    mgh_meter_unref (item->meter);
    mg_readout_unref (item->readout);
    mgh_event_unref (item->event);
    g_free (item);
}

gint64 mg_item_get_seq (const MgItem *item)
{
    return item->seq;
}

const MgReadout *mg_item_get_readout (const MgItem *item)
{
    return item->readout;
}

const MgEvent *mg_item_get_event (const MgItem *item)
{
    return item->event;
}

const MgMeter *mg_item_get_meter (const MgItem *item)
{
    return item->meter;
}

guint mg_item_get_n_readings (const MgItem *item)
{
    return item->n;
}

const MgReading *mg_item_get_reading (const MgItem *item, guint i)
{
    return i < item->n ? item->entries[i].reading : NULL;
}

const MgPoint *mg_item_get_point (const MgItem *m, guint i)
{
    return i < m->n ? m->entries[i].point : NULL;
}
