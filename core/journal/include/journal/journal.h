/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * journal.h: what happens gets a number and a code here.
 *
 * One sequence for readouts and events: generation << 36 | n, rising, never used again (design.md). The generation
 * comes from the store, which raises it durably before it is given out; the numbers are taken by the store's writer
 * thread only, so that the order of numbers is the order of commits.
 *
 * Events are codes with parameters. The sink (the store) keeps them; listeners (later: the event stream) see them. The
 * text for people is made from a catalogue: the built-in one of the core's own codes, and the event tables of plugins.
 */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

typedef struct _Journal Journal;

typedef struct {
    gint64 at_ms;              /* UTC */
    guint32 severity;          /* MgSeverity */
    const char *code;          /* "meter.silent" */
    const char *subject;       /* "meter:17", "report:billing", "plugin:driver-acme", "gateway" */
    const char *actor;         /* who did it: a user; NULL: the gateway itself */
    const char *const *params; /* name, value, ..., NULL; never NULL itself */
} JournalEvent;

typedef gint64 (*JournalClock) (void); /* UTC, ms */

/* Any thread, not only the one that set it; copies what it keeps. It may raise events itself, but not the one it is
 * given again. */
typedef void (*JournalSink) (gpointer data, const JournalEvent *event);

/* Never NULL. NULL for the clock: g_get_real_time (). */
Journal *journal_new (JournalClock clock_ms);

/* After all threads that raise events have ended. */
void journal_free (Journal *journal);

#define JOURNAL_SEQ(generation, n) (((gint64) (generation) << 36) | (gint64) (n))

/* Once at start, before the first number; below 2^27 and never lower than before. The store has synced it already. */
void journal_set_generation (Journal *journal, guint32 generation);

/* The next of the sequence: generation << 36 | 1, 2, 3 ... For the store's writer thread only. */
gint64 journal_number (Journal *journal);

/* Until a sink is set, events wait (the first 1,000; more are counted and told by journal.dropped). The waiting ones
 * are handed over in this call, in order. NULL takes the sink away, for the time when the store is closed already:
 * events wait again. */
void journal_set_sink (Journal *journal, JournalSink sink, gpointer data);

/* Listeners see each event after the sink, from now on, until the journal is freed. */
void journal_listen (Journal *journal, JournalSink listener, gpointer data);

/* Adds a plugin's table (of MgEventInfo), all or nothing: codes are dotted words, unique over all plugins and the
 * gateway's own, and `clears` names an event that exists. The table's texts stay where they are: plugins are resident.
 * Any thread. */
gboolean journal_add_codes (Journal *journal, const char *plugin, const MgTable *events, GError **error);

/* NULL: no such event. Lives as long as the journal. Any thread. */
const MgEventInfo *journal_find_code (Journal *journal, const char *code);

/* The text for people, "{value} > {limit}" filled in; parameters that the text does not name follow in brackets, an
 * unknown code stands for itself. Any thread. */
char *journal_text (Journal *journal, const char *code, const char *const *params); /* full */

/* Raises an event: any thread, never blocks, everything is copied. Also goes to the log as one line, with control
 * characters escaped. A code that is not in the catalogue is a bug: g_critical (), kept as INFO. A NULL value counts as
 * "". */
void journal_raise (Journal *journal, const char *code, const char *subject, const char *actor,
                    ... /* name, value, ... */) G_GNUC_NULL_TERMINATED;
void journal_raise_strv (Journal *journal, const char *code, const char *subject, const char *actor,
                         const char *const *params);

G_END_DECLS
