/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line.c: a line's life: made, opened, its turns, its statistics. */
#include "line.h"

#include <string.h>

typedef struct {
    gpointer data;
    GDestroyNotify free;
} LineData;

static void line_data_free (gpointer pointer)
{
    LineData *kept = pointer;

    if (kept->free != NULL)
        kept->free (kept->data);
    g_free (kept);
}

MgLine *mgh_line_new (const MghLineInfo *info, const MghPortOps *ops, gpointer port, MghClock *clock)
{
    MgLine *line = g_new0 (MgLine, 1);

    g_atomic_ref_count_init (&line->refs);
    line->name = g_strdup (info->name);
    line->kind = g_strdup (info->kind);
    memcpy (&line->ops, ops, MIN (ops->struct_size, sizeof line->ops));
    line->port = port;
    line->clock = mgh_clock_ref (clock != NULL ? clock : mgh_clock_real ());
    line->baud = line->own_baud = info->baud;
    g_strlcpy (line->own_mode, info->mode != NULL ? info->mode : "8E1", sizeof line->own_mode);
    g_strlcpy (line->mode, line->own_mode, sizeof line->mode);
    line->echo = line->own_echo = info->echo;
    line->first_us = info->first_us;
    line->idle_us = info->idle_us;
    line->full_us = info->full_us;
    line->pause_us = info->pause_us;
    line->deadline_us = G_MAXINT64;
    line->active_us = line->sent_us = -1;
    line->in = g_byte_array_new ();
    line->chunks = g_array_new (FALSE, FALSE, sizeof (LineChunk));
    line->echo_due = g_array_new (FALSE, FALSE, sizeof (LineEcho));
    line->data = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, line_data_free);
    g_mutex_init (&line->lock);
    line_notes_init (line);
    return line;
}

MgLine *mgh_line_ref (MgLine *line)
{
    g_atomic_ref_count_inc (&line->refs);
    return line;
}

void mgh_line_unref (MgLine *line)
{
    if (line == NULL || !g_atomic_ref_count_dec (&line->refs))
        return;
    mgh_line_close (line);
    line_notes_clear (line);
    if (line->ops.free != NULL)
        line->ops.free (line->port);
    g_hash_table_unref (line->data);
    g_array_unref (line->echo_due);
    g_array_unref (line->chunks);
    g_byte_array_unref (line->in);
    g_clear_error (&line->turn_error);
    g_clear_object (&line->cancellable);
    g_free (line->channel);
    g_free (line->action);
    g_free (line->address);
    mgh_clock_unref (line->clock);
    g_mutex_clear (&line->lock);
    g_free (line->name);
    g_free (line->kind);
    g_free (line);
}

const char *mgh_line_get_name (MgLine *line)
{
    return line->name;
}

void mgh_line_set_name (MgLine *line, const char *name)
{
    g_free (line->name);
    line->name = g_strdup (name);
}

MghClock *mgh_line_get_clock (MgLine *line)
{
    return line->clock;
}

gpointer mgh_line_get_port (MgLine *line)
{
    return line->port;
}

gint64 line_now (MgLine *line)
{
    return mgh_clock_mono_us (line->clock);
}

gint64 line_later (gint64 base_us, gint64 us)
{
    gint64 sum;

    return us < 0 || __builtin_add_overflow (base_us, us, &sum) ? G_MAXINT64 : sum;
}

static void line_forget_input (MgLine *line)
{
    g_byte_array_set_size (line->in, 0);
    g_array_set_size (line->chunks, 0);
    g_array_set_size (line->echo_due, 0);
    line->echo_matched = 0;
    line->sent_us = -1;
    line->timed_out = FALSE;
}

static void line_set_open (MgLine *line, gboolean is_open)
{
    g_mutex_lock (&line->lock);
    line->is_open = is_open;
    g_mutex_unlock (&line->lock);
}

gboolean mgh_line_is_open (MgLine *line)
{
    g_mutex_lock (&line->lock);
    gboolean is_open = line->is_open;
    g_mutex_unlock (&line->lock);
    return is_open;
}

gboolean mgh_line_open (MgLine *line, gint64 until_us, GCancellable *cancellable, GError **error)
{
    if (mgh_line_is_open (line))
        return TRUE;
    mgh_line_close (line);
    if (line->ops.open != NULL && !line->ops.open (line->port, until_us, cancellable, error)) {
        g_prefix_error (error, "line %s: ", line->name);
        line_count (line, &line->statistics.io_errors, 1);
        return FALSE;
    }
    line->baud = line->own_baud;
    g_strlcpy (line->mode, line->own_mode, sizeof line->mode);
    line_set_open (line, TRUE);
    line_note (line, '!', line_now (line), "open");
    return TRUE;
}

