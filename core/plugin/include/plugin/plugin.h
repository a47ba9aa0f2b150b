/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plugin.h: finds, probes, loads and guards plugin files.
 *
 * A file `<kind>-<feature>.so` is first asked for its owner and mode, then probed in a child process (verdict cached by path, size,
 * mtime and inode), then asked for the true reason by dlopen (RTLD_NOW | RTLD_LOCAL), then loaded resident by libltdl. What is refused stays
 * in the list with its reason and remedy; the gateway runs on. Everything in here but the runner is called on the main loop.
 */
#pragma once

#include <journal/journal.h>
#include <config/config.h>

G_BEGIN_DECLS

typedef struct _PluginRoom PluginRoom;
typedef struct _PluginFeature PluginFeature; /* one feature of one accepted module; lives as long as the room */

typedef struct {
    const char *const *folders;      /* NULL-ended */
    const char *cache_file;          /* verdicts of probes; NULL: none kept */
    const char *crash_file;          /* the memory-mapped marks of who is in a call; NULL: none */
    uid_t       extra_owner;         /* who may own plugin files beside root: the daemon's user */
    const char *const *disabled;     /* feature names that a person switched off; NULL-ended, or NULL */
} PluginOptions;

typedef struct {
    const char *path, *file;         /* "/usr/lib/.../driver-mbus.so", "driver-mbus.so" */
    gboolean    accepted;
    const char *reason, *remedy;     /* why refused, what to do; NULL when accepted */
    const MgModule *module;          /* NULL when refused */
} PluginInfo;

/* Never NULL. At once reads who was in a call when the last process died of a signal: plugin_last_crash (). */
PluginRoom *plugin_room_new (const PluginOptions *options, Journal *journal);
void        plugin_room_free (PluginRoom *room);
void        plugin_room_scan (PluginRoom *room);                     /* loads all that is found; events for what is refused */
guint       plugin_room_list (PluginRoom *room, const PluginInfo **infos);
/* NULL with an error that says which names there are, or why that file was refused */
const PluginFeature *plugin_room_find (PluginRoom *room, MgKind kind, const char *name, GError **error);

const char *plugin_feature_name (const PluginFeature *f);             /* "mbus" */
const char *plugin_feature_plugin (const PluginFeature *f);           /* "driver-mbus" */
guint32     plugin_feature_kind (const PluginFeature *f);
/* The plugin's functions, copied into a struct of our size: what an older plugin does not know is NULL. For tables and flags; call
 * through the runner only. */
const MgDriverOps    *plugin_feature_driver (const PluginFeature *f);
const MgFormatOps    *plugin_feature_format (const PluginFeature *f);
const MgTransportOps *plugin_feature_transport (const PluginFeature *f);
const MgServiceOps   *plugin_feature_service (const PluginFeature *f);

/* ---- the guarded runner: the only place that calls a plugin. Any thread. It marks the thread as being in that plugin's call (who
 * crashes is named after the restart), measures, reports FALSE without an error and TRUE with one as bugs of that plugin
 * (MG_ERROR_INTERNAL), and puts the plugin's name in front of errors. */
gpointer plugin_driver_create (const PluginFeature *f, MgHost *host, const MgConfig *channel, GError **error);
void     plugin_driver_destroy (const PluginFeature *f, gpointer self);
gboolean plugin_driver_open (const PluginFeature *f, gpointer self, MgCall *call, GError **error);   /* TRUE when it has none */
void     plugin_driver_close (const PluginFeature *f, gpointer self, MgCall *call);
gboolean plugin_driver_device_check (const PluginFeature *f, const MgConfig *device, GError **error);
gboolean plugin_driver_device_new (const PluginFeature *f, gpointer self, MgDevice *device, GError **error); /* sets the device's data */
void     plugin_driver_device_free (const PluginFeature *f, gpointer self, MgDevice *device);
gboolean plugin_driver_read (const PluginFeature *f, gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error);
gboolean plugin_driver_listen (const PluginFeature *f, gpointer self, MgCall *call, GError **error);
gboolean plugin_driver_probe (const PluginFeature *f, gpointer self, MgDevice *device, MgCall *call, MgFound *found, GError **error);
gboolean plugin_driver_scan (const PluginFeature *f, gpointer self, const MgConfig *options, MgCall *call, GError **error);
gboolean plugin_driver_command (const PluginFeature *f, gpointer self, MgDevice *device, MgCommandCall *command, MgCall *call, MgReadout *out, GError **error);
gboolean plugin_driver_decode (const PluginFeature *f, const MgConfig *device, const guint8 *frame, gsize len, MgCall *call, MgReadout *out, GError **error);
gpointer plugin_format_create (const PluginFeature *f, MgHost *host, const MgConfig *config, GError **error);
void     plugin_format_destroy (const PluginFeature *f, gpointer self);
gboolean plugin_format_begin (const PluginFeature *f, gpointer self, MgOutput *out, MgCall *call, GError **error);
gboolean plugin_format_item (const PluginFeature *f, gpointer self, const MgItem *item, MgOutput *out, MgCall *call, GError **error);
gboolean plugin_format_end (const PluginFeature *f, gpointer self, MgOutput *out, MgCall *call, GError **error);
gpointer plugin_transport_create (const PluginFeature *f, MgHost *host, const MgConfig *config, GError **error);
void     plugin_transport_destroy (const PluginFeature *f, gpointer self);
gboolean plugin_transport_open (const PluginFeature *f, gpointer self, MgCall *call, GError **error);
void     plugin_transport_close (const PluginFeature *f, gpointer self, MgCall *call);
gboolean plugin_transport_deliver (const PluginFeature *f, gpointer self, MgDelivery *delivery, MgCall *call, GError **error);

typedef struct { guint64 calls, failures, bugs; gint64 longest_us, total_us; } PluginStatistics;
void     plugin_feature_get_statistics (const PluginFeature *f, PluginStatistics *out);

G_END_DECLS
