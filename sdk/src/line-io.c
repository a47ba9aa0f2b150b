/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line-io.c: what a driver calls to write and read plain bytes and datagrams. */
#include "line.h"

gboolean mg_line_write (MgLine *line, const guint8 *bytes, gsize len, GError **error)
{
    return line_check (line, error) && line_put (line, bytes, len, error);
}

/* Waits until `len` bytes are there. FALSE: the time is over (no error yet), or an error. */
static gboolean line_await (MgLine *line, gsize len, gint64 timeout_us, GError **error)
{
    gint64 start_us = line_now (line), until_us = line_later (start_us, timeout_us);
    gboolean got;

    line->first_byte_us = 0;
    if (timeout_us == MG_FOREVER && line_gives_away (line, error))
        return FALSE;
    while (line->in->len < len) {
        gboolean idle = line->in->len == 0 && timeout_us == MG_FOREVER;

        if (!line_fill (line, until_us, idle, &got, error))
            return FALSE;
        if (got)
            continue;
        if (idle && line->listens)
            g_set_error (error, MG_ERROR, MG_ERROR_YIELD, "line %s: the slice of listening is over", line->name);
        else
            line_fail (line,
                       g_error_new (MG_ERROR, MG_ERROR_TIMEOUT,
                                    "%u of %" G_GSIZE_FORMAT " bytes within %" G_GINT64_FORMAT " ms%s", line->in->len,
                                    len, (line_now (line) - start_us) / 1000,
                                    line_now (line) >= line->deadline_us ? " (the call's deadline)" : ""),
                       error);
        return FALSE;
    }
    return TRUE;
}

static void line_note_first (MgLine *line)
{
    if (line->chunks->len > 0)
        line->first_byte_us = g_array_index (line->chunks, LineChunk, 0).at_us;
    line->sent_us = -1;
    line->timed_out = FALSE;
}

gboolean mg_line_read (MgLine *line, guint8 *buf, gsize len, gint64 timeout_us, GError **error)
{
    if (!line_check (line, error))
        return FALSE;
    gboolean complete = line_await (line, len, timeout_us, error);
    line_note_first (line);
    line_consume (line, '<', MIN (len, line->in->len), buf);
    return complete;
}

gssize mg_line_read_some (MgLine *line, guint8 *buf, gsize max, gint64 timeout_us, GError **error)
{
    if (!line_check (line, error) || !line_await (line, 1, timeout_us, error))
        return -1;
    gsize n = MIN (max, line->in->len);
    line_note_first (line);
    line_consume (line, '<', n, buf);
    return (gssize) n;
}

gboolean mg_line_send (MgLine *line, const char *peer, const guint8 *datagram, gsize len, GError **error)
{
    GError *why = NULL;

    if (!line_check (line, error))
        return FALSE;
    if (line->ops.send == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED, "line %s: a %s line has no datagrams", line->name,
                     line->kind);
        return FALSE;
    }
    line_note_datagram (line, '>', line_now (line), peer, datagram, len);
    if (!line->ops.send (line->port, peer, datagram, len, &why))
        return line_fail (line, why, error);
    line_count (line, &line->statistics.bytes_out, len);
    line->active_us = line->sent_us = line_now (line);
    return TRUE;
}

/* One wait of receive (); the same rules for yielding as a stream's, since a datagram is always whole. */
static gssize line_receive_once (MgLine *line, GByteArray *datagram, char **peer, gint64 until_us, gboolean idle,
                                 GError **error)
{
    gboolean listens = idle && line->wake != NULL;
    GCancellable *cancellable = listens ? line->wake : line->cancellable;
    GError *why = NULL;
    gssize n = line->ops.receive (line->port, datagram, peer, until_us, cancellable, &why);

    if (n < 0 && listens && g_error_matches (why, G_IO_ERROR, G_IO_ERROR_CANCELLED) &&
        !g_cancellable_is_cancelled (line->cancellable)) {
        g_clear_error (&why);
        n = line->ops.receive (line->port, datagram, peer, 0, line->cancellable, &why);
    }
    if (n < 0)
        line_fail (line, why, error);
    return n;
}

gboolean mg_line_receive (MgLine *line, GByteArray *datagram, char **peer, gint64 timeout_us, GError **error)
{
    g_autofree char *from = NULL;
    gboolean idle = timeout_us == MG_FOREVER && line->listens;

    if (!line_check (line, error))
        return FALSE;
    if (line->ops.receive == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED, "line %s: a %s line has no datagrams", line->name,
                     line->kind);
        return FALSE;
    }
    line->first_byte_us = 0;
    if (idle && line_gives_away (line, error))
        return FALSE;
    gint64 until_us = MIN (line_later (line_now (line), timeout_us), line->deadline_us);
    gssize n = line_receive_once (line, datagram, &from, until_us, idle, error);
    if (n < 0)
        return FALSE;
    if (n == 0 && idle) {
        g_set_error (error, MG_ERROR, MG_ERROR_YIELD, "line %s: no datagram, and the turn is over", line->name);
        return FALSE;
    }
    if (n == 0)
        return line_fail (line, g_error_new (MG_ERROR, MG_ERROR_TIMEOUT, "no datagram in time"), error);
    line->first_byte_us = line->active_us = line_now (line);
    line->sent_us = -1;
    line_count (line, &line->statistics.bytes_in, (guint64) n);
    line_note_datagram (line, '<', line->first_byte_us, from, datagram->data, datagram->len);
    if (peer != NULL)
        *peer = g_steal_pointer (&from);
    return TRUE;
}

void mg_line_flush (MgLine *line)
{
    if (line_check (line, NULL))
        line_drop (line);
}

gboolean mg_line_wait_quiet (MgLine *line, gint64 us, GError **error)
{
    if (!line_check (line, error))
        return FALSE;
    for (;;) {
        gint64 quiet_us;
        gboolean got;

        line_drop (line);
        quiet_us = line_later (MAX (line->active_us, line->turn_from_us), us);
        if (line_now (line) >= quiet_us)
            return TRUE;
        if (!line_fill (line, quiet_us, FALSE, &got, error))
            return FALSE;
        if (!got && line_now (line) >= line->deadline_us)
            return line_fail (line,
                              g_error_new (MG_ERROR, MG_ERROR_TIMEOUT,
                                           "not quiet for %" G_GINT64_FORMAT " us before the call's deadline", us),
                              error);
    }
}
