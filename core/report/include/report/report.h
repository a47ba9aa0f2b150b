/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * report.h: select, freeze, format, deliver, retry.
 *
 * A report is a selection, a format, a transport and a schedule. When it is due, everything kept since its cursor is
 * formatted into a spool file, which is hashed, synced and frozen together with the cursor in one durable commit; only
 * then is it given to the transport, oldest first, attempt after attempt, over restarts, with the same bytes and the
 * same identity. What is given up is a tombstone with range and reason. Each running report has a thread of its own, so
 * that one dead receiver delays no other.
 *
 * The cursor in the store is "report:NAME" and belongs to the name: a report that is changed, switched off or taken out
 * of the configuration goes on from there when it comes back.
 *
 * Main loop only. The room makes its timers on the thread-default context of report_room_new ().
 */
#pragma once

#include <host/mgh-host.h>

#include <config/config.h>
#include <plugin/plugin.h>
#include <store/store.h>

G_BEGIN_DECLS

typedef struct _ReportRoom ReportRoom;

/* The room's own settings of [report NAME]; those of the format and the transport stand in the same group. */
extern const MgTable report_settings;

/* What the room asks of the model, so that it needs no model to be tested. */
typedef struct {
    gpointer data;
    /* Main loop: an immutable picture of all meters with the points that are known now; full. */
    gpointer (*take) (gpointer data);
    /* Any thread. Not NULL. */
    void (*release) (gpointer catalogue);
    /* Any thread: the meter that a device belongs (or belonged) to, with that device's identity; NULL: unknown. The
     * same pointer each time, alive until release (). */
    const MgMeter *(*meter_of_device) (gpointer catalogue, gint64 device);
} ReportCatalogue;

typedef struct {
    Store *store;
    PluginRoom *plugins;
    Journal *journal;
    const char *state_folder; /* "spool/REPORT/" is made in it */
    const char *gateway;      /* first part of identities: the gateway's uid, or its name; [A-Za-z0-9_.] */
    MghClock *clock; /* NULL: the real one. A virtual one makes no timers: report_room_tick () after advancing it */
    /* the MgHost of a format or transport instance (full); `kind` is "report". NULL: a plain one without state */
    MgHost *(*host) (gpointer data, const char *kind, const char *name);
    gpointer host_data;
    ReportCatalogue catalogue;
    guint max_running; /* reports at work at the same time; 0: 8 */
} ReportOptions;

ReportRoom *report_room_new (const ReportOptions *options); /* full; strings and tables are copied */

/* Cancels what runs, waits for it (seconds, whatever the receivers do), frees. Nothing is lost: what was frozen goes on
 * at the next start. FALSE: a transport does not end; what its thread uses stays, and the process is to end. */
gboolean report_room_free (ReportRoom *room);

/*
 * Takes over the [report NAME] groups of a configuration: reports whose settings are the same go on untouched, the
 * others are stopped and begun again from their cursor, those that are not in it any more are stopped. Batches that are
 * frozen keep their bytes. What cannot start (no such plugin, settings that clash) is an event and shows in the list.
 */
void report_room_configure (ReportRoom *room, const Config *config);

/* Handed to config as the resolver of the kind "report" (`data` is the PluginRoom): adds the tables of the format and
 * the transport that the group names, checks its name, schedule and zone. */
gboolean report_resolve (gpointer data, const char *kind, const char *name, GHashTable *texts, ConfigTables *tables,
                         GError **error);

/* Makes and delivers now what has been kept since the last run, and tries again what waits. FALSE: no such report. */
gboolean report_room_run_now (ReportRoom *room, const char *name, GError **error);

/* Puts batches that were set aside back into the queue, and tries. FALSE: no such report. */
gboolean report_room_retry_aside (ReportRoom *room, const char *name, GError **error);

/* With a virtual clock: starts what is due by it. */
void report_room_tick (ReportRoom *room);

/* One report as people see it. Strings live until the main loop goes on. */
typedef struct {
    const char *name, *format, *transport, *schedule;
    gboolean enabled, running;
    const char *fault;       /* why it does not work at all; NULL: it does */
    guint waiting, aside;    /* frozen batches not delivered yet; batches set aside */
    gint64 waiting_since_ms; /* due time of the oldest that waits; 0: none */
    guint attempts;          /* of the oldest that waits */
    const char *error;       /* of the last attempt that failed; NULL after a success */
    gint64 next_try_ms;      /* UTC, about; 0: nothing waits */
    gint64 next_due_ms, last_due_ms;
    gint64 delivered_ms;         /* the last delivery since the start; 0: none */
    const char *delivered_name;  /* NULL: none */
    guint64 delivered, readings; /* batches and readings in them, since the start */
} ReportState;

typedef void (*ReportStateFunc) (const ReportState *state, gpointer data);
void report_room_list (ReportRoom *room, ReportStateFunc func, gpointer data); /* in the configuration's order */

/* Nothing is due, nothing runs, nothing waits that could be tried now: for tests and for `quickstart --once`. */
gboolean report_room_is_idle (ReportRoom *room);

/* `func` runs in the main context whenever a report's state changed. */
typedef void (*ReportChanged) (gpointer data, const char *name);
void report_room_listen (ReportRoom *room, ReportChanged func, gpointer data);

G_END_DECLS
