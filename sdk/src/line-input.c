/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line-input.c: bytes between the port and the line: waiting, echo, what is kept until somebody takes it. */
#include "line.h"

#include <string.h>

#define PIECE_MAX       4096
#define DROP_ROUNDS_MAX 16
#define ECHO_MAX        65536
/* a line that never falls silent gives the turn away between two frames after this long */
#define YIELD_AT_LAST_US (2 * G_USEC_PER_SEC)

/* Compares what came with what was written. Returns how many bytes were echo. */
static gsize line_swallow_echo (MgLine *line, const guint8 *bytes, gsize len, gint64 at_us)
{
    gsize n = MIN (len, line->echo_due->len), swallowed = 0;

    while (swallowed < n) {
        const LineEcho *due = &g_array_index (line->echo_due, LineEcho, swallowed);

        if (due->byte != bytes[swallowed]) {
            line_count (line, &line->statistics.echoes_wrong, 1);
            if (line->echo_matched == 0) { /* no echo at all: these are somebody's bytes */
                g_array_set_size (line->echo_due, 0);
                return 0;
            }
            swallowed = n; /* our own bytes, damaged on the bus */
            break;
        }
        line->echo_matched++;
        swallowed++;
    }
    for (gsize from = 0, to; from < swallowed; from = to) {
        gboolean is_private = g_array_index (line->echo_due, LineEcho, from).is_private;

        for (to = from + 1; to < swallowed; to++)
            if (g_array_index (line->echo_due, LineEcho, to).is_private != is_private)
                break;
        line_note_bytes (line, '~', at_us, bytes + from, to - from, is_private);
    }
    g_array_remove_range (line->echo_due, 0, (guint) swallowed);
    if (line->echo_due->len == 0)
        line->echo_matched = 0;
    return swallowed;
}

static gboolean line_take (MgLine *line, const guint8 *bytes, gsize len)
{
    LineChunk chunk = { .at_us = line_now (line) };
    gsize echo = line->echo_due->len > 0 ? line_swallow_echo (line, bytes, len, chunk.at_us) : 0;

    line->active_us = chunk.at_us;
    line_count (line, &line->statistics.bytes_in, len - echo);
    if (echo == len)
        return FALSE;
    chunk.len = len - echo;
    g_byte_array_append (line->in, bytes + echo, (guint) chunk.len);
    g_array_append_val (line->chunks, chunk);
    return TRUE;
}

/* One read of the port; a datagram is a piece like any other. 0: time is over. */
static gssize line_read_port (MgLine *line, guint8 *buf, gint64 until_us, GCancellable *cancellable, GError **error)
{
    if (line->ops.read != NULL)
        return line->ops.read (line->port, buf, PIECE_MAX, until_us, cancellable, error);

    g_autoptr (GByteArray) datagram = g_byte_array_new ();
    gssize n = line->ops.receive (line->port, datagram, NULL, until_us, cancellable, error);
    if (n > PIECE_MAX) {
        g_set_error (error, MG_ERROR, MG_ERROR_PROTOCOL, "datagram of %" G_GSSIZE_FORMAT " bytes: more than %d", n,
                     PIECE_MAX);
        return -1;
    }
    if (n > 0)
        memcpy (buf, datagram->data, (gsize) n);
    return n;
}

static gboolean line_yields (MgLine *line, gint64 for_us)
{
    g_mutex_lock (&line->lock);
    gboolean yields = line->yield_wanted && line_now (line) - line->yield_since_us >= for_us;
    g_mutex_unlock (&line->lock);
    return yields;
}

static gboolean line_say_yield (MgLine *line, GError **error)
{
    g_set_error (error, MG_ERROR, MG_ERROR_YIELD, "line %s: somebody else waits for the turn", line->name);
    return FALSE;
}

gboolean line_gives_away (MgLine *line, GError **error)
{
    return line->wake != NULL && line_yields (line, YIELD_AT_LAST_US) && !line_say_yield (line, error);
}