/* Also after a lost connection, where the line is not open any more but the port still holds what is left of it. */
void mgh_line_close (MgLine *line)
{
    gboolean was_open = mgh_line_is_open (line);

    line_end_loan (line);
    line_set_open (line, FALSE);
    if (line->ops.close != NULL)
        line->ops.close (line->port);
    if (was_open)
        line_note (line, '!', line_now (line), "closed");
    line_forget_input (line);
    g_hash_table_remove_all (line->data);
}

void line_count (MgLine *line, guint64 *counter, guint64 add)
{
    g_mutex_lock (&line->lock);
    *counter += add;
    g_mutex_unlock (&line->lock);
}

void mgh_line_get_statistics (MgLine *line, MghLineStatistics *out)
{
    g_mutex_lock (&line->lock);
    *out = line->statistics;
    g_mutex_unlock (&line->lock);
}

gboolean line_check (MgLine *line, GError **error)
{
    if (!line->in_turn)
        g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "line %s: used outside a turn", line->name);
    else if (line->loan != NULL)
        g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "line %s: used while its descriptor is lent", line->name);
    else if (line->turn_error != NULL)
        g_propagate_error (error, g_error_copy (line->turn_error));
    else if (!mgh_line_is_open (line))
        g_set_error (error, MG_ERROR, MG_ERROR_IO, "line %s: not open", line->name);
    else
        return TRUE;
    return FALSE;
}

gboolean line_fail (MgLine *line, GError *error, GError **out)
{
    g_mutex_lock (&line->lock);
    if (g_error_matches (error, MG_ERROR, MG_ERROR_TIMEOUT))
        line->statistics.timeouts++;
    if (g_error_matches (error, MG_ERROR, MG_ERROR_PROTOCOL)) {
        line->statistics.protocol_errors++;
        line->protocol_counted = TRUE;
    }
    if (g_error_matches (error, MG_ERROR, MG_ERROR_IO)) {
        line->statistics.io_errors++;
        line->is_open = FALSE;
    }
    g_mutex_unlock (&line->lock);
    if (g_error_matches (error, MG_ERROR, MG_ERROR_IO))
        line_note (line, '!', line_now (line), "closed %s", error->message);
    g_propagate_prefixed_error (out, error, "line %s: ", line->name);
    return FALSE;
}

/* ------------------------------------------------------------------------------------------------------------ turns */

static void line_restore_serial (MgLine *line)
{
    if (line->own_baud != 0 && line->ops.set_serial != NULL &&
        (line->baud != line->own_baud || !g_str_equal (line->mode, line->own_mode)) && mgh_line_is_open (line) &&
        line->ops.set_serial (line->port, line->own_baud, line->own_mode, &line->turn_error)) {
        line->baud = line->own_baud;
        g_strlcpy (line->mode, line->own_mode, sizeof line->mode);
    }
    if (line->turn_error != NULL)
        g_prefix_error (&line->turn_error, "line %s: ", line->name);
    line->echo = line->own_echo;
    line->is_private = FALSE;
}

static void line_cancelled (GCancellable *cancellable G_GNUC_UNUSED, gpointer wake)
{
    g_cancellable_cancel (wake);
}

static void line_begin_listening (MgLine *line)
{
    GCancellable *wake = g_cancellable_new ();

    if (line->cancellable != NULL)
        line->wake_by =
            g_cancellable_connect (line->cancellable, G_CALLBACK (line_cancelled), g_object_ref (wake), g_object_unref);
    g_mutex_lock (&line->lock);
    line->wake = wake;
    if (line->yield_wanted)
        g_cancellable_cancel (wake);
    g_mutex_unlock (&line->lock);
}

static void line_end_listening (MgLine *line)
{
    g_mutex_lock (&line->lock);
    GCancellable *wake = g_steal_pointer (&line->wake);
    g_mutex_unlock (&line->lock);
    if (line->wake_by != 0)
        g_cancellable_disconnect (line->cancellable, line->wake_by);
    line->wake_by = 0;
    g_clear_object (&wake);
}

