/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line.c: tests of lines over a scripted wire with a virtual clock: frames, time-outs, echo, turns. */
#include "wire.h"

#define MS(n) ((gint64) (n) *1000)

typedef struct {
    Wire *wire;
    MgLine *line;
    GByteArray *frame;
} Fixture;

static void set_up (Fixture *f, gconstpointer info)
{
    f->line = wire_line (&f->wire, info);
    f->frame = g_byte_array_new ();
    mgh_line_begin (f->line, NULL, "mbus1", "read", "5");
}

static void tear_down (Fixture *f, gconstpointer info)
{
    mgh_line_end (f->line, "ok", NULL);
    g_byte_array_unref (f->frame);
    mgh_line_unref (f->line);
}

/* E5, or 68 L L 68 ... */
static gssize mbus_size (const guint8 *b, gsize len)
{
    if (b[0] == 0xE5)
        return 1;
    return b[0] != 0x68 ? -1 : len > 1 ? b[1] + 6 : 0;
}

static const MgFraming mbus = MG_INIT (MgFraming, .max = 261, .size = mbus_size);
static const guint8 request[] = { 0x10, 0x7B, 0x05, 0x80, 0x16 };
static const guint8 long_frame[] = { 0x68, 0x03, 0x03, 0x68, 0x08, 0x05, 0x72, 0x7F, 0x16 };

static void answer_ack (Wire *wire, const guint8 *bytes, gsize len)
{
    wire_come (wire, MS (100), "\xE5", 1);
}

static void answer_in_pieces (Wire *wire, const guint8 *bytes, gsize len)
{
    wire_come (wire, MS (90), long_frame, 4);
    wire_come (wire, MS (110), long_frame + 4, 3);
    wire_come (wire, MS (130), long_frame + 7, 2);
}

static void exchange_returns_the_whole_frame (Fixture *f, gconstpointer info)
{
    g_autoptr (GError) error = NULL;

    f->wire->answer = answer_in_pieces;
    g_assert_true (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, &error));
    g_assert_no_error (error);
    g_assert_cmpmem (f->frame->data, f->frame->len, long_frame, sizeof long_frame);
    g_assert_cmpmem (f->wire->written->data, f->wire->written->len, request, sizeof request);
    g_assert_cmpint (mg_line_get_first_us (f->line), ==, MS (90));
}

static void exchange_drops_what_came_before (Fixture *f, gconstpointer info)
{
    wire_come (f->wire, 0, "\xE5\xE5", 2);
    f->wire->answer = answer_in_pieces;
    g_assert_true (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, NULL));
    g_assert_cmpmem (f->frame->data, f->frame->len, long_frame, sizeof long_frame);
}

static void silence_is_a_timeout_by_the_norm (Fixture *f, gconstpointer info)
{
    g_autoptr (GError) error = NULL;
    gint64 waited_us;

    g_assert_false (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_TIMEOUT);
    /* 5 bytes of 11 bits, 330 bits, 50 ms, and less than another 50 ms */
    waited_us = mgh_clock_mono_us (f->wire->clock);
    g_assert_cmpint (waited_us, >=, (55 + 330) * G_USEC_PER_SEC / 2400 + MS (50));
    g_assert_cmpint (waited_us, <=, (55 + 330) * G_USEC_PER_SEC / 2400 + MS (100));
}

static void answer_late (Wire *wire, const guint8 *bytes, gsize len)
{
    wire_come (wire, MS (400), "\xE5", 1);
}

static void late_answers_stretch_the_timeout (Fixture *f, gconstpointer info)
{
    guint failed = 0;

    f->wire->answer = answer_late;
    while (!mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, NULL)) {
        g_assert_cmpuint (++failed, <, 4);
        mgh_clock_advance_to (f->wire->clock, mgh_clock_mono_us (f->wire->clock) + MS (500));
    }
    g_assert_cmpuint (failed, >, 0);
    g_assert_true (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, NULL));
    g_assert_cmpuint (f->frame->len, ==, 1);
}

static void answer_cut_short (Wire *wire, const guint8 *bytes, gsize len)
{
    wire_come (wire, MS (90), long_frame, 5);
}

