/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mgh-model.h: builders of the immutable objects that formats and services see. Host side: for the daemon and for tests, not installed, no ABI promise. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/* All of these are immutable once made, reference-counted (atomic), and may be shared over threads. */
typedef struct {
    const char       *key, *label;  /* label: as a person set it, or NULL */
    const char       *description;  /* as a person set it, or NULL */
    MgMeaning         meaning;      /* corrected by a person already; strings and `states` are copied (states: shallow) */
    gboolean          active;
    const char *const *tags;        /* "key=value", NULL-ended, or NULL */
} MghPointInfo;

MgPoint *mgh_point_new (guint index, const MghPointInfo *info); /* full */
MgPoint *mgh_point_ref (MgPoint *p);
void     mgh_point_unref (MgPoint *p);
const char *mgh_point_get_description (const MgPoint *p);       /* NULL: none set by hand */

typedef struct {
    guint32           id, device;   /* the store's ids of meter and of the device mounted now (0: none) */
    const char       *uid, *label, *channel, *address;
    const char       *interface;    /* how outputs name the channel's kind: "MBus", "wMBus", "S0", "DLDRS", "System" */
    MgIdentity        identity;
    gboolean          active;
    const char *const *tags;        /* "key=value" */
    const MgCommand *const *commands; /* what the device offers, NULL-ended, or NULL; shallow: tables of modules, which stay loaded */
} MghMeterInfo;

MgMeter *mgh_meter_new (const MghMeterInfo *info, MgPoint *const *points, guint n_points); /* full; takes references */
MgMeter *mgh_meter_ref (const MgMeter *m);
void     mgh_meter_unref (MgMeter *m);
guint32  mgh_meter_get_device (const MgMeter *m);
gboolean mgh_meter_is_active (const MgMeter *m);
const char *mgh_meter_get_interface (const MgMeter *m);
const char *const *mgh_meter_get_all_tags (const MgMeter *m);   /* "key=value" */

/* nothing read yet; then each readout makes the next: indices[i] is the point of reading i, G_MAXUINT32 leaves it out. Of the readout
 * a copy without keys, meanings and identity is kept, which takes a third of the memory: those are the point's */
MgMeterNow *mgh_meter_now_new (const MgMeter *m);
MgMeterNow *mgh_meter_now_next (const MgMeterNow *old, const MgMeter *m, const MgReadout *readout /* NULL: none */, const guint32 *indices, gboolean silent);

MgItem  *mgh_item_new_readout (const MgMeter *m, const MgReadout *readout, const guint32 *indices, guint n); /* seq is the readout's */
MgItem  *mgh_item_new_event (gint64 seq, MgEvent *event /* full */, const MgMeter *m /* or NULL */);
MgItem  *mgh_item_select (const MgItem *item, const MgSelector *selector); /* full; NULL: nothing of it is selected */

typedef struct {
    gint64 at_ms;
    const char *code, *subject, *actor, *text;
    guint32 severity;
    const char *const *params; /* name, value, ... NULL */
} MghEventInfo;
MgEvent *mgh_event_new (const MghEventInfo *info);              /* full */
void     mgh_event_unref (MgEvent *e);

/* "tag:panel=east quantity:power.* meter:LABEL channel:mbus1 medium:heat key:0.0.0.0:00 active:all"; words are and-ed, the same
 * word twice is or-ed; "" or "*" is everything active */
MgSelector *mgh_selector_parse (const char *text, GError **error); /* full */
void        mgh_selector_free (MgSelector *s);
gboolean    mgh_selector_matches_meter (const MgSelector *s, const MgMeter *meter); /* its words about meters alone */
gboolean    mgh_selector_is_all (const MgSelector *s);          /* picks no meter out: no tag, meter, channel, medium, key, quantity */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgMeter, mgh_meter_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgPoint, mgh_point_unref)
G_END_DECLS
