/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-recording.c: a recording of any bytes. What is taken is played by a driver that asks what the data says; what is
 * refused has a reason. */
#include <metergate.h>
#include <host/mgh-line.h>

#include <stdlib.h>

#define TURNS_MAX 32
#define READS_MAX 16

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static gssize two_bytes (const guint8 *bytes, gsize len)
{
    return bytes[0] == 0xE5 ? 1 : bytes[0] == 0x68 ? (len > 1 ? bytes[1] : 0) : -1;
}

static void play_turn (MgLine *line, const guint8 *data, gsize size)
{
    static const MgFraming sized = MG_INIT (MgFraming, .max = 64, .size = two_bytes),
                           stopped = MG_INIT (MgFraming, .first_us = MG_FOREVER, .stop = "\r\n", .max = 64);
    g_autoptr (GByteArray) frame = g_byte_array_new ();
    gboolean ok = TRUE;
    guint32 now;

    for (guint i = 0; ok && i < READS_MAX; i++) {
        guint8 pick = size == 0 ? 0 : data[i % size];
        gsize n = MIN (size, pick & 7u);

        switch (pick >> 5) {
        case 0:
            ok = mg_line_read_frame (line, &stopped, frame, NULL);
            break;
        case 1:
            ok = mg_line_write (line, data, n, NULL);
            break;
        case 2:
            ok = mg_line_receive (line, frame, NULL, 1000, NULL);
            break;
        case 3:
            ok = mg_line_set_serial (line, 300, NULL, NULL) && mg_line_break (line, 1000, NULL);
            break;
        case 4:
            ok = mg_line_set_signals (line, MG_SIGNAL_DTR, MG_SIGNAL_RTS, &now, NULL);
            break;
        default:
            mg_line_set_echo (line, pick & 1);
            mg_line_exchange (line, data, n, &sized, frame, NULL);
        }
    }
}

static void play (MgLine *line, const guint8 *data, gsize size)
{
    const char *channel, *action, *address;
    gint64 at_us;

    for (guint i = 0; i < TURNS_MAX && mgh_line_replay_next (line, &at_us, &channel, &action, &address); i++) {
        g_autofree char *name = g_strdup (channel), *what = g_strdup (action), *where = g_strdup (address);

        if (!mgh_line_open (line, G_MAXINT64, NULL, NULL))
            break;
        mgh_line_begin (line, NULL, name, what, where);
        play_turn (line, data, size);
        mgh_line_end (line, "ok", NULL);
    }
    mgh_line_replay_finish (line, NULL, NULL, NULL, NULL);
}

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    for (guint how = MGH_REPLAY_STRICT; how <= MGH_REPLAY_LENIENT; how++) {
        g_autoptr (GError) error = NULL;
        g_autoptr (MgLine) line =
            mgh_line_new_replay_text ("fuzz", (const char *) data, size, (MghReplay) how, TRUE, &error);

        if ((line == NULL) != (error != NULL) || (error != NULL && !g_utf8_validate (error->message, -1, NULL)))
            abort ();
        if (line != NULL)
            play (line, data, size);
    }
    return 0;
}
