/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay.c: a recording as a line: strict, where each byte must come as recorded, or lenient, where requests find
 * answers. */
#include "replay.h"

#include <string.h>

const RecordedItem *replay_item (const ReplayPlace *place)
{
    return place->turn == NULL || place->item >= place->turn->items->len
               ? NULL
               : &g_array_index (place->turn->items, RecordedItem, place->item);
}

static void replay_next_item (Replay *replay)
{
    replay->at.item++;
    replay->at.done = 0;
}

void replay_anchor (Replay *replay, gint64 recorded_us, gint64 at_us)
{
    replay->anchor_recorded_us = recorded_us;
    replay->anchor_us = at_us;
}

static gint64 replay_when (Replay *replay, gint64 recorded_us)
{
    return replay->anchor_us + (recorded_us - replay->anchor_recorded_us);
}

gboolean replay_matches (Replay *replay, const RecordedItem *item, gsize from, const guint8 *bytes, gsize len)
{
    const guint8 *recorded = replay->recording->bytes->data + item->from + from;
    const guint8 *any = replay->recording->any->data + item->from + from;

    for (gsize i = 0; i < len; i++)
        if (!any[i] && recorded[i] != bytes[i])
            return FALSE;
    return TRUE;
}

gboolean replay_closed (Replay *replay, const char *why, GError **error)
{
    g_set_error (error, MG_ERROR, MG_ERROR_IO, "recording %s: %s", replay->recording->path, why);
    return FALSE;
}

/* ----------------------------------------------------------------------------------------- what ends a strict replay
 */

static char *replay_hex (const guint8 *bytes, const guint8 *any, gsize len)
{
    GString *text = g_string_new (NULL);

    for (gsize i = 0; i < MIN (len, 64); i++)
        g_string_append_printf (text, any != NULL && any[i] ? "%s??" : "%s%02X", i == 0 ? "" : " ", bytes[i]);
    return g_string_free (text, FALSE);
}

static char *replay_expectation (Replay *replay, const RecordedItem *item)
{
    g_autofree char *hex = NULL;

    if (item == NULL)
        return g_strdup ("the end of the turn");
    if (item->kind == '=' || item->kind == '!')
        return g_strdup_printf ("%c %s", item->kind, item->text);
    hex = replay_hex (replay->recording->bytes->data + item->from + replay->at.done,
                      replay->recording->any->data + item->from + replay->at.done, item->len - replay->at.done);
    return g_strdup_printf ("%s %s",
                            item->kind == 'S'   ? ">@"
                            : item->kind == 'R' ? "<@"
                            : item->kind == '>' ? ">"
                                                : "<",
                            hex);
}

static gboolean replay_end_test (Replay *replay, guint line, const char *expected, const char *got, GError **error)
{
    if (replay->failed == NULL)
        replay->failed = g_error_new (MG_ERROR, MG_ERROR_IO, "%s:%u: expected %s, got %s", replay->recording->path,
                                      line, expected, got);
    if (error != NULL)
        *error = g_error_copy (replay->failed);
    return FALSE;
}

static gboolean replay_mismatch (Replay *replay, const char *got, GError **error)
{
    const RecordedItem *item = replay_item (&replay->at);
    g_autofree char *expected = replay_expectation (replay, item);
    RecordedTurn *turn = replay->at.turn;

    return replay_end_test (replay, item != NULL ? item->line : turn != NULL ? turn->line : 0, expected, got, error);
}

/* FALSE with the error where the replay has failed or is at its end. */
static gboolean replay_goes_on (Replay *replay, GError **error)
{
    if (replay->failed != NULL)
        g_propagate_error (error, g_error_copy (replay->failed));
    else if (replay->over)
        replay_closed (replay, "it is over", error);
    else
        return TRUE;
    return FALSE;
}

/* ------------------------------------------------------------------------------------------------------------ turns */

static gboolean replay_open (gpointer port, gint64 until_us, GCancellable *cancellable, GError **error)
{
    return replay_goes_on (port, error);
}

/* The line was set up anew before this turn. */
static void replay_take_settings (Replay *replay, RecordedTurn *turn)
{
    MgLine *line = replay->line;

    if (turn->baud != 0)
        line->own_baud = line->baud = replay->baud = turn->baud;
    if (turn->mode[0] != 0) {
        g_strlcpy (line->own_mode, turn->mode, sizeof line->own_mode);
        g_strlcpy (line->mode, turn->mode, sizeof line->mode);
        g_strlcpy (replay->mode, turn->mode, sizeof replay->mode);
    }
    if (turn->echo >= 0)
        line->own_echo = turn->echo == 1;
}

