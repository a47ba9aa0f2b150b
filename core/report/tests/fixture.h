/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fixture.h: a report room on a real store, with real formats, a transport that does as it is told, and a virtual
 * clock. */
#pragma once

#include <host/mgh-model.h>
#include <host/mgh-readout.h>

#include <report/report.h>

G_BEGIN_DECLS

#define START_MS G_GINT64_CONSTANT (1795176030000) /* 2026-11-20 12:00:30 UTC */

typedef struct {
    char *folder;
    Journal *journal;
    Store *store;
    MghClock *clock;
    PluginRoom *plugins;
    ReportRoom *room;
    GPtrArray *meters; /* of MgMeter: device 1, 2 */
    GPtrArray *events; /* texts "code: text" */
    GMutex lock;       /* of events */
    gint64 readouts;   /* appended so far */
} Fixture;

void fixture_up (Fixture *f, gconstpointer data); /* folder (unless it is set), clock, plugins; no room yet */
void fixture_down (Fixture *f, gconstpointer data);

/* Opens and closes store and room, as a start and an end of the gateway do. `config` is the text of the drop-in, in
 * which {X} becomes the path of file X in the test's folder. */
void fixture_open_store (Fixture *f);
void fixture_start (Fixture *f, const char *config);
void fixture_stop (Fixture *f);
void fixture_configure (Fixture *f, const char *config); /* waits for nothing */

/* A readout of device 1 or 2 with two values, the first of which is the number of the readout; committed on return. */
void fixture_readout (Fixture *f, gint64 device);

/* What the trial transport with that script does from now on: yes, again, never, refused, hang, kill, kill-after. */
void fixture_script (Fixture *f, const char *name, const char *what);

/* Advances the clock, ticks, waits until nothing is at work. */
void fixture_advance (Fixture *f, gint64 ms);
void fixture_wait_idle (Fixture *f);
void fixture_wait_running (Fixture *f, const char *report, gboolean running);

char *fixture_path (Fixture *f, const char *name);         /* full */
char **fixture_log (Fixture *f, const char *name);         /* the lines of "NAME.log"; full */
guint fixture_out_files (Fixture *f, GPtrArray *contents); /* below "out", by name; contents (full) may be NULL */
guint fixture_spool_files (Fixture *f, const char *report);

/* The state of a report; strings live until the next call. */
ReportState fixture_state (Fixture *f, const char *report);
gboolean fixture_has_event (Fixture *f, const char *code);

G_END_DECLS
