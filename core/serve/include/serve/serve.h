/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * serve.h: runs service plugins: servers ([server NAME]) and controllers ([control NAME]).
 *
 * Each instance has a thread with a main context of its own, and its own image of all meters, which is complete before
 * the plugin's create (). The model's changes are handed over as immutable objects; of each meter only the newest state
 * waits, so that an instance that lags or blocks harms itself alone and no queue grows.
 *
 * Everything here is called on the main loop.
 */
#pragma once

#include <config/config.h>
#include <model/model.h>
#include <plugin/plugin.h>
#include <store/store.h>

G_BEGIN_DECLS

typedef struct _ServeRoom ServeRoom;

typedef struct {
    Store *store; /* what cursors follow */
    Model *model;
    PluginRoom *plugins;
    Journal *journal;
    /* Makes what the instance may ask of the gateway (full); `kind` is "server" or "control". */
    MgHost *(*host) (gpointer data, const char *kind, const char *name);
    gpointer host_data;
    gint64 start_timeout_us; /* for one start () of a plugin; 0: 30 s */
    gint64 stop_timeout_us;  /* how long serve_room_free () waits for all of them; 0: 5 s */
} ServeOptions;

/* The room's own settings of [server NAME] and [control NAME]: service, enabled. */
extern const MgTable serve_settings;

/* ConfigResolve of both kinds: adds the plugin's table under "service". `data` is the PluginRoom. */
gboolean serve_resolve (gpointer data, const char *kind, const char *name, GHashTable *texts, ConfigTables *tables,
                        GError **error);

/* Copies the options; the model must outlive the room, and is not told when the room goes: free the room when nothing
 * reaches the model any more. */
ServeRoom *serve_room_new (const ServeOptions *options);

/* Stops all instances and waits for their threads, at most stop_timeout_us. FALSE: one does not end and was left behind
 * (event service.stuck): what it uses must stay until the process ends. NULL is fine. */
gboolean serve_room_free (ServeRoom *room);

/* Starts, stops and restarts what differs from the configuration before, and nothing else. Never waits: a changed
 * instance starts once the old one has ended. */
void serve_room_configure (ServeRoom *room, const Config *config);

/* One instance as it is now; the texts live until the callback returns. */
typedef struct {
    const char *kind;    /* "server", "control" */
    const char *name;    /* of its group */
    const char *service; /* the plugin's feature: "modbus" */
    gboolean enabled;
    gboolean started;  /* its start () succeeded */
    gboolean stopping; /* it shall end, and has not yet */
    const char *fault; /* NULL: it is well */
} ServeState;
typedef void (*ServeStateFunc) (const ServeState *state, gpointer data);
void serve_room_list (ServeRoom *room, ServeStateFunc func, gpointer data);

G_END_DECLS
