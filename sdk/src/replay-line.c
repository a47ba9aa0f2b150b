/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-line.c: the line that plays a recording, and what it says when it is over. */
#include "replay.h"

static MgLine *replay_line (Recording *recording, MghReplay how, gboolean fast)
{
    g_autoptr (MghClock) clock = fast ? mgh_clock_virtual_new (recording->start_ms) : mgh_clock_ref (mgh_clock_real ());
    Replay *replay = g_new0 (Replay, 1);
    MghLineInfo info = { .struct_size = sizeof info,
                         .name = recording->line == NULL ? "replay" : recording->line,
                         .kind = recording->kind == NULL ? "serial" : recording->kind,
                         .baud = recording->baud,
                         .mode = recording->mode[0] == 0 ? "8E1" : recording->mode,
                         .echo = recording->echo,
                         .first_us = recording->first_us,
                         .idle_us = recording->idle_us,
                         .full_us = recording->full_us,
                         .pause_us = recording->pause_us };

    replay->recording = recording;
    replay->lenient = (recording->replay != 0 ? recording->replay : how) == MGH_REPLAY_LENIENT;
    replay->clock = mgh_clock_ref (clock);
    replay->baud = info.baud;
    g_strlcpy (replay->mode, info.mode, sizeof replay->mode);
    replay->written = g_byte_array_new ();
    replay->request = g_byte_array_new ();
    replay->known = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, g_free);
    replay->line = mgh_line_new (&info, &replay_ops, replay, clock);
    replay->line->allowance_us = recording->late_us;
    replay->line->gap_us = recording->gap_us;
    return replay->line;
}

MgLine *mgh_line_new_replay (const char *path, MghReplay replay, gboolean fast, GError **error)
{
    Recording *recording = recording_load (path, error);

    return recording == NULL ? NULL : replay_line (recording, replay, fast);
}

MgLine *mgh_line_new_replay_text (const char *name, const char *text, gsize len, MghReplay replay, gboolean fast,
                                  GError **error)
{
    Recording *recording = recording_parse (name, text, len, error);

    return recording == NULL ? NULL : replay_line (recording, replay, fast);
}

gboolean mgh_line_replay_next (MgLine *line, gint64 *at_us, const char **channel, const char **action,
                               const char **address)
{
    Replay *replay = mgh_line_get_port (line);

    g_return_val_if_fail (line->ops.read == replay_ops.read, FALSE);
    for (guint i = 0; i < replay->recording->turns->len; i++) {
        RecordedTurn *turn = g_ptr_array_index (replay->recording->turns, i);

        if (turn->used)
            continue;
        *at_us = turn->at_us;
        *channel = turn->channel;
        *action = turn->action;
        *address = turn->address;
        return TRUE;
    }
    return FALSE;
}

gboolean mgh_line_replay_finish (MgLine *line, guint *used, guint *skipped, guint *unmatched, GError **error)
{
    Replay *replay = mgh_line_get_port (line);
    guint left;

    g_return_val_if_fail (line->ops.read == replay_ops.read, FALSE);
    left = replay->recording->turns->len - replay->used;
    if (used != NULL)
        *used = replay->used;
    if (skipped != NULL)
        *skipped = left;
    if (unmatched != NULL)
        *unmatched = replay->unmatched;
    if (replay->failed != NULL) {
        g_propagate_error (error, g_error_copy (replay->failed));
        return FALSE;
    }
    if (left > 0 && !replay->lenient) {
        RecordedTurn *turn = g_ptr_array_index (replay->recording->turns, replay->used);
        g_autofree char *expected =
            g_strdup_printf ("the turn \"%s %s %s\" (%u left)", turn->channel, turn->action, turn->address, left);

        g_set_error (error, MG_ERROR, MG_ERROR_IO, "%s:%u: expected %s, got the end of the test",
                     replay->recording->path, turn->line, expected);
        return FALSE;
    }
    return TRUE;
}