void mgh_line_begin (MgLine *line, MgCall *call, const char *channel, const char *action, const char *address)
{
    gint64 deadline_us = call == NULL ? 0 : mg_call_get_deadline_us (call);
    GCancellable *cancellable = call == NULL ? NULL : mg_call_get_cancellable (call);

    g_return_if_fail (!line->in_turn);
    line->in_turn = TRUE;
    line->deadline_us = deadline_us > 0 ? deadline_us : G_MAXINT64;
    g_set_object (&line->cancellable, cancellable);
    if (g_strcmp0 (line->channel, channel) != 0)
        line_forget_input (line);
    g_free (line->channel);
    g_free (line->action);
    g_free (line->address);
    line->channel = g_strdup (channel);
    line->action = g_strdup (action);
    line->address = g_strdup (address == NULL || *address == 0 ? "-" : address);
    line->listens = g_str_equal (action, "listen");
    line->protocol_counted = FALSE;
    line->attempt = call == NULL ? 0 : mg_call_get_attempt (call);
    line->first_byte_us = 0;
    if (line->pause_us > 0 && line->active_us >= 0)
        mgh_clock_wait (line->clock, MIN (line_later (line->active_us, line->pause_us), line->deadline_us), cancellable,
                        NULL);
    if (line->ops.begin != NULL)
        line->ops.begin (line->port, line->channel, line->action, line->address);
    line->turn_from_us = line_now (line);
    line_count (line, &line->statistics.turns, 1);
    line_note_begin (line);
    line_restore_serial (line);
    line_note_settings (line);
    if (line->listens)
        line_begin_listening (line);
}

void mgh_line_end (MgLine *line, const char *outcome, const char *text)
{
    g_return_if_fail (line->in_turn);
    line_end_loan (line);
    line_end_listening (line);
    if (line->ops.end != NULL)
        line->ops.end (line->port, outcome);
    line->active_us = line_now (line);
    g_mutex_lock (&line->lock);
    line->statistics.busy_us += line->active_us - line->turn_from_us;
    /* a bad checksum is seen by the driver alone */
    if (g_strcmp0 (outcome, "protocol") == 0 && !line->protocol_counted)
        line->statistics.protocol_errors++;
    g_mutex_unlock (&line->lock);
    line->in_turn = line->listens = line->is_private = FALSE;
    line->deadline_us = G_MAXINT64;
    g_clear_error (&line->turn_error);
    g_clear_object (&line->cancellable);
    line_note_end (line, outcome, text);
}

void mgh_line_yield (MgLine *line, gboolean wanted)
{
    GCancellable *wake = NULL;

    g_mutex_lock (&line->lock);
    if (wanted && !line->yield_wanted)
        line->yield_since_us = line_now (line);
    line->yield_wanted = wanted;
    if (wanted && line->wake != NULL)
        wake = g_object_ref (line->wake);
    g_mutex_unlock (&line->lock);
    if (wake != NULL)
        g_cancellable_cancel (wake);
    g_clear_object (&wake);
}

/* --------------------------------------------------------------------------------------------------- small questions
 */

void mg_line_set_data (MgLine *line, gpointer data, GDestroyNotify free)
{
    LineData *kept = g_new0 (LineData, 1);

    kept->data = data;
    kept->free = free;
    g_hash_table_replace (line->data, g_strdup (line->channel == NULL ? "" : line->channel), kept);
}

gpointer mg_line_get_data (MgLine *line)
{
    LineData *kept = g_hash_table_lookup (line->data, line->channel == NULL ? "" : line->channel);

    return kept == NULL ? NULL : kept->data;
}

gint64 mg_line_get_first_us (MgLine *line)
{
    return line->first_byte_us;
}

gint64 line_bits_us (MgLine *line, guint bits)
{
    return line->baud == 0 ? 0 : ((gint64) bits * G_USEC_PER_SEC + line->baud - 1) / line->baud;
}

gint64 mg_line_get_byte_us (MgLine *line)
{
    const char *mode = line->mode;
    guint bits = 1 + (guint) (mode[0] - '0') + (mode[1] != 'N' ? 1 : 0) + (guint) (mode[2] - '0');

    return line_bits_us (line, bits);
}

void mg_line_set_echo (MgLine *line, gboolean on)
{
    line->echo = on;
    if (line->in_turn)
        line_note_settings (line);
}

void mg_line_set_private (MgLine *line, gboolean on)
{
    line->is_private = on;
}
