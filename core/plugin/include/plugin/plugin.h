/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plugin.h: finds, probes, loads and guards plugin files.
 *
 * A file `<kind>-<feature>.so` is first asked for its owner and mode, then loaded in a child process (metergate-probe;
 * the verdict is cached until the file changes), then asked for the true reason by dlopen (RTLD_NOW | RTLD_LOCAL), then
 * loaded resident by libltdl. What is refused stays in the list with its reason and remedy, and the gateway runs on.
 * Everything in here but the runner is called on the main loop; a scan waits for its probes.
 */
#pragma once

#include <journal/journal.h>

#include <sys/types.h>

G_BEGIN_DECLS

typedef struct _PluginRoom PluginRoom;
typedef struct _PluginFeature PluginFeature; /* one feature of one accepted module; lives as long as the room */

typedef struct {
    const char *const
        *folders; /* NULL-ended; what is found in the first wins. A folder that is not there holds no plugins */
    const char *cache_file;      /* verdicts of probes; NULL: none kept */
    const char *crash_file;      /* memory-mapped: which plugin crashed how often; NULL: forgotten with the process */
    uid_t extra_owner;           /* who may own plugin files beside root: the daemon's user */
    const char *const *disabled; /* what a person switched off: "driver-mbus" or "mbus"; NULL-ended, or NULL */
    const char
        *probe; /* the program metergate-probe; NULL: the one built beside this program, else the installed one */
    guint probe_timeout_ms; /* 0: 10 s */
} PluginOptions;

typedef struct {
    const char *path,
        *file; /* "/usr/lib/.../driver-mbus.so", "driver-mbus.so"; a refused folder: its path and its name */
    gboolean accepted;
    const char *reason, *remedy; /* why refused, what to do; NULL when accepted */
    const MgModule *module;      /* NULL when refused */
} PluginInfo;

/* Somebody crashed in a plugin, in this process or in an earlier one. */
typedef struct {
    const char *plugin, *function; /* "driver-acme", "read"; "load" while it was loaded */
    const char *signal;            /* "SIGSEGV"; "exit ()" when the plugin ended the process itself */
    gint64 at_ms;                  /* UTC */
    guint crashes;                 /* of this plugin, that are remembered */
    gboolean blocked;              /* the third within 5 minutes: not loaded until plugin_room_enable () */
} PluginCrash;

/* Never NULL. `journal` may be NULL in tests. Installs handlers for deadly signals (one room in a process), raises
 * `plugin.crashed` for each plugin in which the last process died of a signal of its own (a kill from outside or a
 * power loss blames nobody). */
PluginRoom *plugin_room_new (const PluginOptions *options, Journal *journal);
void plugin_room_free (PluginRoom *room); /* no call runs any more, nothing of a feature is used later */

/* Loads all that is found and not loaded yet; events for what is refused. */
void plugin_room_scan (PluginRoom *room);

/* All that was found, in order; the array lives until the next scan. */
guint plugin_room_list (PluginRoom *room, const PluginInfo **infos);

/* NULL with MG_ERROR_CONFIG that says which names there are, or with MG_ERROR_UNSUPPORTED that says why that file was
 * refused. */
const PluginFeature *plugin_room_find (PluginRoom *room, MgKind kind, const char *name, GError **error);

/* A person says so: the crashes of "driver-acme" are forgotten, and the next scan probes and loads it again. FALSE:
 * there was nothing to forget. */
gboolean plugin_room_enable (PluginRoom *room, const char *plugin);

/* The latest crash that the last process left behind; FALSE: none. Lives as long as the room. */
gboolean plugin_room_last_crash (PluginRoom *room, PluginCrash *crash);

const char *plugin_feature_name (const PluginFeature *f);   /* "mbus" */
const char *plugin_feature_plugin (const PluginFeature *f); /* "driver-mbus" */
guint32 plugin_feature_kind (const PluginFeature *f);
/* The plugin's functions, copied into a struct of our size: what an older plugin does not know is NULL. For tables and
 * flags; call through the runner only. */
const MgDriverOps *plugin_feature_driver (const PluginFeature *f);
const MgFormatOps *plugin_feature_format (const PluginFeature *f);
const MgTransportOps *plugin_feature_transport (const PluginFeature *f);
const MgServiceOps *plugin_feature_service (const PluginFeature *f);

