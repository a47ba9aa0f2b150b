/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * journal.h: what happens gets a number and a code here.
 *
 * One sequence for readouts and events: generation << 36 | n, rising, never used again (design.md). The generation comes from the
 * store, which raises it durably before it is given out; the numbers are taken by the store's writer thread only, so that the order of
 * numbers is the order of commits.
 *
 * Events are codes with parameters. The sink (the store) keeps them; listeners (later: the event stream) see them. The text for
 * people is made from a catalogue: the built-in one of the core's own codes, and the event tables of plugins.
 */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

typedef struct _Journal Journal;

typedef struct {
    gint64             at_ms;
    guint32            severity;           /* MgSeverity */
    const char        *code, *subject;     /* "meter.silent", "meter:17", "report:billing", "plugin:driver-acme", "gateway" */
    const char        *actor;              /* NULL: the gateway itself */
    const char *const *params;             /* name, value, ..., NULL */
} JournalEvent;

typedef gint64 (*JournalClock) (void);
typedef void (*JournalSink) (gpointer data, const JournalEvent *event); /* any thread; copies what it keeps */

Journal *journal_new (JournalClock clock_ms); /* NULL: g_get_real_time () */
void     journal_free (Journal *journal);

void     journal_set_generation (Journal *journal, guint32 generation);
gint64   journal_number (Journal *journal);                 /* the next of the sequence; the store's writer thread only */
#define JOURNAL_SEQ(generation, n) (((gint64) (generation) << 36) | (gint64) (n))

/* Until a sink is set, events wait (at most 1,000). Codes unknown to the catalogue are a bug: logged, kept as INFO. */
void     journal_set_sink (Journal *journal, JournalSink sink, gpointer data);
void     journal_listen (Journal *journal, JournalSink listener, gpointer data);
/* Adds a plugin's table; codes are unique over all plugins, a taken one is refused. */
gboolean journal_add_codes (Journal *journal, const char *plugin, const MgTable *events /* of MgEventInfo */, GError **error);
const MgEventInfo *journal_find_code (Journal *journal, const char *code);
char    *journal_text (Journal *journal, const char *code, const char *const *params); /* full; "{value} > {limit}" filled in */

/* Raises an event: any thread, never blocks. Also goes to the log, with control characters escaped. */
void     journal_raise (Journal *journal, const char *code, const char *subject, const char *actor, ... /* name, value, ... */) G_GNUC_NULL_TERMINATED;
void     journal_raise_strv (Journal *journal, const char *code, const char *subject, const char *actor, const char *const *params);

G_END_DECLS
