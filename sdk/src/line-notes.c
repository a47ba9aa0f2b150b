/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line-notes.c: a line's raw log: what happens on it as the records of docs/recording-format.md. */
#include "line.h"

#define PIECE_BYTES 64

void line_notes_init (MgLine *line)
{
    g_mutex_init (&line->notes.lock);
}

void line_notes_clear (MgLine *line)
{
    if (line->notes.recorder != NULL)
        recorder_flush (line->notes.recorder);
    g_clear_pointer (&line->notes.recorder, recorder_close);
    g_clear_pointer (&line->notes.next, recorder_close);
    g_mutex_clear (&line->notes.lock);
}

/* --------------------------------------------------------------------------------------- below: with the notes locked
 */

static void notes_add (MgLine *line, GString *record, gsize n_bytes)
{
    g_string_append_c (record, '\n');
    recorder_add (line->notes.recorder, record->str, record->len, n_bytes);
    g_string_free (record, TRUE);
}

/* Time never goes back, also where bytes are noted later than they came. */
static GString *notes_start (MgLine *line, char kind, gint64 at_us)
{
    GString *record = g_string_new (NULL);

    line->notes.last_us = MAX (line->notes.last_us, at_us - line->notes.start_us);
    g_string_append_printf (record, "%c %-12" G_GINT64_FORMAT " ", kind, line->notes.last_us);
    return record;
}

static void notes_finish (MgLine *line, GString *record, gsize n_bytes)
{
    gsize len = record->len;

    while (len > 0 && record->str[len - 1] == ' ')
        len--;
    notes_add (line, g_string_truncate (record, len), n_bytes);
}

/* Free text stays on its line and does not become a remark. */
static void notes_append_text (GString *record, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid (text == NULL ? "" : text, -1);

    for (char *at = valid; *at != 0; at++) {
        if ((guchar) *at < 0x20 || *at == 0x7F)
            *at = ' ';
        if (*at == '#' && (at == valid || at[-1] == ' '))
            *at = '*';
    }
    g_string_append (record, valid);
}

/* One word of a record. */
static void notes_append_word (GString *record, const char *word)
{
    g_autofree char *valid = g_utf8_make_valid (word, -1);

    for (char *at = valid; *at != 0; at++)
        if ((guchar) *at <= 0x20 || *at == 0x7F || *at == '#')
            *at = '_';
    g_string_append (record, *valid == 0 ? "-" : valid);
}

static void notes_append_settings (MgLine *line, GString *record, gboolean all)
{
    LineNotes *notes = &line->notes;

    if (line->baud != 0 && (all || notes->baud != line->baud))
        g_string_append_printf (record, "%u ", line->baud);
    if (line->baud != 0 && (all || !g_str_equal (notes->mode, line->mode)))
        g_string_append_printf (record, "%s ", line->mode);
    if (all || notes->echo != line->echo)
        g_string_append (record, line->echo ? "echo=on" : "echo=off");
    notes->baud = line->baud;
    g_strlcpy (notes->mode, line->mode, sizeof notes->mode);
    notes->echo = line->echo;
}

static void notes_turn (MgLine *line, gint64 at_us)
{
    GString *record = notes_start (line, '[', at_us);

    notes_append_word (record, line->channel);
    g_string_append_c (record, ' ');
    notes_append_word (record, line->action);
    g_string_append_c (record, ' ');
    notes_append_word (record, line->address);
    if (line->attempt > 0)
        g_string_append_printf (record, " attempt=%u", line->attempt);
    notes_finish (line, record, 0);
}

static void notes_session (MgLine *line)
{
    g_autoptr (GDateTime) now = NULL;
    GString *record = g_string_new ("% line=");
    gint64 now_ms = mgh_clock_now_ms (line->clock);

    line->notes.start_us = line_now (line);
    line->notes.last_us = 0;
    now = g_date_time_new_from_unix_utc (now_ms / 1000);
    notes_append_word (record, line->name);
    g_string_append (record, " kind=");
    notes_append_word (record, line->kind);
    if (now != NULL) {
        g_autofree char *start = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S");

        g_string_append_printf (record, " start=%s.%03dZ", start, (gint) (now_ms % 1000));
    }
    g_string_append (record, " host=metergate/" METERGATE_VERSION);
    const struct {
        const char *key;
        gint64 us;
    } times[] = { { "first-us", line->first_us }, { "idle-us", line->idle_us },      { "full-us", line->full_us },
                  { "pause-us", line->pause_us }, { "late-us", line->allowance_us }, { "gap-us", line->gap_us } };
    for (guint i = 0; i < G_N_ELEMENTS (times); i++)
        if (times[i].us > 0)
            g_string_append_printf (record, " %s=%" G_GINT64_FORMAT, times[i].key, times[i].us);
    notes_finish (line, record, 0);
    record = notes_start (line, '=', line->notes.start_us);
    notes_append_settings (line, record, TRUE);
    notes_finish (line, record, 0);
    if (line->notes.in_turn)
        notes_turn (line, line->notes.start_us);
}

static void notes_switch (LineNotes *notes, Recorder *next)
{
    recorder_close (notes->recorder);
    notes->recorder = next;
    notes->session_due = next != NULL;
}

/* ------------------------------------------------------------------------------------------------- the line's thread
 */

/* TRUE, and the notes are locked: a recorder is there, its session has begun. */
static gboolean notes_lock (MgLine *line)
{
    LineNotes *notes = &line->notes;
    gsize lost;

    g_mutex_lock (&notes->lock);
    if (notes->recorder == NULL) {
        g_mutex_unlock (&notes->lock);
        return FALSE;
    }
    if (notes->session_due) {
        notes->session_due = FALSE;
        notes_session (line);
    }
    lost = recorder_take_lost (notes->recorder);
    if (lost > 0) {
        GString *record = notes_start (line, '!', 0);

        g_string_append_printf (record, "lost %" G_GSIZE_FORMAT, lost);
        notes_finish (line, record, 0);
    }
    return TRUE;
}

