/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * report.h: what the files of the room share: one report, on the main loop and at work.
 *
 * A report is at work in at most one thread at a time. What stands under "main loop" is touched there only; what stands
 * under "at work" by that thread while `running`, by the main loop otherwise; what people see (`live`) under `lock`.
 */
#pragma once

#include <report/report.h>

G_BEGIN_DECLS

/* [report NAME], read; immutable. */
typedef struct {
    MgConfig *values, *format_values, *transport_values;
    const PluginFeature *format, *transport;
    MghSchedule *schedule;
    GTimeZone *zone;
    const MgSelector *selector; /* of `values`, or `all` */
    MgSelector *all;
    guint max_rows;
    gint64 give_up_us, timeout_us;
    gboolean enabled, events, empty_files, start_now;
} ReportSettings;

ReportSettings *report_settings_read (const ConfigGroup *group, PluginRoom *plugins, GError **error); /* full */
void report_settings_free (ReportSettings *settings);

/* What one visit at work shall do. */
typedef struct {
    gpointer catalogue;   /* full */
    gint64 committed_seq; /* read before the catalogue was taken, so that it knows all points */
    gint64 due_ms;
    gboolean make;        /* a run is due */
    gboolean retry_now;   /* whatever the back-off says */
    gboolean retry_aside; /* what was set aside too */
    gboolean made;        /* result: the run was made, or there was nothing to make */
} ReportJob;

/* What people see. */
typedef struct {
    char *fault, *error, *delivered_name;
    guint waiting, aside, attempts;
    gint64 waiting_since_ms, delivered_ms;
    guint64 delivered, readings;
} ReportLive;

typedef struct {
    ReportRoom *room;
    char *name, *cursor, *subject; /* "billing", "report:billing", "report:billing" */
    char *spool;                   /* its folder */

    /* main loop */
    gboolean running;
    gboolean pending; /* a new configuration waits for the end of the visit */
    gboolean removed; /* gone with the end of the visit */
    guint place;      /* in the configuration */
    gboolean run_wanted, aside_wanted;
    gint64 next_due_ms, last_due_ms;
    gint64 make_due_ms; /* a run that could not be made and is tried again; 0: none */
    gint64 make_at_us;

    /* at work */
    ReportSettings *settings; /* NULL: cannot start, live.fault says why */
    gpointer format, transport;
    MgHost *host;
    GCancellable *cancellable;
    gboolean prepared;
    gboolean failing; /* an event has told so */
    guint make_failures;
    gint64 head;        /* id of the oldest batch that waits; 0: none known */
    gint64 retry_at_us; /* not before this may it be tried */
    ReportJob job;

    GMutex lock;
    ReportLive live;
} Report;

struct _ReportRoom {
    Store *store;
    PluginRoom *plugins;
    Journal *journal;
    MghClock *clock;
    char *state_folder, *gateway;
    MgHost *(*host) (gpointer data, const char *kind, const char *name);
    gpointer host_data;
    ReportCatalogue catalogue;

    GMainContext *context;
    GPtrArray *reports; /* of Report, in the configuration's order */
    Config *config;
    GThreadPool *pool;
    GSource *timer;
    gint64 last_now_ms;
    ReportChanged changed;
    gpointer changed_data;

    GMutex lock;
    GCond all_ended;
    guint n_running; /* under lock, as the next two */
    GQueue ended;    /* of Report: visits that are over */
    GSource *wake;
};

/* ---- at work */

/* One visit: prepares if needed, makes what is due, delivers what waits. */
void report_work (Report *report);

/* Selects, formats and freezes everything since the cursor. */
gboolean report_make (Report *report, GError **error);

/* Makes the bytes of a frozen batch again into its spool file; FALSE when they are not the same any more. */
gboolean report_make_again (Report *report, const StoreBatch *batch, GError **error);

/* Delivers what waits, oldest first, until nothing waits or an attempt fails. */
gboolean report_deliver (Report *report, GError **error);

/* ---- names */

/* "<gateway>-<report>-<first>-<last>-<8 hex>", for a named part with "-part" */
char *report_identity (const char *gateway, const char *report, gint64 first_seq, gint64 last_seq, const char *sha256,
                       const char *part);
/* "YYYY/MM/<identity>.<extension>", by the due time in UTC; a part's own extension wins */
char *report_file_name (gint64 due_ms, const char *identity, const char *part, const char *extension);

/* random (0, min (900 s, 5 s * 2^failures)); `random` is spread evenly over its range */
gint64 report_backoff_us (guint failures, guint32 random);

G_END_DECLS