static void frame_that_breaks_off_is_a_protocol_error (Fixture *f, gconstpointer info)
{
    g_autoptr (GError) error = NULL;
    MghLineStatistics counted;

    f->wire->answer = answer_cut_short;
    g_assert_false (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_PROTOCOL);
    g_assert_cmpmem (f->frame->data, f->frame->len, long_frame, 5);
    mgh_line_get_statistics (f->line, &counted);
    g_assert_cmpuint (counted.protocol_errors, ==, 1);
    g_assert_cmpuint (counted.bytes_in, ==, 5);
    g_assert_cmpuint (counted.bytes_out, ==, 5);
}

static void answer_after_noise (Wire *wire, const guint8 *bytes, gsize len)
{
    wire_come (wire, MS (60), "\x00\xFF", 2);
    wire_come (wire, MS (90), "\x01\xE5\x99", 3);
}

static void size_function_skips_noise (Fixture *f, gconstpointer info)
{
    guint8 next;

    f->wire->answer = answer_after_noise;
    g_assert_true (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, NULL));
    g_assert_cmpmem (f->frame->data, f->frame->len, "\xE5", 1);
    g_assert_cmpint (mg_line_get_first_us (f->line), ==, MS (90));
    g_assert_true (mg_line_read (f->line, &next, 1, 0, NULL));
    g_assert_cmpint (next, ==, 0x99);
}

static void answer_noise (Wire *wire, const guint8 *bytes, gsize len)
{
    wire_come (wire, MS (60), "\x00\xFF\x17", 3);
}

static void noise_alone_is_no_timeout (Fixture *f, gconstpointer info)
{
    g_autoptr (GError) error = NULL;

    f->wire->answer = answer_noise;
    g_assert_false (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_PROTOCOL);
}

static gssize size_beyond (const guint8 *bytes, gsize len)
{
    return 300;
}