/* ---- the guarded runner: the only place that calls a plugin. Any thread.
 *
 * It marks the thread as being in that plugin's call (who crashes is named after the restart), measures, reports FALSE
 * without an error and TRUE with one as bugs of that plugin (FALSE with MG_ERROR_INTERNAL, and the event `plugin.bug`,
 * the first time of each function), and puts the plugin's name in front of errors: "driver-mbus: ...". Functions that a
 * plugin may leave out: without them open and device_check succeed, close and destroy do nothing, read, listen, scan
 * ... fail with MG_ERROR_UNSUPPORTED. What create returns is NULL only with an error, also when the plugin has no
 * create () and so gets NULL as its `self`. */

gpointer plugin_driver_create (const PluginFeature *f, MgHost *host, const MgConfig *channel, GError **error);
void plugin_driver_destroy (const PluginFeature *f, gpointer self);
gboolean plugin_driver_open (const PluginFeature *f, gpointer self, MgCall *call, GError **error);
void plugin_driver_close (const PluginFeature *f, gpointer self, MgCall *call);
gboolean plugin_driver_device_check (const PluginFeature *f, const MgConfig *device, GError **error);
/* Sets the device's data. */
gboolean plugin_driver_device_new (const PluginFeature *f, gpointer self, MgDevice *device, GError **error);
void plugin_driver_device_free (const PluginFeature *f, gpointer self, MgDevice *device);
gboolean plugin_driver_read (const PluginFeature *f, gpointer self, MgDevice *device, MgCall *call, MgReadout *out,
                             GError **error);
gboolean plugin_driver_listen (const PluginFeature *f, gpointer self, MgCall *call, GError **error);
gboolean plugin_driver_probe (const PluginFeature *f, gpointer self, MgDevice *device, MgCall *call, MgFound *found,
                              GError **error);
gboolean plugin_driver_scan (const PluginFeature *f, gpointer self, const MgConfig *options, MgCall *call,
                             GError **error);
gboolean plugin_driver_command (const PluginFeature *f, gpointer self, MgDevice *device, MgCommandCall *command,
                                MgCall *call, MgReadout *out, GError **error);
gboolean plugin_driver_decode (const PluginFeature *f, const MgConfig *device, const guint8 *frame, gsize len,
                               MgCall *call, MgReadout *out, GError **error);

gpointer plugin_format_create (const PluginFeature *f, MgHost *host, const MgConfig *config, GError **error);
void plugin_format_destroy (const PluginFeature *f, gpointer self);
gboolean plugin_format_begin (const PluginFeature *f, gpointer self, MgOutput *out, MgCall *call, GError **error);
gboolean plugin_format_item (const PluginFeature *f, gpointer self, const MgItem *item, MgOutput *out, MgCall *call,
                             GError **error);
gboolean plugin_format_end (const PluginFeature *f, gpointer self, MgOutput *out, MgCall *call, GError **error);

gpointer plugin_transport_create (const PluginFeature *f, MgHost *host, const MgConfig *config, GError **error);
void plugin_transport_destroy (const PluginFeature *f, gpointer self);
gboolean plugin_transport_open (const PluginFeature *f, gpointer self, MgCall *call, GError **error);
void plugin_transport_close (const PluginFeature *f, gpointer self, MgCall *call);
gboolean plugin_transport_deliver (const PluginFeature *f, gpointer self, MgDelivery *delivery, MgCall *call,
                                   GError **error);

/* A service's functions are called on the instance's own thread. What it may leave out: start () succeeds, the others
 * do nothing. */
gpointer plugin_service_create (const PluginFeature *f, MgService *service, const MgConfig *config, GError **error);
void plugin_service_destroy (const PluginFeature *f, gpointer self);
gboolean plugin_service_start (const PluginFeature *f, gpointer self, MgCall *call, GError **error);
void plugin_service_stop (const PluginFeature *f, gpointer self);
void plugin_service_updated (const PluginFeature *f, gpointer self, const MgMeterNow *now);
void plugin_service_removed (const PluginFeature *f, gpointer self, guint32 meter_id);
void plugin_service_more (const PluginFeature *f, gpointer self, const char *cursor);
/* Runs the loop in which the plugin's own sources are dispatched: who crashes in one of them is named too. */
void plugin_service_run (const PluginFeature *f, GMainLoop *loop);

typedef struct {
    guint64 calls, failures, bugs; /* all calls; those that returned an error; those that broke the rules */
    gint64 longest_us, total_us;
} PluginStatistics;

/* Any thread. */
void plugin_feature_get_statistics (const PluginFeature *f, PluginStatistics *out);

G_END_DECLS
