/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * model.h: meters, devices, points and the live values.
 *
 * A meter is a place; the device mounted there comes and goes. A point is one quantity of a meter, found by the key
 * that the driver guarantees for ever; an index is never given to another point. What a person set by hand is stored
 * apart and wins.
 *
 * Main loop only, unless a function says otherwise. The objects handed out (MgMeter, MgMeterNow, ModelCatalogue) are
 * immutable and may go to any thread.
 */
#pragma once

#include <host/mgh-model.h>
#include <store/store.h>

G_BEGIN_DECLS

typedef struct _Model Model;

#define MODEL_ERROR (model_error_quark ())
GQuark model_error_quark (void);
typedef enum {
    MODEL_ERROR_UNKNOWN = 1, /* no such meter or point */
    MODEL_ERROR_INVALID = 2, /* a text that makes no sense: the message says what was expected */
    MODEL_ERROR_TAKEN = 3    /* another meter has that channel and address */
} ModelError;

/* What the model asks of others; handed in by main. NULL functions take everything as it is. */
typedef struct {
    gpointer data;
    /* how outputs name the kind of a channel: "MBus"; NULL: there is no such channel now */
    const char *(*interface_of) (gpointer data, const char *channel);
    /* brings an address into the one normal form of the channel's driver (*normal, full) and checks it */
    gboolean (*check_address) (gpointer data, const char *channel, const char *address, char **normal, GError **error);
} ModelLinks;

/* Loads everything from the store, with the last values of each meter. */
Model *model_new (Store *store, Journal *journal, const ModelLinks *links, GError **error);
void model_free (Model *model);

/* ---- what is there */

/* A meter as the acquire room and the API see it; strings live until the next change of that meter. */
typedef struct {
    guint32 id, device; /* device: the one mounted now */
    const char *uid, *label, *channel, *address;
    const char *identity; /* "KAM-06855817-8-4", or "" */
    const char *keep;     /* "all", "slot", "change", "live" */
    const char *cycle;    /* schedule text of its own; NULL: the channel's */
    guint32 medium;
    gint64 rev;            /* rises with each change that a person makes of the meter */
    guint32 device_before; /* the device that was exchanged for this one since the start; 0: none */
    gboolean active, silent;
    guint missed;     /* reads in a row that failed */
    guint64 readouts; /* taken since the start */
    MgMeter *meter;
    MgMeterNow *now;
} ModelMeter;

guint model_get_n_meters (Model *model);
typedef void (*ModelMeterFunc) (const ModelMeter *meter, gpointer data);
void model_foreach (Model *model, ModelMeterFunc func, gpointer data); /* by id, rising */
const ModelMeter *model_find (Model *model, guint32 id);               /* NULL: none */
const ModelMeter *model_find_device (Model *model, guint32 device);    /* NULL: not mounted now */

/* Other channels run now: makes what is handed out anew where the kind of a channel changed. */
void model_refresh_all (Model *model);

/* Called after a change of a meter's description; meter NULL: it was removed. */
typedef void (*ModelChanged) (gpointer data, guint32 id, const ModelMeter *meter);
void model_listen (Model *model, ModelChanged func, gpointer data);
/* Called with each new live state. */
typedef void (*ModelUpdated) (gpointer data, const MgMeterNow *now);
void model_listen_values (Model *model, ModelUpdated func, gpointer data);

/* An immutable picture of all meters, for those who work in threads of their own. Any thread may read and free it. */
typedef struct _ModelCatalogue ModelCatalogue;
ModelCatalogue *model_catalogue (Model *model); /* full */
void model_catalogue_free (ModelCatalogue *catalogue);
guint model_catalogue_meters (const ModelCatalogue *catalogue, const MgMeter *const **meters);
const MgMeter *model_catalogue_of_device (const ModelCatalogue *catalogue,
                                          gint64 device); /* past devices too; or NULL */

/* ---- the data path */

/* A finished readout of a device arrived. Finds or appends points, makes the next MgMeterNow, keeps what the meter's
 * policy says. A readout of a device that is not mounted any more is dropped. The caller keeps its reference. */
void model_take (Model *model, guint32 device, MgReadout *readout);
/* A due read failed after all attempts. The third in a row makes the meter silent: one gap row, one event. */
void model_missed (Model *model, guint32 device, gint64 due_ms, const GError *why);

/* ---- the meter list as people exchange it: label;channel;address;identity;medium;cycle;keep;tags */

typedef struct {
    guint added, changed, unchanged;
} ModelImport;
/* All or nothing: with any bad line nothing is changed, and the error names the bad lines (the first ten). A known
 * place (channel and address) is changed, an unknown one added; meters that are not in the text stay. */
gboolean model_import_csv (Model *model, const char *text, gsize len, ModelImport *result, GError **error);
/* A device was found at this address of a channel, `identity` NULL: it does not say who it is. A known place, and a
 * known identity wherever it is, is not added again. Returns the meter. */
const ModelMeter *model_found (Model *model, const char *channel, const char *address, const MgIdentity *identity,
                               gboolean *added);
char *model_export_csv (Model *model);                            /* full */
gboolean model_remove (Model *model, guint32 id, GError **error); /* the history stays */
/* ---- one meter at a time */

/* The columns of the meter list; NULL: as it is, or what it is without being told. Texts are checked as in the list. */
typedef struct {
    const char *label, *channel, *address, *identity, *medium, *cycle, *keep, *tags;
} ModelPlace;

/* Adds a meter at a channel and address of its own; `id` gets its number. */
gboolean model_add (Model *model, const ModelPlace *place, guint32 *id, GError **error);

/* Changes label, medium ("": what the device says), cycle ("": the channel's), keep and tags; active: TRUE, FALSE or -1
 * (as it is). Channel, address and identity are the device's: see model_exchange (). */
gboolean model_edit (Model *model, guint32 id, const ModelPlace *changes, gint active, GError **error);

/*
 * Another device hangs at the meter's place from now on: the old one is closed with its last readings (event
 * meter.exchanged), the new one begins without values; its first readout is the event meter.first-reading. Points keep
 * their numbers; what was kept of the old device stays its own. `address` NULL: the same as before; `identity` NULL or
 * "": learned from the device.
 */
gboolean model_exchange (Model *model, guint32 id, const char *address, const char *identity, const char *actor,
                         GError **error);

/* What a person sets of a point: "label", "obis", "unit", "description", "active" ("yes", "no"). NULL: back to the
 * driver's. */
gboolean model_set_by_hand (Model *model, guint32 id, const char *key, const char *what, const char *value,
                            GError **error);

/* "KAM-06855817-8-4": manufacturer, serial, version, medium. "" without a serial number. */
char *model_identity_text (const MgIdentity *identity); /* full */
gboolean model_identity_parse (const char *text, char **manufacturer, char **serial, guint *version, guint *medium);

G_END_DECLS
