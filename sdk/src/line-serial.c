/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line-serial.c: what only a serial line can: speed and parity within a turn, modem lines, break, wake-up bytes. */
#include "line.h"

#include <string.h>

#define BAUD_MIN    50
#define BAUD_MAX    4000000
#define WAKE_PIECE  64
#define WAKE_MAX_US (60 * 1000 * 1000)

static gboolean line_lacks (MgLine *line, gboolean has, const char *what, GError **error)
{
    if (has)
        return FALSE;
    g_set_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED, "line %s: a %s line cannot %s", line->name, line->kind, what);
    return TRUE;
}

gboolean mgh_line_mode_check (const char *mode, GError **error)
{
    if (mode != NULL && strlen (mode) == 3 && strchr ("78", mode[0]) != NULL && strchr ("NEO", mode[1]) != NULL &&
        strchr ("12", mode[2]) != NULL)
        return TRUE;
    g_set_error (error, MG_ERROR, MG_ERROR_RANGE,
                 "serial mode \"%s\": expected data bits 7 or 8, parity N, E or O, stop bits 1 or 2, as in 8E1",
                 mode == NULL ? "" : mode);
    return FALSE;
}

gboolean mg_line_set_serial (MgLine *line, guint32 baud, const char *mode, GError **error)
{
    GError *why = NULL;

    if (!line_check (line, error) || line_lacks (line, line->ops.set_serial != NULL, "change its speed", error) ||
        (mode != NULL && !mgh_line_mode_check (mode, error)))
        return FALSE;
    if (baud != 0 && (baud < BAUD_MIN || baud > BAUD_MAX)) {
        g_set_error (error, MG_ERROR, MG_ERROR_RANGE, "line %s: %u baud: expected %d to %d", line->name, baud, BAUD_MIN,
                     BAUD_MAX);
        return FALSE;
    }
    baud = baud == 0 ? line->baud : baud;
    mode = mode == NULL ? line->mode : mode;
    if (!line->ops.set_serial (line->port, baud, mode, &why))
        return line_fail (line, why, error);
    line->baud = baud;
    if (mode != line->mode)
        g_strlcpy (line->mode, mode, sizeof line->mode);
    line_note_settings (line);
    return TRUE;
}

gboolean mg_line_set_signals (MgLine *line, guint32 on, guint32 off, guint32 *now, GError **error)
{
    static const struct {
        guint32 signal;
        const char *name;
    } outputs[] = { { MG_SIGNAL_DTR, "dtr" }, { MG_SIGNAL_RTS, "rts" } };
    GError *why = NULL;
    guint32 state = 0;

    if (!line_check (line, error) || line_lacks (line, line->ops.set_signals != NULL, "move modem lines", error))
        return FALSE;
    if (((on | off) & ~(guint32) (MG_SIGNAL_DTR | MG_SIGNAL_RTS)) != 0 || (on & off) != 0) {
        g_set_error (error, MG_ERROR, MG_ERROR_RANGE,
                     "line %s: signals on 0x%x, off 0x%x: expected DTR and RTS, each in one of them", line->name, on,
                     off);
        return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS (outputs); i++)
        if ((on | off) & outputs[i].signal)
            line_note (line, '=', line_now (line), "%s=%d", outputs[i].name, (on & outputs[i].signal) != 0);
    if (!line->ops.set_signals (line->port, on, off, &state, &why))
        return line_fail (line, why, error);
    if (now != NULL) {
        line_note (line, '!', line_now (line), "cts=%d dsr=%d dcd=%d", (state & MG_SIGNAL_CTS) != 0,
                   (state & MG_SIGNAL_DSR) != 0, (state & MG_SIGNAL_DCD) != 0);
        *now = state;
    }
    return TRUE;
}

gboolean mg_line_break (MgLine *line, gint64 us, GError **error)
{
    GError *why = NULL;

    if (!line_check (line, error) || line_lacks (line, line->ops.send_break != NULL, "send a break", error))
        return FALSE;
    line_note (line, '!', line_now (line), "break %" G_GINT64_FORMAT, us);
    if (!line->ops.send_break (line->port, us, &why))
        return line_fail (line, why, error);
    line->sent_us = line->active_us = line_now (line);
    return TRUE;
}

static gboolean line_send_wake_up (MgLine *line, guint8 byte, gint64 us, gint64 byte_us, GError **error)
{
    guint8 piece[WAKE_PIECE];
    GError *why = NULL;

    if (line->ops.wake_up != NULL)
        return line->ops.wake_up (line->port, byte, us, &why) || line_fail (line, why, error);
    memset (piece, byte, sizeof piece);
    for (gint64 left = (us + byte_us - 1) / byte_us; left > 0; left -= (gint64) sizeof piece)
        if (!line_put_unnoted (line, piece, (gsize) MIN (left, (gint64) sizeof piece), error))
            return FALSE;
    return TRUE;
}

/* Byte by byte without a gap: what a sleeping meter takes for a long signal (EN 62056-21, EN 13757-2 battery meters).
 */
gboolean mg_line_wake_up (MgLine *line, guint8 byte, gint64 us, gint64 pause_us, GError **error)
{
    gint64 byte_us = mg_line_get_byte_us (line), end_us;

    if (!line_check (line, error) || line_lacks (line, byte_us > 0, "wake a meter up by its speed", error))
        return FALSE;
    if (us < 0 || us > WAKE_MAX_US || pause_us < 0 || pause_us > WAKE_MAX_US) {
        g_set_error (error, MG_ERROR, MG_ERROR_RANGE,
                     "line %s: wake-up of %" G_GINT64_FORMAT " us, pause of %" G_GINT64_FORMAT " us: expected 0 to %d",
                     line->name, us, pause_us, WAKE_MAX_US);
        return FALSE;
    }
    end_us = line_later (line_now (line), us);
    line_note (line, '!', line_now (line), "wake %02X %" G_GINT64_FORMAT, byte, us);
    if (!line_send_wake_up (line, byte, us, byte_us, error))
        return FALSE;
    /* A port that does not feel the speed (a pty, a test) is as slow as the wire here. */
    if (!mgh_clock_wait (line->clock, MIN (line_later (MAX (end_us, line_now (line)), pause_us), line->deadline_us),
                         line->cancellable, error))
        return FALSE;
    line_drop (line);
    line->sent_us = -1;
    return TRUE;
}