gboolean line_fill (MgLine *line, gint64 until_us, gboolean idle, gboolean *got, GError **error)
{
    gboolean listens = idle && line->wake != NULL;
    guint8 buf[PIECE_MAX];

    *got = FALSE;
    /* A frame that has begun before a listen's slice is over is finished. */
    if (listens || !line->listens)
        until_us = MIN (until_us, line->deadline_us);
    while (!*got) {
        GError *why = NULL;
        gboolean yields = listens && line_yields (line, 0);
        gssize n = line_read_port (line, buf, yields ? 0 : until_us,
                                   listens && !yields ? line->wake : line->cancellable, &why);

        if (n > 0) {
            *got = line_take (line, buf, (gsize) n);
        } else if (n == 0 && yields) {
            return line_say_yield (line, error);
        } else if (n == 0) {
            return TRUE;
        } else if (listens && !yields && g_error_matches (why, G_IO_ERROR, G_IO_ERROR_CANCELLED) &&
                   !g_cancellable_is_cancelled (line->cancellable)) {
            g_error_free (why); /* woken: look once more whether anything is there, then yield */
            if (!line_yields (line, 0))
                return line_say_yield (line, error);
        } else {
            return line_fail (line, why, error);
        }
    }
    return TRUE;
}

void line_consume (MgLine *line, char kind, gsize len, guint8 *to)
{
    gsize done = 0;

    g_assert (len <= line->in->len);
    if (to != NULL && len > 0)
        memcpy (to, line->in->data, len);
    while (done < len) {
        LineChunk *chunk = &g_array_index (line->chunks, LineChunk, 0);
        gsize n = MIN (chunk->len, len - done);

        line_note_bytes (line, kind, chunk->at_us, line->in->data + done, n, line->is_private);
        done += n;
        chunk->len -= n;
        if (chunk->len == 0)
            g_array_remove_index (line->chunks, 0);
    }
    if (len > 0)
        g_byte_array_remove_range (line->in, 0, (guint) len);
}

gint64 line_input_last_us (MgLine *line)
{
    return line->chunks->len == 0 ? 0 : g_array_index (line->chunks, LineChunk, line->chunks->len - 1).at_us;
}

gsize line_drop (MgLine *line)
{
    guint8 buf[PIECE_MAX];
    gsize dropped = 0;

    for (guint round = 0; round < DROP_ROUNDS_MAX; round++) {
        gssize n = line_read_port (line, buf, 0, NULL, NULL);

        if (n <= 0)
            break; /* a lost line is told by the next read or write */
        line_take (line, buf, (gsize) n);
        dropped += line->in->len;
        line_consume (line, 'x', line->in->len, NULL);
    }
    dropped += line->in->len;
    line_consume (line, 'x', line->in->len, NULL);
    return dropped;
}

gboolean line_put_unnoted (MgLine *line, const guint8 *bytes, gsize len, GError **error)
{
    gint64 start_us = line_now (line);
    GError *why = NULL;
    gboolean ok;

    if (len == 0)
        return TRUE;
    for (gsize i = 0; line->echo && i < len && line->echo_due->len < ECHO_MAX; i++) {
        LineEcho due = { .byte = bytes[i], .is_private = line->is_private };

        g_array_append_val (line->echo_due, due);
    }
    if (line->ops.write != NULL)
        ok = line->ops.write (line->port, bytes, len, line->deadline_us, line->cancellable, &why);
    else
        ok = line->ops.send (line->port, NULL, bytes, len, &why);
    if (!ok)
        return line_fail (line, why, error);
    line_count (line, &line->statistics.bytes_out, len);
    /* Where the kernel thinks that a byte is out, an adapter may still hold it. */
    line->sent_us = MAX (line_now (line), line_later (start_us, (gint64) len * mg_line_get_byte_us (line)));
    line->active_us = line->sent_us;
    return TRUE;
}

gboolean line_put (MgLine *line, const guint8 *bytes, gsize len, GError **error)
{
    line_note_bytes (line, '>', line_now (line), bytes, len, line->is_private);
    return line_put_unnoted (line, bytes, len, error);
}
