/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal.c: the sequence, and events on their way to the store, the listeners and the log. */
#include <journal/journal.h>

#include "codes.h"

#include <string.h>

#define WAITING_MOST    1000
#define NUMBERS_PER_RUN (G_GINT64_CONSTANT (1) << 36)

typedef struct {
    JournalSink func;
    gpointer data;
} JournalListener;

struct _Journal {
    JournalClock clock_ms;
    gint64 last; /* atomic: the number given out last */
    GMutex lock; /* all below; never held while a sink or listener runs, they may raise events themselves */
    JournalListener sink;
    GArray *listeners;
    GQueue waiting; /* of JournalEvent, copies */
    guint dropped;
    GHashTable *codes; /* code: MgEventInfo, a copy; entries stay for ever */
};

static gint64 journal_real_ms (void)
{
    return g_get_real_time () / 1000;
}

static const char *event_severity_text (guint32 severity)
{
    switch (severity) {
    case MG_SEVERITY_ALARM:
        return "alarm";
    case MG_SEVERITY_WARNING:
        return "warning";
    default:
        return "info";
    }
}

static JournalEvent *event_copy (const JournalEvent *event)
{
    JournalEvent *copy = g_new (JournalEvent, 1);

    *copy = *event;
    copy->code = g_strdup (event->code);
    copy->subject = g_strdup (event->subject);
    copy->actor = g_strdup (event->actor);
    copy->params = (const char *const *) g_strdupv ((char **) event->params);
    return copy;
}

static void event_free (gpointer data)
{
    JournalEvent *event = data;

    g_free ((char *) event->code);
    g_free ((char *) event->subject);
    g_free ((char *) event->actor);
    g_strfreev ((char **) event->params);
    g_free (event);
}

Journal *journal_new (JournalClock clock_ms)
{
    Journal *journal = g_new0 (Journal, 1);
    const MgEventInfo *core = journal_core_codes.items;

    journal->clock_ms = clock_ms != NULL ? clock_ms : journal_real_ms;
    g_mutex_init (&journal->lock);
    g_queue_init (&journal->waiting);
    journal->listeners = g_array_new (FALSE, FALSE, sizeof (JournalListener));
    journal->codes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
    for (guint i = 0; i < journal_core_codes.n_items; i++)
        g_hash_table_insert (journal->codes, (char *) core[i].code, g_memdup2 (&core[i], sizeof core[i]));
    return journal;
}

void journal_free (Journal *journal)
{
    g_queue_clear_full (&journal->waiting, event_free);
    g_array_unref (journal->listeners);
    g_hash_table_unref (journal->codes);
    g_mutex_clear (&journal->lock);
    g_free (journal);
}

/* ---- the sequence */

void journal_set_generation (Journal *journal, guint32 generation)
{
    gint64 first = JOURNAL_SEQ (generation, 0);

    g_return_if_fail (generation < (1u << 27));
    g_return_if_fail (first >= __atomic_load_n (&journal->last, __ATOMIC_ACQUIRE));
    __atomic_store_n (&journal->last, first, __ATOMIC_RELEASE);
}

gint64 journal_number (Journal *journal)
{
    gint64 number = __atomic_add_fetch (&journal->last, 1, __ATOMIC_ACQ_REL);

    if (number % NUMBERS_PER_RUN == 0)
        g_critical ("journal: the numbers of this generation are used up: expected a restart within %" G_GINT64_FORMAT
                    " numbers",
                    NUMBERS_PER_RUN);
    return number;
}

/* ---- the catalogue */

