/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meter.h: what the model keeps of a meter, for the files of this room. */
#pragma once

#include <model/model.h>

#include <host/mgh-names.h>

#define MISSES_SILENT 3    /* missed cycles until a meter counts as silent (contracts.md) */
#define POINTS_MAX    2000 /* of one meter; a driver that makes up keys must not fill the store */

typedef struct {
    MgPoint *public;
    char *by_hand;     /* JSON object; NULL: a person set nothing */
    MgPoint *original; /* as the driver said it, when by_hand changes the meaning; else NULL */
    gboolean checked;  /* the driver's meaning was compared since the start */
} Point;

typedef struct {
    ModelMeter view;
    Model *model;
    char *uid, *label, *channel, *address, *identity, *keep, *cycle, *settings;
    gint64 from_seq;    /* of the device mounted now */
    char **tags;        /* "key=value", NULL-ended, never NULL */
    GPtrArray *points;  /* Point, by index */
    GHashTable *by_key; /* key of the point -> Point; NULL while they are few */
    guint32 *hint;      /* point of each reading in the readout before: most readouts are alike */
    guint n_hint;
    gint64 first_missed_ms, kept_slot;
    gint64 rev;
    gboolean identity_told; /* another device than known answers; told once */
    gboolean first_wanted;  /* the first readout after an exchange is an event */
    gboolean removed;       /* while loading: only its history is there */
} Meter;

struct _Model {
    Store *store;
    Journal *journal;
    ModelLinks links;
    GPtrArray *meters;             /* Meter, by id, rising */
    GHashTable *by_id, *by_device; /* guint32 -> Meter */
    GHashTable *past;              /* device id -> MgMeter, of devices that are not mounted any more */
    gint64 next_meter, next_device;
    GArray *listeners, *value_listeners;
};

/* load.c */
gboolean model_load (Model *model, GError **error);
Meter *meter_new (Model *model, const StoreMeter *row);
void meter_free (gpointer meter);
void meter_mount (Meter *meter, const StoreDevice *device);
/* model.c: after any change of the description; tells the listeners */
void meter_refresh (Meter *meter);
void meter_set_now (Meter *meter, MgMeterNow *now);
void meter_store (Meter *meter);                                 /* queues the meter's row, its device's and its tags */
MgMeter *meter_public (Meter *meter, const StoreDevice *device); /* full; as seen while that device is mounted */
StoreDevice meter_device (const Meter *meter);                   /* the mounted one; strings are the meter's */
/* take.c */
gint64 meter_slot (const MgReadout *readout);
/* point.c */
void point_free (gpointer point);
Point *meter_load_point (Meter *meter, const StorePoint *row);
Point *meter_find_point (Meter *meter, const char *key);
Point *meter_append_point (Meter *meter, const MgReading *reading);
gboolean meter_check_meaning (Meter *meter, Point *point, const MgReading *reading); /* TRUE: the driver corrected it */

/* exchange.c */
void meter_tell_first (Meter *meter); /* after the first readout of a new device: says what it read */
void meter_load_first (Meter *meter); /* at start: is its first readout still to come? */

/* csv-read.c: rows of cells out of RFC 4180 text; the separator is the one of the header line */
typedef struct {
    guint line;       /* where the row begins, from 1 */
    GPtrArray *cells; /* char * */
} CsvRow;
GPtrArray *csv_read (const char *text, gsize len, GError **error); /* full; of CsvRow */