static void replay_strict_begin (Replay *replay, const char *channel, const char *action, const char *address)
{
    RecordedTurn *turn;

    replay->turn = NULL;
    replay->over = replay->used >= replay->recording->turns->len;
    if (replay->over || replay->failed != NULL)
        return;
    turn = g_ptr_array_index (replay->recording->turns, replay->used);
    if (!g_str_equal (turn->channel, channel) || !g_str_equal (turn->action, action) ||
        !g_str_equal (turn->address, address)) {
        g_autofree char *expected =
            g_strdup_printf ("the turn \"%s %s %s\"", turn->channel, turn->action, turn->address);
        g_autofree char *got = g_strdup_printf ("\"%s %s %s\"", channel, action, address);

        replay_end_test (replay, turn->line, expected, got, NULL);
        return;
    }
    turn->used = TRUE;
    replay->used++;
    replay->turn = turn;
    replay_take_settings (replay, turn);
}

static void replay_begin (gpointer port, const char *channel, const char *action, const char *address)
{
    Replay *replay = port;

    g_byte_array_set_size (replay->written, 0);
    replay->echoed = 0;
    replay->listens = g_str_equal (action, "listen");
    if (replay->lenient)
        replay_lenient_begin (replay, channel, action, address);
    else
        replay_strict_begin (replay, channel, action, address);
    replay->at = (ReplayPlace){ replay->turn, 0, 0 };
    if (replay->turn == NULL)
        return;
    if (mgh_clock_is_virtual (replay->clock))
        mgh_clock_advance_to (replay->clock, replay->turn->at_us);
    replay_anchor (replay, replay->turn->at_us, mgh_clock_mono_us (replay->clock));
}

static void replay_end (gpointer port, const char *outcome)
{
    Replay *replay = port;
    const RecordedItem *item;

    while (!replay->lenient && replay->failed == NULL && (item = replay_item (&replay->at)) != NULL) {
        gboolean matters =
            strchr ("><SR", item->kind) != NULL ||
            (item->kind == '!' && (g_str_has_prefix (item->text, "break") || g_str_has_prefix (item->text, "wake")));

        if (matters)
            replay_mismatch (replay, "the end of the turn", NULL);
        replay_next_item (replay);
    }
    replay_lenient_read (replay);
    replay->at.turn = replay->turn = NULL;
}

/* ----------------------------------------------------------------------------------------------------------- reading
 */

/* Nothing will come by itself: the time passes; an endless wait is a gap where the turn is given away, or the end. */
static gssize replay_silence (Replay *replay, gint64 until_us, GCancellable *cancellable, GError **error)
{
    RecordedTurn *turn = replay->at.turn;

    if (until_us != G_MAXINT64)
        return mgh_clock_wait (replay->clock, until_us, cancellable, error) ? 0 : -1;
    if (!replay->listens)
        return replay_closed (replay, "nothing more comes in this turn", error) - 1;
    if (turn != NULL && !mgh_clock_wait (replay->clock, replay_when (replay, turn->end_us), cancellable, error))
        return -1;
    g_set_error (error, MG_ERROR, MG_ERROR_YIELD, "recording %s: the turn was given away here",
                 replay->recording->path);
    return -1;
}

static gboolean replay_is_input (Replay *replay, const RecordedItem *item)
{
    switch (item->kind) {
    case '<':
    case 'R':
        return TRUE;
    case 'x':
        return !replay->lenient;
    case '~':
        return replay->line->echo;
    default:
        return FALSE;
    }
}

static gboolean replay_is_lost (const RecordedItem *item)
{
    return item->kind == '!' && g_str_has_prefix (item->text, "closed");
}

static gboolean replay_sets_speed (const RecordedItem *item)
{
    return item->kind == '=' && (g_ascii_isdigit (item->text[0]) || strstr (item->text, "dtr=") != NULL ||
                                 strstr (item->text, "rts=") != NULL);
}

/* The next thing that comes in by itself, or NULL: then it is the driver's turn to do something. */
static const RecordedItem *replay_input (Replay *replay)
{
    const RecordedItem *item;

    while ((item = replay_item (&replay->at)) != NULL && !replay_is_input (replay, item) && !replay_is_lost (item)) {
        gboolean waits =
            strchr (">S", item->kind) != NULL ||
            (item->kind == '!' && (g_str_has_prefix (item->text, "break") || g_str_has_prefix (item->text, "wake"))) ||
            (!replay->lenient && replay_sets_speed (item));

        if (waits)
            return NULL;
        replay_next_item (replay);
    }
    return item;
}