static gboolean code_is_good (const char *code)
{
    const char *dot = code != NULL ? strchr (code, '.') : NULL;

    return dot != NULL && dot != code && dot[1] != '\0' &&
           strspn (code, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen (code);
}

static gboolean info_at (const MgTable *table, guint i, MgEventInfo *info)
{
    memset (info, 0, sizeof *info);
    if (i >= table->n_items)
        return FALSE;
    memcpy (info, (const guint8 *) table->items + (gsize) i * table->item_size, MIN (table->item_size, sizeof *info));
    return TRUE;
}

/* Locked. What is wrong with row `i` of a plugin's table, by itself and against what is known; full, NULL: nothing. */
static char *find_fault (Journal *journal, const MgTable *events, guint i)
{
    MgEventInfo info, other;
    gboolean clears;

    info_at (events, i, &info);
    if (!code_is_good (info.code))
        return g_strdup_printf ("event \"%s\": expected a code of two or more words with dots between",
                                info.code != NULL ? info.code : "");
    if (info.text == NULL || info.severity < MG_SEVERITY_INFO || info.severity > MG_SEVERITY_ALARM)
        return g_strdup_printf ("event %s: expected a text and a severity", info.code);
    if (g_hash_table_contains (journal->codes, info.code))
        return g_strdup_printf ("event %s: the code is taken by the gateway or another plugin", info.code);
    clears = info.clears == NULL || g_hash_table_contains (journal->codes, info.clears);
    for (guint k = 0; info_at (events, k, &other); k++) {
        if (k < i && g_strcmp0 (other.code, info.code) == 0)
            return g_strdup_printf ("event %s: the code stands twice in the table", info.code);
        clears = clears || g_strcmp0 (other.code, info.clears) == 0;
    }
    return clears ? NULL : g_strdup_printf ("event %s: clears %s, which is no event", info.code, info.clears);
}

gboolean journal_add_codes (Journal *journal, const char *plugin, const MgTable *events, GError **error)
{
    g_autofree char *fault = NULL;
    MgEventInfo info;

    g_mutex_lock (&journal->lock);
    for (guint i = 0; i < events->n_items && fault == NULL; i++)
        fault = find_fault (journal, events, i);
    for (guint i = 0; fault == NULL && info_at (events, i, &info); i++)
        g_hash_table_insert (journal->codes, (char *) info.code, g_memdup2 (&info, sizeof info));
    g_mutex_unlock (&journal->lock);
    if (fault != NULL)
        g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "%s: %s", plugin, fault);
    return fault == NULL;
}

const MgEventInfo *journal_find_code (Journal *journal, const char *code)
{
    const MgEventInfo *info;

    g_mutex_lock (&journal->lock);
    info = g_hash_table_lookup (journal->codes, code);
    g_mutex_unlock (&journal->lock);
    return info;
}

/* ---- texts */

static const char *find_param (const char *const *params, const char *name, gsize name_len)
{
    for (guint i = 0; params != NULL && params[i] != NULL && params[i + 1] != NULL; i += 2) {
        if (strlen (params[i]) == name_len && memcmp (params[i], name, name_len) == 0)
            return params[i + 1];
    }
    return NULL;
}

static gboolean text_names (const char *text, const char *name)
{
    g_autofree char *braced = g_strdup_printf ("{%s}", name);

    return strstr (text, braced) != NULL;
}

/* What the text does not name follows in brackets, so that nothing is lost. */
static void text_append_rest (GString *out, const char *text, const char *const *params)
{
    const char *before = " (";

    for (guint i = 0; params != NULL && params[i] != NULL && params[i + 1] != NULL; i += 2) {
        if (text_names (text, params[i]))
            continue;
        g_string_append_printf (out, "%s%s=%s", before, params[i], params[i + 1]);
        before = ", ";
    }
    if (before[0] == ',')
        g_string_append_c (out, ')');
}

char *journal_text (Journal *journal, const char *code, const char *const *params)
{
    const MgEventInfo *info = journal_find_code (journal, code);
    const char *text = info != NULL ? info->text : code;
    GString *out = g_string_new (NULL);

    for (const char *p = text; *p != '\0'; p++) {
        const char *close = *p == '{' ? strchr (p, '}') : NULL;
        const char *value = close != NULL ? find_param (params, p + 1, (gsize) (close - p - 1)) : NULL;

        if (value == NULL) {
            g_string_append_c (out, *p);
            continue;
        }
        g_string_append (out, value);
        p = close;
    }
    text_append_rest (out, text, params);
    return g_string_free (out, FALSE);
}

/* A value from a meter must not be able to write log lines of its own. */
static char *text_printable (const char *text)
{
    g_autofree char *valid = g_utf8_make_valid (text, -1);
    GString *out = g_string_new (NULL);

    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p)) {
        gunichar c = g_utf8_get_char (p);

        if (g_unichar_isprint (c))
            g_string_append_unichar (out, c);
        else
            g_string_append_printf (out, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
    }
    return g_string_free (out, FALSE);
}