static void too_long_is_a_protocol_error (Fixture *f, gconstpointer info)
{
    static const MgFraming framing = MG_INIT (MgFraming, .max = 261, .size = size_beyond);
    static const MgFraming stopped = MG_INIT (MgFraming, .max = 3, .stop = "\n", .first_us = 1000);
    g_autoptr (GError) error = NULL;

    f->wire->answer = answer_ack;
    g_assert_false (mg_line_exchange (f->line, request, sizeof request, &framing, f->frame, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_PROTOCOL);
    g_clear_error (&error);
    wire_come (f->wire, 0, "abcd\n", 5);
    g_assert_false (mg_line_read_frame (f->line, &stopped, f->frame, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_PROTOCOL);
}

static void stop_bytes_end_a_frame (Fixture *f, gconstpointer info)
{
    static const MgFraming lines = MG_INIT (MgFraming, .max = 80, .stop = "\r\n", .first_us = 1000000);

    wire_come (f->wire, 0, "/ABC5\r", 6);
    wire_come (f->wire, MS (4), "\nnext\r\n", 7);
    g_assert_true (mg_line_read_frame (f->line, &lines, f->frame, NULL));
    g_assert_cmpmem (f->frame->data, f->frame->len, "/ABC5\r\n", 7);
    g_assert_true (mg_line_read_frame (f->line, &lines, f->frame, NULL));
    g_assert_cmpmem (f->frame->data, f->frame->len, "next\r\n", 6);
}

static void idle_ends_a_frame_without_size (Fixture *f, gconstpointer info)
{
    static const MgFraming gap = MG_INIT (MgFraming, .max = 80, .idle_us = 20000, .first_us = 1000000);

    wire_come (f->wire, 0, "one", 3);
    wire_come (f->wire, MS (15), "two", 3);
    wire_come (f->wire, MS (40), "three", 5);
    g_assert_true (mg_line_read_frame (f->line, &gap, f->frame, NULL));
    g_assert_cmpmem (f->frame->data, f->frame->len, "onetwo", 6);
    g_assert_true (mg_line_read_frame (f->line, &gap, f->frame, NULL));
    g_assert_cmpmem (f->frame->data, f->frame->len, "three", 5);
}

static void full_timeout_gives_a_frame_up (Fixture *f, gconstpointer info)
{
    static const MgFraming slow =
        MG_INIT (MgFraming, .max = 80, .idle_us = 20000, .full_us = 50000, .first_us = 1000000);
    g_autoptr (GError) error = NULL;

    for (guint i = 0; i < 20; i++)
        wire_come (f->wire, MS (10 * i), "x", 1);
    g_assert_false (mg_line_read_frame (f->line, &slow, f->frame, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_PROTOCOL);
    g_assert_cmpint (mgh_clock_mono_us (f->wire->clock), ==, MS (50));
}

static void reads_are_exact_or_say_how_much_came (Fixture *f, gconstpointer info)
{
    g_autoptr (GError) error = NULL;
    guint8 buf[8];

    wire_come (f->wire, 0, "abc", 3);
    wire_come (f->wire, MS (10), "de", 2);
    g_assert_true (mg_line_read (f->line, buf, 4, MS (50), NULL));
    g_assert_cmpmem (buf, 4, "abcd", 4);
    g_assert_false (mg_line_read (f->line, buf, 4, MS (50), &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_TIMEOUT);
    g_assert_nonnull (strstr (error->message, "1 of 4 bytes"));
    wire_come (f->wire, MS (10), "fghij", 5);
    g_assert_cmpint (mg_line_read_some (f->line, buf, 3, MS (50), NULL), ==, 3);
    g_assert_cmpint (mg_line_read_some (f->line, buf, 8, MS (50), NULL), ==, 2);
    g_assert_cmpint (mg_line_read_some (f->line, buf, 8, MS (50), NULL), ==, -1);
}

static const MghLineInfo echoing = {
    .struct_size = sizeof echoing, .name = "test", .kind = "serial", .baud = 2400, .mode = "8E1", .echo = TRUE
};

static void answer_echo (Wire *wire, const guint8 *bytes, gsize len)
{
    wire_come (wire, MS (1), bytes, len);
    wire_come (wire, MS (100), "\xE5", 1);
}

static void answer_bad_echo (Wire *wire, const guint8 *bytes, gsize len)
{
    guint8 *spoiled = g_memdup2 (bytes, len);

    spoiled[2] ^= 0xFF;
    wire_come (wire, MS (1), spoiled, len);
    wire_come (wire, MS (100), "\xE5", 1);
    g_free (spoiled);
}

static void echo_is_swallowed_and_compared (Fixture *f, gconstpointer info)
{
    MghLineStatistics counted;

    f->wire->answer = answer_echo;
    g_assert_true (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, NULL));
    g_assert_cmpmem (f->frame->data, f->frame->len, "\xE5", 1);
    mgh_line_get_statistics (f->line, &counted);
    g_assert_cmpuint (counted.echoes_wrong, ==, 0);
    f->wire->answer = answer_bad_echo;
    g_assert_true (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, NULL));
    mgh_line_get_statistics (f->line, &counted);
    g_assert_cmpuint (counted.echoes_wrong, ==, 1);
    f->wire->answer = answer_ack; /* and once without an echo at all */
    g_assert_true (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, NULL));
    mgh_line_get_statistics (f->line, &counted);
    g_assert_cmpuint (counted.echoes_wrong, ==, 2);
    g_assert_cmpuint (counted.bytes_in, ==, 3);
}

static void deadline_of_the_call_ends_a_wait (Fixture *f, gconstpointer info)
{
    MghCallInfo made = { .struct_size = sizeof made, .line = f->line, .deadline_us = MS (70) };
    g_autoptr (MgCall) call = mgh_call_new (&made);
    g_autoptr (GError) error = NULL;

    mgh_line_end (f->line, "ok", NULL);
    mgh_line_begin (f->line, call, "mbus1", "read", "5");
    g_assert_false (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_TIMEOUT);
    g_assert_cmpint (mgh_clock_mono_us (f->wire->clock), ==, MS (70));
    g_assert_nonnull (strstr (error->message, "deadline"));
    g_clear_error (&error);
    g_assert_false (mg_call_sleep (call, 0, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_TIMEOUT);
}

static void lost_wire_closes_the_line (Fixture *f, gconstpointer info)
{
    g_autoptr (GError) error = NULL;

    f->wire->lost = TRUE;
    g_assert_false (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_true (g_str_has_prefix (error->message, "line test: "));
    g_assert_false (mgh_line_is_open (f->line));
    f->wire->lost = FALSE;
    g_assert_false (mg_line_write (f->line, request, 5, NULL));
    g_assert_true (mgh_line_open (f->line, G_MAXINT64, NULL, NULL));
    g_assert_true (mg_line_write (f->line, request, 5, NULL));
}

static void speed_lasts_until_the_turn_ends (Fixture *f, gconstpointer info)
{
    g_autoptr (GError) error = NULL;

    g_assert_true (mg_line_set_serial (f->line, 300, "7E1", NULL));
    g_assert_cmpint (mg_line_get_byte_us (f->line), ==, 33334);
    g_assert_false (mg_line_set_serial (f->line, 0, "9X3", &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_RANGE);
    mgh_line_end (f->line, "ok", NULL);
    mgh_line_begin (f->line, NULL, "mbus1", "read", "6");
    g_assert_cmpint (mg_line_get_byte_us (f->line), ==, 4584);
    g_assert_cmpstr (f->wire->log->str, ==, "300 7E1;2400 8E1;");
}

static void signals_break_and_wake_up_reach_the_port (Fixture *f, gconstpointer info)
{
    guint32 now = 0;

    g_assert_true (mg_line_set_signals (f->line, MG_SIGNAL_DTR, MG_SIGNAL_RTS, &now, NULL));
    g_assert_cmpuint (now, ==, MG_SIGNAL_DTR | MG_SIGNAL_CTS);
    g_assert_false (mg_line_set_signals (f->line, MG_SIGNAL_CTS, 0, NULL, NULL));
    g_assert_true (mg_line_break (f->line, 1000, NULL));
    g_assert_true (mg_line_wake_up (f->line, 0x55, MS (2200), MS (500), NULL));
    g_assert_cmpstr (f->wire->log->str, ==, "on 1 off 2;break 1000;");
    g_assert_cmpuint (f->wire->written->len, ==, 480); /* 2.2 s of 11 bits at 2400 baud */
    g_assert_cmpint (mgh_clock_mono_us (f->wire->clock), ==, MS (2700));
}

static const MghLineInfo udp = { .struct_size = sizeof udp, .name = "test", .kind = "udp" };

static void datagrams_keep_their_bounds_and_peers (Fixture *f, gconstpointer info)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *peer = NULL;

    g_assert_true (mg_line_send (f->line, "[::1]:5", request, sizeof request, NULL));
    g_assert_cmpstr (f->wire->log->str, ==, "to [::1]:5;");
    wire_come_from (f->wire, MS (5), "[::1]:5", "one", 3);
    wire_come_from (f->wire, MS (6), "[::1]:6", "two", 3);
    g_assert_true (mg_line_receive (f->line, f->frame, &peer, MS (50), NULL));
    g_assert_cmpmem (f->frame->data, f->frame->len, "one", 3);
    g_assert_cmpstr (peer, ==, "[::1]:5");
    g_assert_true (mg_line_receive (f->line, f->frame, NULL, MS (50), NULL));
    g_assert_cmpmem (f->frame->data, f->frame->len, "two", 3);
    g_assert_false (mg_line_receive (f->line, f->frame, NULL, MS (50), &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_TIMEOUT);
    g_clear_error (&error);
    g_assert_false (mg_line_set_serial (f->line, 300, NULL, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED);
    g_clear_error (&error);
    g_assert_cmpint (mg_line_borrow_fd (f->line, &error), ==, -1);
    g_assert_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED);
}

static void stream_driver_works_over_datagrams (Fixture *f, gconstpointer info)
{
    f->wire->answer = answer_in_pieces;
    g_assert_true (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, NULL));
    g_assert_cmpmem (f->frame->data, f->frame->len, long_frame, sizeof long_frame);
}

static const MghLineInfo pausing = {
    .struct_size = sizeof pausing, .name = "test", .kind = "serial", .baud = 2400, .mode = "8E1", .pause_us = 300000
};

static void turns_keep_the_pause_of_the_bus (Fixture *f, gconstpointer info)
{
    MghLineStatistics counted;

    g_assert_cmpint (mgh_clock_mono_us (f->wire->clock), ==, 0);
    f->wire->answer = answer_ack;
    g_assert_true (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, NULL));
    mgh_line_end (f->line, "ok", NULL);
    mgh_line_begin (f->line, NULL, "mbus1", "read", "6");
    g_assert_cmpint (mgh_clock_mono_us (f->wire->clock), ==, MS (400));
    mgh_line_get_statistics (f->line, &counted);
    g_assert_cmpuint (counted.turns, ==, 2);
    g_assert_cmpint (counted.busy_us, ==, MS (100));
}

static void nothing_works_outside_a_turn (Fixture *f, gconstpointer info)
{
    g_autoptr (GError) error = NULL;

    mgh_line_end (f->line, "ok", NULL);
    g_assert_false (mg_line_write (f->line, request, 5, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_INTERNAL);
    mgh_line_begin (f->line, NULL, "mbus1", "read", "6");
}

static guint freed;

static void count_free (gpointer data)
{
    freed++;
}

static void data_is_each_channels_own (Fixture *f, gconstpointer info)
{
    freed = 0;
    mg_line_set_data (f->line, GINT_TO_POINTER (1), count_free);
    mgh_line_end (f->line, "ok", NULL);
    mgh_line_begin (f->line, NULL, "dlde", "read", "6");
    g_assert_null (mg_line_get_data (f->line));
    mg_line_set_data (f->line, GINT_TO_POINTER (2), count_free);
    mgh_line_end (f->line, "ok", NULL);
    mgh_line_begin (f->line, NULL, "mbus1", "read", "6");
    g_assert_cmpint (GPOINTER_TO_INT (mg_line_get_data (f->line)), ==, 1);
    g_assert_cmpuint (freed, ==, 0);
    mgh_line_close (f->line);
    g_assert_cmpuint (freed, ==, 2);
    g_assert_null (mg_line_get_data (f->line));
}

static void wait_quiet_waits_for_silence (Fixture *f, gconstpointer info)
{
    wire_come (f->wire, MS (10), "noise", 5);
    wire_come (f->wire, MS (40), "noise", 5);
    g_assert_true (mg_line_wait_quiet (f->line, MS (33), NULL));
    g_assert_cmpint (mgh_clock_mono_us (f->wire->clock), ==, MS (73));
    g_assert_cmpint (mg_line_read_some (f->line, f->frame->data, 1, 0, NULL), ==, -1);
}

static void listen_yields_only_between_frames (Fixture *f, gconstpointer info)
{
    static const MgFraming one =
        MG_INIT (MgFraming, .first_us = MG_FOREVER, .stop = "\n", .max = 80, .idle_us = 100000);
    g_autoptr (GError) error = NULL;

    mgh_line_end (f->line, "ok", NULL);
    mgh_line_begin (f->line, NULL, "pulses", "listen", "-");
    wire_come (f->wire, 0, "P 1 ", 4);
    wire_come (f->wire, MS (20), "7\nP", 3);
    wire_come (f->wire, MS (40), " 2\n", 3);
    mgh_line_yield (f->line, TRUE);
    g_assert_true (mg_line_read_frame (f->line, &one, f->frame, &error));
    g_assert_cmpmem (f->frame->data, f->frame->len, "P 1 7\n", 6);
    g_assert_true (mg_line_read_frame (f->line, &one, f->frame, &error));
    g_assert_cmpmem (f->frame->data, f->frame->len, "P 2\n", 4);
    g_assert_false (mg_line_read_frame (f->line, &one, f->frame, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_YIELD);
    mgh_line_end (f->line, "yield", NULL);
    mgh_line_yield (f->line, FALSE);
    mgh_line_begin (f->line, NULL, "pulses", "listen", "-");
}

static void babbling_line_is_given_away_between_frames (Fixture *f, gconstpointer info)
{
    static const MgFraming one =
        MG_INIT (MgFraming, .first_us = MG_FOREVER, .stop = "\n", .max = 80, .idle_us = 100000);
    g_autoptr (GError) error = NULL;
    guint frames = 0;

    mgh_line_end (f->line, "ok", NULL);
    mgh_line_begin (f->line, NULL, "pulses", "listen", "-");
    for (guint i = 0; i < 100; i++)
        wire_come (f->wire, 0, i == 0 ? "x" : "\nx", i == 0 ? 1 : 2);
    for (guint i = 0; i < f->wire->arrivals->len; i++)
        g_array_index (f->wire->arrivals, WireArrival, i).at_us = MS (50) * i;
    mgh_line_yield (f->line, TRUE);
    while (mg_line_read_frame (f->line, &one, f->frame, &error))
        frames++;
    g_assert_error (error, MG_ERROR, MG_ERROR_YIELD);
    g_assert_cmpuint (frames, <, 60);
    mgh_line_yield (f->line, FALSE); /* and what had come of the next frame is kept for the next slice */
    mgh_line_end (f->line, "yield", NULL);
    mgh_line_begin (f->line, NULL, "pulses", "listen", "-");
    g_assert_true (mg_line_read_frame (f->line, &one, f->frame, NULL));
    g_assert_cmpmem (f->frame->data, f->frame->len, "x\n", 2);
}

static void yield_is_for_listen_alone (Fixture *f, gconstpointer info)
{
    g_autoptr (GError) error = NULL;

    mgh_line_yield (f->line, TRUE);
    f->wire->answer = answer_ack;
    g_assert_true (mg_line_exchange (f->line, request, sizeof request, &mbus, f->frame, &error));
    g_assert_false (mg_line_read_frame (f->line, &mbus, f->frame, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_TIMEOUT);
}

static void cancellation_ends_every_wait (Fixture *f, gconstpointer info)
{
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    MghCallInfo made = { .struct_size = sizeof made, .line = f->line, .cancellable = cancellable };
    g_autoptr (MgCall) call = mgh_call_new (&made);
    static const MgFraming forever = MG_INIT (MgFraming, .first_us = MG_FOREVER, .max = 80);

    mgh_line_end (f->line, "ok", NULL);
    for (guint i = 0; i < 2; i++) {
        g_autoptr (GError) error = NULL;

        g_cancellable_cancel (cancellable);
        mgh_line_begin (f->line, call, "mbus1", i == 0 ? "read" : "listen", "5");
        g_assert_false (mg_line_read_frame (f->line, &forever, f->frame, &error));
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        g_clear_error (&error);
        g_assert_false (mg_call_sleep (call, 1000, &error));
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        mgh_line_end (f->line, "cancelled", NULL);
    }
    mgh_line_begin (f->line, NULL, "mbus1", "read", "5");
}

#define CASE(function, info) g_test_add ("/line/" #function, Fixture, info, set_up, function, tear_down)

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    CASE (exchange_returns_the_whole_frame, NULL);
    CASE (exchange_drops_what_came_before, NULL);
    CASE (silence_is_a_timeout_by_the_norm, NULL);
    CASE (late_answers_stretch_the_timeout, NULL);
    CASE (frame_that_breaks_off_is_a_protocol_error, NULL);
    CASE (size_function_skips_noise, NULL);
    CASE (noise_alone_is_no_timeout, NULL);
    CASE (too_long_is_a_protocol_error, NULL);
    CASE (stop_bytes_end_a_frame, NULL);
    CASE (idle_ends_a_frame_without_size, NULL);
    CASE (full_timeout_gives_a_frame_up, NULL);
    CASE (reads_are_exact_or_say_how_much_came, NULL);
    CASE (echo_is_swallowed_and_compared, &echoing);
    CASE (deadline_of_the_call_ends_a_wait, NULL);
    CASE (lost_wire_closes_the_line, NULL);
    CASE (speed_lasts_until_the_turn_ends, NULL);
    CASE (signals_break_and_wake_up_reach_the_port, NULL);
    CASE (datagrams_keep_their_bounds_and_peers, &udp);
    CASE (stream_driver_works_over_datagrams, &udp);
    CASE (turns_keep_the_pause_of_the_bus, &pausing);
    CASE (nothing_works_outside_a_turn, NULL);
    CASE (data_is_each_channels_own, NULL);
    CASE (wait_quiet_waits_for_silence, NULL);
    CASE (listen_yields_only_between_frames, NULL);
    CASE (babbling_line_is_given_away_between_frames, NULL);
    CASE (yield_is_for_listen_alone, NULL);
    CASE (cancellation_ends_every_wait, NULL);
    return g_test_run ();
}