/* The next input, once it is there. NULL: *n says what to return. */
static const RecordedItem *replay_await (Replay *replay, gint64 until_us, GCancellable *cancellable, gssize *n,
                                         GError **error)
{
    const RecordedItem *item;
    gint64 when_us;

    *n = -1;
    if (g_cancellable_set_error_if_cancelled (cancellable, error) || !replay_goes_on (replay, error))
        return NULL;
    if (replay->lenient)
        replay_lenient_read (replay);
    item = replay_input (replay);
    when_us = item == NULL ? 0 : replay_when (replay, item->at_us);
    if (item == NULL || when_us > MAX (until_us, mgh_clock_mono_us (replay->clock))) {
        *n = replay_silence (replay, item == NULL ? until_us : MIN (until_us, when_us), cancellable, error);
        return NULL;
    }
    if (!mgh_clock_wait (replay->clock, MAX (when_us, mgh_clock_mono_us (replay->clock)), cancellable, error))
        return NULL;
    if (replay_is_lost (item)) {
        replay_closed (replay, item->text, error);
        replay_next_item (replay);
        return NULL;
    }
    return item;
}

static gssize replay_read (gpointer port, guint8 *buf, gsize max, gint64 until_us, GCancellable *cancellable,
                           GError **error)
{
    Replay *replay = port;
    gssize n;
    const RecordedItem *item = replay_await (replay, until_us, cancellable, &n, error);

    if (item == NULL)
        return n;
    n = (gssize) MIN (max, item->len - replay->at.done);
    memcpy (buf, replay->recording->bytes->data + item->from + replay->at.done, (gsize) n);
    for (gsize i = 0; item->kind == '~' && i < (gsize) n; i++, replay->echoed++)
        if (replay->recording->any->data[item->from + replay->at.done + i] && replay->echoed < replay->written->len)
            buf[i] = replay->written->data[replay->echoed]; /* it was private */
    replay->at.done += (gsize) n;
    if (replay->at.done == item->len)
        replay_next_item (replay);
    return n;
}

static gssize replay_receive (gpointer port, GByteArray *datagram, char **peer, gint64 until_us,
                              GCancellable *cancellable, GError **error)
{
    Replay *replay = port;
    gssize n;
    const RecordedItem *item = replay_await (replay, until_us, cancellable, &n, error);

    if (item == NULL)
        return n;
    g_byte_array_set_size (datagram, 0);
    g_byte_array_append (datagram, replay->recording->bytes->data + item->from, item->len);
    if (peer != NULL)
        *peer = g_strdup (item->text);
    replay_next_item (replay);
    return (gssize) item->len;
}

/* ----------------------------------------------------------------------------------------------------------- writing
 */

/* Skips what asks nothing of the driver: dropped input, remarks about the line. */
static const RecordedItem *replay_output (Replay *replay)
{
    const RecordedItem *item;

    while ((item = replay_item (&replay->at)) != NULL) {
        gboolean skipped =
            item->kind == 'x' || item->kind == '~' || (item->kind == '=' && !replay_sets_speed (item)) ||
            (item->kind == '!' && !g_str_has_prefix (item->text, "break") && !g_str_has_prefix (item->text, "wake"));

        if (!skipped)
            break;
        replay_next_item (replay);
    }
    return item;
}

static gboolean replay_strict_write (Replay *replay, const guint8 *bytes, gsize len, GError **error)
{
    gint64 now_us = mgh_clock_mono_us (replay->clock);

    for (gsize done = 0; done < len;) {
        const RecordedItem *item = replay_output (replay);
        gsize n = item == NULL ? 0 : MIN (len - done, item->len - replay->at.done);

        if (item == NULL || item->kind != '>' || !replay_matches (replay, item, replay->at.done, bytes + done, n)) {
            g_autofree char *hex = replay_hex (bytes + done, NULL, len - done);
            g_autofree char *got = g_strdup_printf ("> %s", hex);

            return replay_mismatch (replay, got, error);
        }
        if (done == 0)
            replay_anchor (replay, item->at_us, now_us);
        done += n;
        replay->at.done += n;
        if (replay->at.done == item->len)
            replay_next_item (replay);
    }
    return TRUE;
}

static gboolean replay_write (gpointer port, const guint8 *bytes, gsize len, gint64 until_us, GCancellable *cancellable,
                              GError **error)
{
    Replay *replay = port;

    if (g_cancellable_set_error_if_cancelled (cancellable, error) || !replay_goes_on (replay, error))
        return FALSE;
    g_byte_array_append (replay->written, bytes, (guint) len);
    if (!replay->lenient)
        return replay_strict_write (replay, bytes, len, error);
    replay_lenient_write (replay, bytes, len);
    return TRUE;
}