static void journal_log (Journal *journal, const JournalEvent *event)
{
    g_autofree char *text = journal_text (journal, event->code, event->params);
    g_autofree char *raw =
        g_strdup_printf ("%s: %s [%s %s]%s%s", event->subject, text, event_severity_text (event->severity), event->code,
                         event->actor != NULL ? " by " : "", event->actor != NULL ? event->actor : "");
    g_autofree char *line = text_printable (raw), *subject = text_printable (event->subject);
    const char *priority = event->severity == MG_SEVERITY_ALARM     ? "3"
                           : event->severity == MG_SEVERITY_WARNING ? "4"
                                                                    : "6";
    const GLogField fields[] = {
        { "MESSAGE", line, -1 },
        { "PRIORITY", priority, -1 },
        { "GLIB_DOMAIN", "metergate", -1 },
        { "METERGATE_EVENT", event->code, -1 },
        { "METERGATE_SUBJECT", subject, -1 },
    };

    /* the field above is for the system's journal; the level, which GLib may end a process for, is a message's in any
     * case */
    g_log_structured_array (G_LOG_LEVEL_MESSAGE, fields, G_N_ELEMENTS (fields));
}

/* ---- events on their way */

static void journal_keep (Journal *journal, const JournalEvent *event)
{
    JournalListener sink;

    g_mutex_lock (&journal->lock);
    sink = journal->sink;
    if (sink.func == NULL && journal->waiting.length < WAITING_MOST)
        g_queue_push_tail (&journal->waiting, event_copy (event));
    else if (sink.func == NULL)
        journal->dropped++;
    g_mutex_unlock (&journal->lock);
    if (sink.func != NULL)
        sink.func (sink.data, event);
}

static void journal_tell_listeners (Journal *journal, const JournalEvent *event)
{
    JournalListener listener;

    for (guint i = 0;; i++) {
        g_mutex_lock (&journal->lock);
        if (i >= journal->listeners->len) {
            g_mutex_unlock (&journal->lock);
            return;
        }
        listener = g_array_index (journal->listeners, JournalListener, i);
        g_mutex_unlock (&journal->lock);
        listener.func (listener.data, event);
    }
}

void journal_set_sink (Journal *journal, JournalSink sink, gpointer data)
{
    guint dropped;

    if (sink == NULL) {
        g_mutex_lock (&journal->lock);
        journal->sink = (JournalListener){ NULL, NULL };
        g_mutex_unlock (&journal->lock);
        return;
    }
    /* what is raised meanwhile joins the queue, so that the order stays */
    for (;;) {
        JournalEvent *event;

        g_mutex_lock (&journal->lock);
        event = g_queue_pop_head (&journal->waiting);
        if (event == NULL) {
            journal->sink = (JournalListener){ sink, data };
            dropped = journal->dropped;
            journal->dropped = 0;
        }
        g_mutex_unlock (&journal->lock);
        if (event == NULL)
            break;
        sink (data, event);
        event_free (event);
    }
    if (dropped > 0) {
        g_autofree char *count = g_strdup_printf ("%u", dropped);
        journal_raise (journal, "journal.dropped", "gateway", NULL, "count", count, NULL);
    }
}

void journal_listen (Journal *journal, JournalSink listener, gpointer data)
{
    JournalListener entry = { listener, data };

    g_mutex_lock (&journal->lock);
    g_array_append_val (journal->listeners, entry);
    g_mutex_unlock (&journal->lock);
}

void journal_raise_strv (Journal *journal, const char *code, const char *subject, const char *actor,
                         const char *const *params)
{
    static const char *const none[] = { NULL };
    const MgEventInfo *info = journal_find_code (journal, code);
    JournalEvent event = {
        .at_ms = journal->clock_ms (),
        .severity = info != NULL ? info->severity : MG_SEVERITY_INFO,
        .code = code,
        .subject = subject,
        .actor = actor,
        .params = params != NULL ? params : none,
    };

    if (info == NULL)
        g_critical ("journal: event %s of %s: no such code in the catalogue", code, subject);
    journal_log (journal, &event);
    journal_keep (journal, &event);
    journal_tell_listeners (journal, &event);
}

void journal_raise (Journal *journal, const char *code, const char *subject, const char *actor, ...)
{
    g_autoptr (GPtrArray) params = g_ptr_array_new ();
    va_list args;

    va_start (args, actor);
    for (const char *name = va_arg (args, const char *); name != NULL; name = va_arg (args, const char *)) {
        const char *value = va_arg (args, const char *);

        g_ptr_array_add (params, (char *) name);
        g_ptr_array_add (params, (char *) (value != NULL ? value : ""));
    }
    va_end (args);
    g_ptr_array_add (params, NULL);
    journal_raise_strv (journal, code, subject, actor, (const char *const *) params->pdata);
}
