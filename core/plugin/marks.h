/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * marks.h: who was in which plugin when the process died.
 *
 * A thread that calls a plugin says so in a thread-local variable: that costs two stores and touches no file. Only the
 * handler of a deadly signal writes: into the slot of the plugin that the dying thread was in, in a file mapped into
 * memory, which outlives the process. So a kill -9 or a power loss blames nobody, and neither does a signal that
 * another process sent.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MARKS_LIMIT       3               /* crashes ... */
#define MARKS_WINDOW_MS   (5 * 60 * 1000) /* ... within this time, and the plugin is not loaded */
#define MARKS_CALLED_EXIT 0               /* instead of a signal: the plugin called exit () */

typedef struct _Marks Marks;
typedef struct _MarkSlot MarkSlot; /* one plugin's in the file; lives as long as the Marks */

typedef struct {
    char plugin[64], function[32]; /* "driver-acme", "read" */
    int signal;                    /* of the latest crash; MARKS_CALLED_EXIT */
    guint crashes;                 /* all that are remembered */
    gint64 at_ms;                  /* the latest, UTC */
    gboolean blocked;              /* MARKS_LIMIT within MARKS_WINDOW_MS */
} MarkCrash;

/* A call on this thread's stack. */
typedef struct _MarkCall MarkCall;
struct _MarkCall {
    MarkSlot *slot;
    const char *function;
    const MarkCall *outer; /* a plugin's call within a plugin's call */
};

/* Never NULL: without a path, or when the file can not be used (told by `error`), marks are kept in memory only.
 * Installs the signal handlers; there is one Marks in a process. */
Marks *marks_open (const char *path, GError **error);
void marks_close (Marks *marks, gboolean keep); /* keep: a thread is still in a call; its slot stays mapped */

/* Crashes that nobody was told of yet, newest first; marks them as told. */
GArray *marks_take_news (Marks *marks); /* full; of MarkCrash */

MarkSlot *marks_slot (Marks *marks, const char *plugin); /* finds or makes; NULL: all slots are taken */
void marks_slot_get (const MarkSlot *slot, MarkCrash *crash);
gboolean marks_slot_clear (MarkSlot *slot); /* FALSE: there was nothing to forget */

/* The module in which `inside` lies is this plugin's: a crash in its code is its own, also in a thread or callback of
 * its own making. */
void marks_slot_set_code (Marks *marks, MarkSlot *slot, gconstpointer inside);

/* Any thread. `slot` may be NULL. */
void marks_enter (MarkCall *call, MarkSlot *slot, const char *function);
void marks_leave (const MarkCall *call);

/* "SIGSEGV", "exit ()" */
char *marks_signal_text (int signal); /* full */

G_END_DECLS