static gboolean replay_send (gpointer port, const char *peer, const guint8 *bytes, gsize len, GError **error)
{
    Replay *replay = port;
    const RecordedItem *item;

    if (!replay_goes_on (replay, error))
        return FALSE;
    if (replay->lenient) {
        replay_lenient_write (replay, bytes, len);
        return TRUE;
    }
    item = replay_output (replay);
    if (item == NULL || item->kind != 'S' || item->len != len || g_strcmp0 (item->text, peer) != 0 ||
        !replay_matches (replay, item, 0, bytes, len)) {
        g_autofree char *hex = replay_hex (bytes, NULL, len);
        g_autofree char *got = g_strdup_printf (">@ %s %s", peer == NULL ? "-" : peer, hex);

        return replay_mismatch (replay, got, error);
    }
    replay_anchor (replay, item->at_us, mgh_clock_mono_us (replay->clock));
    replay_next_item (replay);
    return TRUE;
}

/* ---------------------------------------------------------------------------------------------- settings and signals
 */

/* The driver did `what`, which the file must have next: "! break 1000", "= 300 7E1", "= dtr=1". */
static gboolean replay_expect (Replay *replay, char kind, const char *what, GError **error)
{
    const RecordedItem *item;
    g_autofree char *got = g_strdup_printf ("%c %s", kind, what);

    if (!replay_goes_on (replay, error))
        return FALSE;
    if (replay->lenient)
        return TRUE;
    item = replay_output (replay);
    if (item == NULL || item->kind != kind || g_strcmp0 (g_strstrip (item->text), what) != 0)
        return replay_mismatch (replay, got, error);
    replay_anchor (replay, item->at_us, mgh_clock_mono_us (replay->clock));
    replay_next_item (replay);
    return TRUE;
}

static gboolean replay_set_serial (gpointer port, guint32 baud, const char *mode, GError **error)
{
    Replay *replay = port;
    g_autofree char *what = NULL;

    if (baud == replay->baud && g_str_equal (mode, replay->mode))
        return replay_goes_on (replay, error);
    what = baud == replay->baud               ? g_strdup (mode)
           : g_str_equal (mode, replay->mode) ? g_strdup_printf ("%u", baud)
                                              : g_strdup_printf ("%u %s", baud, mode);
    if (!replay_expect (replay, '=', what, error))
        return FALSE;
    replay->baud = baud;
    g_strlcpy (replay->mode, mode, sizeof replay->mode);
    return TRUE;
}

static gboolean replay_set_signals (gpointer port, guint32 on, guint32 off, guint32 *now, GError **error)
{
    static const struct {
        guint32 signal;
        const char *on, *off;
    } outputs[] = { { MG_SIGNAL_DTR, "dtr=1", "dtr=0" }, { MG_SIGNAL_RTS, "rts=1", "rts=0" } };
    static const struct {
        guint32 signal;
        const char *on;
    } inputs[] = { { MG_SIGNAL_CTS, "cts=1" }, { MG_SIGNAL_DSR, "dsr=1" }, { MG_SIGNAL_DCD, "dcd=1" } };
    Replay *replay = port;
    const RecordedItem *item;

    for (guint i = 0; i < G_N_ELEMENTS (outputs); i++)
        if (((on | off) & outputs[i].signal) &&
            !replay_expect (replay, '=', on & outputs[i].signal ? outputs[i].on : outputs[i].off, error))
            return FALSE;
    *now = on;
    item = replay_item (&replay->at);
    for (guint i = 0; item != NULL && item->kind == '!' && i < G_N_ELEMENTS (inputs); i++)
        *now |= strstr (item->text, inputs[i].on) != NULL ? inputs[i].signal : 0;
    return TRUE;
}

static gboolean replay_break (gpointer port, gint64 us, GError **error)
{
    g_autofree char *what = g_strdup_printf ("break %" G_GINT64_FORMAT, us);

    return replay_expect (port, '!', what, error);
}

static gboolean replay_wake_up (gpointer port, guint8 byte, gint64 us, GError **error)
{
    g_autofree char *what = g_strdup_printf ("wake %02X %" G_GINT64_FORMAT, byte, us);

    return replay_expect (port, '!', what, error);
}

static void replay_free (gpointer port)
{
    Replay *replay = port;

    recording_free (replay->recording);
    mgh_clock_unref (replay->clock);
    g_clear_error (&replay->failed);
    g_byte_array_unref (replay->written);
    g_byte_array_unref (replay->request);
    g_hash_table_unref (replay->known);
    g_free (replay);
}

const MghPortOps replay_ops = { .struct_size = sizeof (MghPortOps),
                                .open = replay_open,
                                .read = replay_read,
                                .write = replay_write,
                                .receive = replay_receive,
                                .send = replay_send,
                                .set_serial = replay_set_serial,
                                .set_signals = replay_set_signals,
                                .send_break = replay_break,
                                .free = replay_free,
                                .begin = replay_begin,
                                .end = replay_end,
                                .wake_up = replay_wake_up };