static void notes_unlock (MgLine *line)
{
    g_mutex_unlock (&line->notes.lock);
}

static void notes_append_hex (GString *record, const guint8 *bytes, gsize len, gboolean is_private)
{
    for (gsize i = 0; i < len; i++)
        if (is_private)
            g_string_append (record, i == 0 ? "**" : " **");
        else
            g_string_append_printf (record, i == 0 ? "%02X" : " %02X", bytes[i]);
}

void line_note_bytes (MgLine *line, char kind, gint64 at_us, const guint8 *bytes, gsize len, gboolean is_private)
{
    gint64 byte_us = kind == '>' ? mg_line_get_byte_us (line) : 0;

    if (!notes_lock (line))
        return;
    for (gsize i = 0; i < len; i += PIECE_BYTES) {
        gsize n = MIN (PIECE_BYTES, len - i);
        GString *record = notes_start (line, kind, at_us + (gint64) i * byte_us);

        notes_append_hex (record, bytes + i, n, is_private);
        notes_finish (line, record, n);
    }
    notes_unlock (line);
}

void line_note_datagram (MgLine *line, char kind, gint64 at_us, const char *peer, const guint8 *bytes, gsize len)
{
    if (!notes_lock (line))
        return;
    GString *record = notes_start (line, kind, at_us);
    g_string_insert_c (record, 1, '@');
    notes_append_word (record, peer == NULL ? "-" : peer);
    g_string_append_c (record, ' ');
    notes_append_hex (record, bytes, len, line->is_private);
    notes_finish (line, record, len);
    notes_unlock (line);
}

void line_note (MgLine *line, char kind, gint64 at_us, const char *fmt, ...)
{
    va_list args;

    if (!notes_lock (line))
        return;
    va_start (args, fmt);
    g_autofree char *text = g_strdup_vprintf (fmt, args);
    va_end (args);
    GString *record = notes_start (line, kind, at_us);
    notes_append_text (record, text);
    notes_finish (line, record, 0);
    notes_unlock (line);
}

void line_note_settings (MgLine *line)
{
    LineNotes *notes = &line->notes;

    if (!notes_lock (line))
        return;
    if (notes->baud != line->baud || !g_str_equal (notes->mode, line->mode) || notes->echo != line->echo) {
        GString *record = notes_start (line, '=', line_now (line));

        notes_append_settings (line, record, FALSE);
        notes_finish (line, record, 0);
    }
    notes_unlock (line);
}

void line_note_begin (MgLine *line)
{
    gboolean runs = notes_lock (line);

    if (!runs)
        g_mutex_lock (&line->notes.lock);
    line->notes.in_turn = TRUE;
    line->notes.listens = line->listens;
    if (runs)
        notes_turn (line, line_now (line));
    notes_unlock (line);
}

void line_note_end (MgLine *line, const char *outcome, const char *text)
{
    LineNotes *notes = &line->notes;
    gboolean runs = notes_lock (line);

    if (runs) {
        GString *record = notes_start (line, ']', line_now (line));

        notes_append_word (record, outcome == NULL ? "ok" : outcome);
        g_string_append_c (record, ' ');
        notes_append_text (record, text);
        notes_finish (line, record, 0);
    } else {
        g_mutex_lock (&notes->lock);
    }
    notes->in_turn = FALSE;
    if (notes->next != NULL)
        notes_switch (notes, g_steal_pointer (&notes->next));
    notes_unlock (line);
}

void line_note_step (MgLine *line, MgStep outcome, const char *code, const char *text)
{
    static const char *const words[] = { "info", "ok", "failed" };

    if (!notes_lock (line))
        return;
    GString *record = notes_start (line, '.', line_now (line));
    notes_append_word (record, outcome <= MG_STEP_FAILED ? words[outcome] : "info");
    g_string_append_c (record, ' ');
    notes_append_word (record, code == NULL ? "-" : code);
    g_string_append_c (record, ' ');
    notes_append_text (record, text);
    notes_finish (line, record, 0);
    notes_unlock (line);
}

/* -------------------------------------------------------------------------------------------------------- any thread
 */

gboolean mgh_line_record (MgLine *line, const char *path, GError **error)
{
    LineNotes *notes = &line->notes;
    Recorder *next = path == NULL ? NULL : recorder_open (path, error);

    if (path != NULL && next == NULL) {
        g_prefix_error (error, "line %s: ", line->name);
        return FALSE;
    }
    g_mutex_lock (&notes->lock);
    g_clear_pointer (&notes->next, recorder_close);
    if (next != NULL && notes->recorder != NULL && notes->in_turn && !notes->listens) {
        notes->next = next;
    } else {
        if (next != NULL && notes->recorder != NULL && notes->in_turn && !notes->session_due) {
            /* A listen may last for days: it goes on in the new file. Frames are noted whole, so none is cut. */
            GString *record = notes_start (line, ']', line_now (line));

            g_string_append (record, "yield goes on in another file");
            notes_finish (line, record, 0);
        }
        notes_switch (notes, next);
    }
    g_mutex_unlock (&notes->lock);
    return TRUE;
}

void mgh_line_record_flush (MgLine *line)
{
    g_mutex_lock (&line->notes.lock);
    if (line->notes.recorder != NULL)
        recorder_flush (line->notes.recorder);
    g_mutex_unlock (&line->notes.lock);
}
