/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * acquire.h: lines, channels, their threads and schedules.
 *
 * Calls for one line never overlap. A serial or listening line has a thread of its own; polled network lines and
 * channels without a line share a pool of eight threads, of which lines that failed last time get at most half. A
 * turn's result crosses to the main loop once, as one immutable readout. Main loop only.
 */
#pragma once

#include <config/config.h>
#include <host/mgh-config.h>
#include <host/mgh-line.h>
#include <model/model.h>
#include <plugin/plugin.h>

G_BEGIN_DECLS

typedef struct _Acquire Acquire;

/* The room's own settings of [line NAME] and [channel NAME]. */
extern const MgTable line_settings, acquire_channel_settings;

typedef struct {
    Model *model;
    PluginRoom *plugins;
    Journal *journal;
    MgHost *(*host) (gpointer data, const char *name); /* full; the MgHost of an instance */
    gpointer host_data;
    gint64 stop_us;             /* how long acquire_free () waits for drivers; 0: ten seconds */
    gint64 retry_us;            /* when what could not start is tried again; 0: after a minute */
    const char *raw_log_folder; /* for lines whose raw log is on */
} AcquireOptions;

Acquire *acquire_new (const AcquireOptions *options); /* full */
/* Stops every turn (cancelled, partial readouts are dropped), waits for the threads, frees. FALSE: a driver did not
 * return in time; its thread is left behind, with the memory, the plugin and the host that it uses: end the process. */
gboolean acquire_free (Acquire *acquire);

/* Takes over a configuration: lines and channels that are equal to before go on untouched, the others are restarted.
 * What can not start is an event and is tried again; nothing else is held up. */
void acquire_configure (Acquire *acquire, const Config *config);

/* For the model's links: the kind of a channel ("MBus"), and the check of an address by the channel's driver. */
const char *acquire_interface_of (Acquire *acquire, const char *channel);
gboolean acquire_check_address (Acquire *acquire, const char *channel, const char *address, char **normal,
                                GError **error);

/* Asks for one read of a meter now, out of its turn; `done` runs on the main loop. error NULL: it was read. */
typedef void (*AcquireDone) (gpointer data, const GError *error);
gboolean acquire_read_now (Acquire *acquire, guint32 meter, AcquireDone done, gpointer data, GError **error);

typedef struct {
    guint64 reads, failed, late; /* late: due while the read before was still running */
    guint lines, channels, threads, queued;
} AcquireStatistics;
void acquire_get_statistics (Acquire *acquire, AcquireStatistics *out);

/* One configured line as people see it; strings live until the main loop goes on. */
typedef struct {
    const char *name, *kind;
    const char *state; /* "open", "closed", "stuck" (a driver does not return), "unused" (no channel runs on it) */
    guint queued;      /* turns that wait */
    MghLineStatistics statistics;
    guint load_percent;     /* of the last whole minute that was spent in turns; before: since the start */
    const char *last_error; /* of a turn; NULL: none since the start */
    gint64 last_error_ms;   /* 0: none */
} AcquireLine;

typedef void (*AcquireLineFunc) (const AcquireLine *line, gpointer data);
void acquire_foreach_line (Acquire *acquire, AcquireLineFunc func, gpointer data); /* in the configuration's order */

/* One configured channel as people see it; strings live until the main loop goes on. */
typedef struct {
    const char *name, *driver, *line, *cycle; /* line NULL: it needs none */
    const char *state;                        /* "running", "scanning", "off", "fault" (an event says why) */
    guint meters;
    gboolean scans; /* its driver can search for meters */
} AcquireChannel;

typedef void (*AcquireChannelFunc) (const AcquireChannel *channel, gpointer data);
void acquire_foreach_channel (Acquire *acquire, AcquireChannelFunc func,
                              gpointer data); /* in the configuration's order */

/* Searches a channel for meters, with options by its driver's scan settings. It waits for its turn; between its steps
 * reads that are due have theirs. What is found goes into the model at once, so that nothing is lost when the scan ends
 * early. MODEL_ERROR_UNKNOWN: no such channel; MG_ERROR_REFUSED: a scan runs already. */
gboolean acquire_scan (Acquire *acquire, const char *channel, const MghConfigText *options, guint n_options,
                       GError **error);
gboolean acquire_scan_cancel (Acquire *acquire, const char *channel, GError **error);

/* The latest scan of a channel since the start. */
typedef struct {
    const char *state;  /* "waiting", "running", "done", "cancelled", "failed" */
    guint permille;     /* of the address space, decided */
    guint found, added; /* added: the others were known */
    guint no_answers, collisions, checksums, unresolved;
    gint64 started_ms, ended_ms; /* 0: not yet */
    gint64 seconds_left;         /* at the pace so far; -1: cannot be told yet */
    char *what;                  /* mask or address that is being asked; NULL: none */
    char *error;                 /* NULL: none */
} AcquireScan;
gboolean acquire_scan_show (Acquire *acquire, const char *channel, AcquireScan *out, GError **error);
void acquire_scan_clear (AcquireScan *scan);

G_END_DECLS
