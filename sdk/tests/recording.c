/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording.c: tests of recordings: what a line writes, and what a replay makes of it, docs/recording-format.md. */
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define MS(n) ((gint64) (n) *1000)

static const guint8 snd_nke[] = { 0x10, 0x40, 0x05, 0x45, 0x16 }, req_ud2[] = { 0x10, 0x7B, 0x05, 0x80, 0x16 };
static const guint8 rsp_ud[] = { 0x68, 0x03, 0x03, 0x68, 0x08, 0x05, 0x72, 0x7F, 0x16 };

static gssize mbus_size (const guint8 *b, gsize len)
{
    if (b[0] == 0xE5)
        return 1;
    return b[0] != 0x68 ? -1 : len > 1 ? b[1] + 6 : 0;
}

static const MgFraming mbus = MG_INIT (MgFraming, .max = 261, .size = mbus_size);

/* A small driver: resets, asks, and says what it made of it. */
static gboolean read_meter (MgLine *line, GByteArray *frame, GError **error)
{
    return mg_line_exchange (line, snd_nke, sizeof snd_nke, &mbus, frame, error) &&
           mg_line_exchange (line, req_ud2, sizeof req_ud2, &mbus, frame, error);
}

static void answer (Wire *wire, const guint8 *bytes, gsize len)
{
    if (len != 5)
        return;
    if (bytes[1] == 0x40) {
        wire_come (wire, MS (91), "\xE5", 1);
        return;
    }
    wire_come (wire, MS (95), "\x00", 1);
    wire_come (wire, MS (96), rsp_ud, 4);
    wire_come (wire, MS (110), rsp_ud + 4, 5);
}

static char *temp_path (void)
{
    g_autofree char *dir = g_dir_make_tmp ("mgrec-XXXXXX", NULL);

    return g_build_filename (dir, "test.mgrec", NULL);
}

static void remove_path (char *path)
{
    g_autofree char *dir = g_path_get_dirname (path);

    g_unlink (path);
    g_rmdir (dir);
    g_free (path);
}

static char *contents (const char *path)
{
    char *text;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    return text;
}

static const char recorded[] =
    "metergate-recording 1\n"
    "% line=test kind=serial start=2026-01-05T09:15:00.000Z host=metergate/" METERGATE_VERSION "\n"
    "= 0            2400 8E1 echo=off\n"
    "[ 0            mbus1 read 5 attempt=1\n"
    "> 0            10 40 05 45 16\n"
    "< 91000        E5\n"
    "> 91000        10 7B 05 80 16\n"
    "x 186000       00\n"
    "< 187000       68 03 03 68\n"
    "< 201000       08 05 72 7F 16\n"
    ". 201000       ok decode 9 bytes * all of them\n"
    "] 201000       ok readings=1\n"
    "[ 201000       mbus1 read 6\n"
    "= 201000       300 7E1\n"
    "= 201000       dtr=1\n"
    "! 201000       cts=1 dsr=0 dcd=0\n"
    "! 201000       break 1000\n"
    "> 201000       ** ** **\n"
    "> 201000       01\n"
    "= 201000       echo=on\n"
    "! 201000       wake 55 1000000\n"
    "] 1201000      protocol\n";

/* Does what `recorded` shows, on a wire or on its replay. */
static void play (MgLine *line)
{
    MghCallInfo info = { .struct_size = sizeof info, .line = line, .attempt = 1 };
    g_autoptr (MgCall) call = mgh_call_new (&info);
    g_autoptr (GByteArray) frame = g_byte_array_new ();
    g_autoptr (GError) error = NULL;
    guint32 now;

    mgh_line_begin (line, call, "mbus1", "read", "5");
    read_meter (line, frame, &error);
    g_assert_no_error (error);
    g_assert_cmpmem (frame->data, frame->len, rsp_ud, sizeof rsp_ud);
    mg_call_step (call, MG_STEP_OK, "decode", "9 bytes\n# all of them");
    mgh_line_end (line, "ok", "readings=1");
    mgh_line_begin (line, NULL, "mbus1", "read", "6");
    g_assert_true (mg_line_set_serial (line, 300, "7E1", &error));
    g_assert_true (mg_line_set_signals (line, MG_SIGNAL_DTR, 0, &now, &error));
    g_assert_cmpuint (now, ==, MG_SIGNAL_DTR | MG_SIGNAL_CTS);
    g_assert_true (mg_line_break (line, 1000, &error));
    mg_line_set_private (line, TRUE);
    g_assert_true (mg_line_write (line, (const guint8 *) "pin", 3, &error));
    mg_line_set_private (line, FALSE);
    g_assert_true (mg_line_write (line, (const guint8 *) "\x01", 1, &error));
    mg_line_set_echo (line, TRUE);
    g_assert_true (mg_line_wake_up (line, 0x55, 1000000, 0, &error));
    mgh_line_end (line, "protocol", NULL);
    g_assert_no_error (error);
}

static void line_writes_what_happened (void)
{
    char *path = temp_path ();
    g_autofree char *text = NULL;
    Wire *wire;
    MgLine *line = wire_line (&wire, NULL);

    wire->answer = answer;
    g_assert_true (mgh_line_record (line, path, NULL));
    play (line);
    mgh_line_unref (line);
    text = contents (path);
    g_assert_true (g_str_has_prefix (text, recorded));
    g_assert_nonnull (strstr (text, "\n! 1201000      closed\n"));
    remove_path (path);
}

static MgLine *replay_of (const char *text, MghReplay how)
{
    g_autoptr (GError) error = NULL;
    MgLine *line = mgh_line_new_replay_text ("a.mgrec", text, strlen (text), how, TRUE, &error);

    g_assert_no_error (error);
    g_assert_true (mgh_line_open (line, G_MAXINT64, NULL, NULL));
    return line;
}

static void own_recording_replays_strictly (void)
{
    g_autoptr (MgLine) line = replay_of (recorded, MGH_REPLAY_STRICT);
    g_autoptr (GError) error = NULL;
    guint used, skipped, unmatched;

    g_assert_cmpint (mgh_clock_now_ms (mgh_line_get_clock (line)), ==, 1767604500000);
    play (line);
    g_assert_true (mgh_line_replay_finish (line, &used, &skipped, &unmatched, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (used, ==, 2);
    g_assert_cmpuint (skipped, ==, 0);
    g_assert_cmpuint (unmatched, ==, 0);
}

static void replay_keeps_recorded_times (void)
{
    g_autoptr (MgLine) line = replay_of (recorded, MGH_REPLAY_STRICT);
    g_autoptr (GByteArray) frame = g_byte_array_new ();
    const char *channel, *action, *address;
    gint64 at_us;

    mgh_line_begin (line, NULL, "mbus1", "read", "5");
    g_assert_true (mg_line_exchange (line, snd_nke, 5, &mbus, frame, NULL));
    g_assert_cmpint (mg_line_get_first_us (line), ==, 91000);
    g_assert_true (mg_line_exchange (line, req_ud2, 5, &mbus, frame, NULL));
    g_assert_cmpint (mg_line_get_first_us (line), ==, 187000);
    g_assert_cmpint (mgh_clock_mono_us (mgh_line_get_clock (line)), ==, 201000);
    mgh_line_end (line, "ok", NULL);
    g_assert_true (mgh_line_replay_next (line, &at_us, &channel, &action, &address));
    g_assert_cmpint (at_us, ==, 201000);
    g_assert_cmpstr (address, ==, "6");
}

static void check_failed (MgLine *line, const char *said)
{
    g_autoptr (GError) error = NULL;

    g_assert_false (mgh_line_replay_finish (line, NULL, NULL, NULL, &error));
    g_assert_cmpstr (error->message, ==, said);
}

static void strict_replay_tells_file_line_expected_and_got (void)
{
    g_autoptr (GByteArray) frame = g_byte_array_new ();
    g_autoptr (GError) error = NULL;
    MgLine *line = replay_of (recorded, MGH_REPLAY_STRICT);

    mgh_line_begin (line, NULL, "mbus1", "read", "5");
    g_assert_false (mg_line_exchange (line, req_ud2, 5, &mbus, frame, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    mgh_line_end (line, "io", NULL);
    check_failed (line, "a.mgrec:5: expected > 10 40 05 45 16, got > 10 7B 05 80 16");
    mgh_line_unref (line);

    line = replay_of (recorded, MGH_REPLAY_STRICT);
    mgh_line_begin (line, NULL, "mbus1", "read", "7");
    mgh_line_end (line, "ok", NULL);
    check_failed (line, "a.mgrec:4: expected the turn \"mbus1 read 5\", got \"mbus1 read 7\"");
    mgh_line_unref (line);

    line = replay_of (recorded, MGH_REPLAY_STRICT);
    mgh_line_begin (line, NULL, "mbus1", "read", "5");
    g_assert_true (mg_line_exchange (line, snd_nke, 5, &mbus, frame, NULL));
    mgh_line_end (line, "ok", NULL);
    check_failed (line, "a.mgrec:7: expected > 10 7B 05 80 16, got the end of the turn");
    mgh_line_unref (line);

    line = replay_of (recorded, MGH_REPLAY_STRICT);
    check_failed (line, "a.mgrec:4: expected the turn \"mbus1 read 5\" (2 left), got the end of the test");
    mgh_line_begin (line, NULL, "mbus1", "read", "5");
    g_assert_true (read_meter (line, frame, NULL));
    mgh_line_end (line, "ok", NULL);
    mgh_line_begin (line, NULL, "mbus1", "read", "6");
    g_assert_false (mg_line_set_serial (line, 600, NULL, NULL));
    mgh_line_end (line, "ok", NULL);
    check_failed (line, "a.mgrec:14: expected = 300 7E1, got = 600");
    mgh_line_unref (line);
}

static void recording_that_is_over_is_a_closed_line (void)
{
    g_autoptr (MgLine) line = replay_of ("[ 0 c read 1\n> 1 01\n", MGH_REPLAY_STRICT);
    g_autoptr (GError) error = NULL;

    mgh_line_begin (line, NULL, "c", "read", "1");
    g_assert_true (mg_line_write (line, (const guint8 *) "\x01", 1, NULL));
    mgh_line_end (line, "ok", NULL);
    mgh_line_begin (line, NULL, "c", "read", "1");
    g_assert_false (mg_line_write (line, (const guint8 *) "\x01", 1, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    mgh_line_end (line, "io", NULL);
    g_assert_false (mgh_line_is_open (line));
    g_assert_false (mgh_line_open (line, G_MAXINT64, NULL, NULL));
    g_assert_true (mgh_line_replay_finish (line, NULL, NULL, NULL, NULL));
}

static const char two_meters[] = "metergate-recording 1\n"
                                 "% line=l kind=serial start=2026-01-05T09:15:00Z\n"
                                 "= 0 2400 8E1\n"
                                 "[ 0 mbus1 read 1\n"
                                 "> +0 10 5B 01 5C 16\n"
                                 "< +50000 01 # an answer\n"
                                 "] +1 ok\n"
                                 "[ +0 mbus1 read 2\n"
                                 "> +0 10 5B 02 5D 16\n"
                                 "< +50000 02\n"
                                 "] +1 ok\n"
                                 "[ +0 mbus1 read 1\n"
                                 "> +0 10 5B 01 5C 16\n"
                                 "< +50000 11\n"
                                 "] +1 ok\n";

static gssize one_byte (const guint8 *bytes, gsize len)
{
    return 1;
}

/* The byte that answers, -1: silence. */
static gint ask (MgLine *line, const char *channel, const char *address, guint8 a)
{
    static const MgFraming framing = MG_INIT (MgFraming, .max = 1, .size = one_byte);
    const guint8 request[] = { 0x10, 0x5B, a, (guint8) (0x5B + a), 0x16 };
    g_autoptr (GByteArray) frame = g_byte_array_new ();
    gboolean ok;

    mgh_line_begin (line, NULL, channel, "read", address);
    ok = mg_line_exchange (line, request, sizeof request, &framing, frame, NULL);
    mgh_line_end (line, ok ? "ok" : "timeout", NULL);
    return ok ? frame->data[0] : -1;
}

static void lenient_replay_finds_answers_in_any_order (void)
{
    g_autoptr (MgLine) line = replay_of (two_meters, MGH_REPLAY_LENIENT);
    guint used, skipped, unmatched;

    g_assert_cmpint (ask (line, "mbus1", "2", 2), ==, 0x02);
    g_assert_cmpint (ask (line, "mbus1", "1", 1), ==, 0x01);
    g_assert_cmpint (ask (line, "mbus1", "9", 9), ==, -1);
    g_assert_cmpint (ask (line, "other", "1", 1), ==, 0x11); /* another name, but the same question */
    g_assert_cmpint (ask (line, "mbus1", "1", 1), ==, 0x11); /* and its latest answer from now on */
    g_assert_cmpint (ask (line, "mbus1", "2", 2), ==, 0x02);
    g_assert_true (mgh_line_replay_finish (line, &used, &skipped, &unmatched, NULL));
    g_assert_cmpuint (used, ==, 3);
    g_assert_cmpuint (skipped, ==, 0);
    g_assert_cmpuint (unmatched, ==, 1);
}

static void listening_replays_at_recorded_times_and_yields (void)
{
    static const char text[] =
        "[ 0 p listen -\n< 1000000 \"P 1 7\\r\\n\"\n< 5000000 \"P 2 \"\n< 5001000 \"9\\r\\n\"\n] 6000000 yield\n";
    static const MgFraming lines = MG_INIT (MgFraming, .first_us = MG_FOREVER, .stop = "\r\n", .max = 80);
    g_autoptr (MgLine) line = replay_of (text, MGH_REPLAY_STRICT);
    g_autoptr (GByteArray) frame = g_byte_array_new ();
    g_autoptr (GError) error = NULL;

    mgh_line_begin (line, NULL, "p", "listen", "-");
    g_assert_true (mg_line_read_frame (line, &lines, frame, NULL));
    g_assert_cmpmem (frame->data, frame->len, "P 1 7\r\n", 7);
    g_assert_cmpint (mgh_clock_mono_us (mgh_line_get_clock (line)), ==, 1000000);
    g_assert_true (mg_line_read_frame (line, &lines, frame, NULL));
    g_assert_cmpmem (frame->data, frame->len, "P 2 9\r\n", 7);
    g_assert_false (mg_line_read_frame (line, &lines, frame, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_YIELD);
    g_assert_cmpint (mgh_clock_mono_us (mgh_line_get_clock (line)), ==, 6000000);
    mgh_line_end (line, "yield", NULL);
    g_assert_true (mgh_line_replay_finish (line, NULL, NULL, NULL, NULL));
}

static void lost_line_is_lost_again (void)
{
    g_autoptr (MgLine) line = replay_of ("[ 0 c read 1\n> 1 01\n! 1000 closed pulled out\n", MGH_REPLAY_STRICT);
    g_autoptr (GError) error = NULL;
    guint8 byte;

    mgh_line_begin (line, NULL, "c", "read", "1");
    g_assert_true (mg_line_write (line, (const guint8 *) "\x01", 1, NULL));
    g_assert_false (mg_line_read (line, &byte, 1, 100000, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_nonnull (strstr (error->message, "pulled out"));
    mgh_line_end (line, "io", NULL);
}

static void echo_and_private_bytes_replay (void)
{
    static const char text[] =
        "% line=l kind=serial\n= 0 2400 8E1 echo=on\n[ 0 c read 1\n> 1 01 ** 03\n~ 20 01 **\n~ 30 03\n< 1000 ?? 07\n";
    g_autoptr (MgLine) line = replay_of (text, MGH_REPLAY_STRICT);
    MghLineStatistics counted;
    guint8 got[2];

    mgh_line_begin (line, NULL, "c", "read", "1");
    g_assert_true (mg_line_write (line, (const guint8 *) "\x01\x99\x03", 3, NULL));
    g_assert_true (mg_line_read (line, got, 2, 100000, NULL));
    g_assert_cmpint (got[1], ==, 7);
    mgh_line_get_statistics (line, &counted);
    g_assert_cmpuint (counted.echoes_wrong, ==, 0);
    mgh_line_end (line, "ok", NULL);
    g_assert_true (mgh_line_replay_finish (line, NULL, NULL, NULL, NULL));
}

static void lent_descriptor_replays (void)
{
    static const char text[] = "[ 0 modbus fd -\n> 100 01 03\n< 90000 \"answer\"\n] 95000 ok\n";
    g_autoptr (MgLine) line = replay_of (text, MGH_REPLAY_STRICT);
    g_autoptr (GError) error = NULL;
    guint8 got[6];
    int fd;

    mgh_line_begin (line, NULL, "modbus", "fd", "-");
    fd = mg_line_borrow_fd (line, &error);
    g_assert_no_error (error);
    g_assert_cmpint (write (fd, "\x01\x03", 2), ==, 2);
    for (gsize done = 0; done < sizeof got;) {
        ssize_t n = read (fd, got + done, sizeof got - done);

        g_assert_cmpint (n, >, 0);
        done += (gsize) n;
    }
    g_assert_cmpmem (got, sizeof got, "answer", 6);
    mg_line_return_fd (line, fd);
    mgh_line_end (line, "ok", NULL);
    g_assert_true (mgh_line_replay_finish (line, NULL, NULL, NULL, &error));
    g_assert_no_error (error);
}

static void datagrams_replay (void)
{
    static const char text[] = "% line=l kind=udp\n[ 0 c read 1\n>@ 1 - 01 02\n<@ 500 [::1]:5 \"hi\"\n] 600 ok\n";
    g_autoptr (MgLine) line = replay_of (text, MGH_REPLAY_STRICT);
    g_autoptr (GByteArray) datagram = g_byte_array_new ();
    g_autofree char *peer = NULL;

    mgh_line_begin (line, NULL, "c", "read", "1");
    g_assert_true (mg_line_send (line, NULL, (const guint8 *) "\x01\x02", 2, NULL));
    g_assert_true (mg_line_receive (line, datagram, &peer, 1000, NULL));
    g_assert_cmpmem (datagram->data, datagram->len, "hi", 2);
    g_assert_cmpstr (peer, ==, "[::1]:5");
    mgh_line_end (line, "ok", NULL);
    g_assert_true (mgh_line_replay_finish (line, NULL, NULL, NULL, NULL));
}

/* --------------------------------------------------------------------------------------------------------- the format
 */

static void broken_records_name_file_and_line (void)
{
    static const struct {
        const char *text, *said;
    } rows[] = { { "", "no recording" },
                 { "metergate-recording 2\n", "a.mgrec:1: format 2" },
                 { "metergate-recording x\n", "a.mgrec:1: " },
                 { "hello\n", "a.mgrec:1: " },
                 { "68 03 03 68\n", "a.mgrec:1: " },
                 { "% start=yesterday\n", "a.mgrec:1: start=yesterday" },
                 { "% line\n", "a.mgrec:1: \"line\"" },
                 { "[ 0 c read 1\n> 5 1\n", "a.mgrec:2: bytes" },
                 { "[ 0 c read 1\n> 5 1G\n", "a.mgrec:2: bytes" },
                 { "[ 0 c read 1\n> 5 \"abc\n", "a.mgrec:2: bytes" },
                 { "[ 0 c read 1\n> 5 \"a\\q\"\n", "a.mgrec:2: bytes" },
                 { "[ 0 c read 1\n> 5\n", "a.mgrec:2: bytes" },
                 { "[ 0 c read 1\n> x 01\n", "a.mgrec:2: time" },
                 { "[ 0 c read 1\n> -1 01\n", "a.mgrec:2: time" },
                 { "[ 0 c read 1\n> 99999999999999999999 01\n", "a.mgrec:2: time" },
                 { "[ 0 c read 1\n> 50 01\n< 49 01\n", "a.mgrec:3: time 49 goes back" },
                 { "[ 0 c\n", "a.mgrec:1: turn" },
                 { "[ 0 c read 1\n] 5\n", "a.mgrec:2: end of turn" },
                 { "[ 0 c read 1\n<@ 5\n", "a.mgrec:2: datagram" },
                 { "? sometimes\n", "a.mgrec:1: \"sometimes\"" },
                 { "% line=l\n= 0 fast\n", "a.mgrec:2: \"fast\"" },
                 { "# \xFF\n", "a.mgrec:1: expected UTF-8" } };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autoptr (GError) error = NULL;

        g_test_message ("row %u: %s", i, rows[i].said);
        g_assert_null (
            mgh_line_new_replay_text ("a.mgrec", rows[i].text, strlen (rows[i].text), MGH_REPLAY_STRICT, TRUE, &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
        g_assert_nonnull (strstr (error->message, rows[i].said));
    }
}

static void unknown_and_unfinished_records_are_passed_over (void)
{
    g_autofree char *more =
        g_strconcat ("# remark\n\n& 5 a kind of later\n>$ 6 another\n", two_meters, "[ +0 mbus1 rea", NULL);
    g_autoptr (MgLine) line = replay_of (more, MGH_REPLAY_STRICT);
    guint used;

    g_assert_cmpint (ask (line, "mbus1", "1", 1), ==, 0x01);
    g_assert_cmpint (ask (line, "mbus1", "2", 2), ==, 0x02);
    g_assert_cmpint (ask (line, "mbus1", "1", 1), ==, 0x11);
    g_assert_true (mgh_line_replay_finish (line, &used, NULL, NULL, NULL));
}

static void files_one_after_the_other_are_one (void)
{
    g_autofree char *both = g_strconcat (two_meters, two_meters, NULL);
    g_autofree char *torn = g_strconcat (two_meters, "< +5 6", two_meters, NULL);
    const char *const texts[] = { both, torn };

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autoptr (MgLine) line = replay_of (texts[i], MGH_REPLAY_STRICT);

        for (guint round = 0; round < 2; round++) {
            g_assert_cmpint (ask (line, "mbus1", "1", 1), ==, 0x01);
            g_assert_cmpint (ask (line, "mbus1", "2", 2), ==, 0x02);
            g_assert_cmpint (ask (line, "mbus1", "1", 1), ==, 0x11);
        }
        g_assert_true (mgh_line_replay_finish (line, NULL, NULL, NULL, NULL));
    }
}

static void cut_at_a_turn_is_a_recording (void)
{
    const char *cut = strstr (recorded, "[ 201000");
    g_autoptr (MgLine) line = replay_of (cut, MGH_REPLAY_LENIENT);
    const char *channel, *action, *address;
    gint64 at_us;

    g_assert_true (mgh_line_replay_next (line, &at_us, &channel, &action, &address));
    g_assert_cmpint (at_us, ==, 0);
}

static void the_file_may_ask_for_its_replay (void)
{
    g_autofree char *text = g_strconcat ("? lenient\n", two_meters, NULL);
    g_autoptr (MgLine) line = replay_of (text, MGH_REPLAY_STRICT);

    g_assert_cmpint (ask (line, "mbus1", "2", 2), ==, 0x02);
}

static void packed_files_open_too (void)
{
    static const char *const programs[][4] = { { "gzip", "-k", NULL }, { "zstd", "-qk", NULL } };
    static const char *const suffixes[] = { ".gz", ".zst" };
    char *path = temp_path ();

    g_assert_true (g_file_set_contents (path, two_meters, -1, NULL));
    for (guint i = 0; i < G_N_ELEMENTS (programs); i++) {
        g_autofree char *packed = g_strconcat (path, suffixes[i], NULL);
        const char *argv[] = { programs[i][0], programs[i][1], path, NULL };
        g_autoptr (GError) error = NULL;

        if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL)) {
            g_test_message ("%s is not installed", programs[i][0]);
            continue;
        }
        g_autoptr (MgLine) line = mgh_line_new_replay (packed, MGH_REPLAY_LENIENT, TRUE, &error);
        g_assert_no_error (error);
        g_assert_true (mgh_line_open (line, G_MAXINT64, NULL, NULL));
        g_assert_cmpint (ask (line, "mbus1", "2", 2), ==, 0x02);
        g_unlink (packed);
    }
    g_autoptr (GError) error = NULL;
    g_assert_null (mgh_line_new_replay ("/nowhere/x.mgrec", MGH_REPLAY_LENIENT, TRUE, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
    remove_path (path);
}

/* ------------------------------------------------------------------------------------------------------------- files
 */

static void rotation_cuts_between_turns (void)
{
    char *first = temp_path (), *second = temp_path ();
    g_autofree char *one = NULL, *two = NULL;
    Wire *wire;
    MgLine *line = wire_line (&wire, NULL);

    g_assert_true (mgh_line_record (line, first, NULL));
    mgh_line_begin (line, NULL, "c", "read", "1");
    g_assert_true (mg_line_write (line, (const guint8 *) "\x01", 1, NULL));
    g_assert_true (mgh_line_record (line, second, NULL));
    g_assert_true (mg_line_write (line, (const guint8 *) "\x02", 1, NULL));
    mgh_line_end (line, "ok", NULL);
    mgh_line_begin (line, NULL, "c", "read", "2");
    g_assert_true (mg_line_write (line, (const guint8 *) "\x03", 1, NULL));
    mgh_line_end (line, "ok", NULL);
    mgh_line_unref (line);
    two = contents (second);
    g_assert_nonnull (strstr (two, "c read 2"));
    g_assert_nonnull (strstr (two, " 03\n"));
    g_assert_null (strstr (two, "c read 1"));
    one = contents (first);
    g_assert_nonnull (strstr (one, " 02\n]"));
    g_assert_null (strstr (one, " 03\n"));
    remove_path (first);
    remove_path (second);
}

static void listening_goes_on_in_the_next_file (void)
{
    static const MgFraming lines = MG_INIT (MgFraming, .first_us = MG_FOREVER, .stop = "\n", .max = 80);
    char *first = temp_path (), *second = temp_path ();
    g_autoptr (GByteArray) frame = g_byte_array_new ();
    g_autofree char *one = NULL, *two = NULL;
    Wire *wire;
    MgLine *line = wire_line (&wire, NULL);

    g_assert_true (mgh_line_record (line, first, NULL));
    mgh_line_begin (line, NULL, "p", "listen", "-");
    wire_come (wire, 10, "a\n", 2);
    wire_come (wire, 20, "b\n", 2);
    g_assert_true (mg_line_read_frame (line, &lines, frame, NULL));
    g_assert_true (mgh_line_record (line, second, NULL));
    g_assert_true (mg_line_read_frame (line, &lines, frame, NULL));
    mgh_line_end (line, "yield", NULL);
    mgh_line_unref (line);
    one = contents (first);
    g_assert_nonnull (strstr (one, " 61 0A\n]"));
    two = contents (second);
    g_assert_nonnull (strstr (two, "p listen -\n< "));
    g_assert_nonnull (strstr (two, " 62 0A\n]"));
    remove_path (first);
    remove_path (second);
}

static void appending_cuts_off_an_unfinished_line (void)
{
    char *path = temp_path ();
    g_autofree char *torn = g_strconcat (two_meters, "[ +0 mbus1 re", NULL), *text = NULL;
    Wire *wire;
    MgLine *line = wire_line (&wire, NULL);
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (path, torn, -1, NULL));
    g_assert_true (mgh_line_record (line, path, NULL));
    mgh_line_begin (line, NULL, "c", "read", "2");
    mgh_line_end (line, "ok", NULL);
    mgh_line_unref (line);
    text = contents (path);
    g_assert_true (g_str_has_prefix (text, two_meters));
    g_assert_true (g_str_has_prefix (text + strlen (two_meters), "% line=test"));
    g_autoptr (MgLine) again = mgh_line_new_replay (path, MGH_REPLAY_STRICT, TRUE, &error);
    g_assert_no_error (error);
    g_assert_nonnull (again);
    remove_path (path);
}

static void full_disk_is_said_as_lost (void)
{
    char *path = temp_path ();
    g_autofree char *text = NULL;
    struct rlimit old, none = { 0, 0 };
    Wire *wire;
    MgLine *line = wire_line (&wire, NULL);
    gint64 limit_us = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

    g_assert_true (mgh_line_record (line, path, NULL));
    getrlimit (RLIMIT_FSIZE, &old);
    none.rlim_cur = 30; /* the head fits */
    none.rlim_max = old.rlim_max;
    signal (SIGXFSZ, SIG_IGN);
    g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &none), ==, 0);
    mgh_line_begin (line, NULL, "c", "read", "1");
    g_assert_true (mg_line_write (line, (const guint8 *) "\x01\x02\x03", 3, NULL));
    mgh_line_record_flush (line);
    g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
    while ((text == NULL || strstr (text, "lost 3") == NULL) && g_get_monotonic_time () < limit_us) {
        g_free (text);
        g_assert_true (mg_line_write (line, (const guint8 *) "\x04", 1, NULL));
        mgh_line_record_flush (line);
        text = contents (path);
    }
    g_assert_nonnull (strstr (text, "lost 3\n"));
    g_assert_null (strstr (text, "01 02 03"));
    g_assert_nonnull (strstr (text, "> 0            04\n"));
    mgh_line_end (line, "ok", NULL);
    mgh_line_unref (line);
    remove_path (path);
}

static void long_writes_become_several_records (void)
{
    char *path = temp_path ();
    g_autofree char *text = NULL;
    guint8 bytes[130] = { 0 };
    Wire *wire;
    MgLine *line = wire_line (&wire, NULL);

    g_assert_true (mgh_line_record (line, path, NULL));
    mgh_line_begin (line, NULL, "c", "read", "1");
    g_assert_true (mg_line_write (line, bytes, sizeof bytes, NULL));
    mgh_line_end (line, "ok", NULL);
    mgh_line_unref (line);
    text = contents (path);
    g_assert_nonnull (strstr (text, "\n> 0            00"));
    g_assert_nonnull (strstr (text, "\n> 293376       00"));
    g_assert_nonnull (strstr (text, "\n> 586752       00 00\n"));
    remove_path (path);
}

#define CASE(function) g_test_add_func ("/recording/" #function, function)

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    CASE (line_writes_what_happened);
    CASE (own_recording_replays_strictly);
    CASE (replay_keeps_recorded_times);
    CASE (strict_replay_tells_file_line_expected_and_got);
    CASE (recording_that_is_over_is_a_closed_line);
    CASE (lenient_replay_finds_answers_in_any_order);
    CASE (listening_replays_at_recorded_times_and_yields);
    CASE (lost_line_is_lost_again);
    CASE (echo_and_private_bytes_replay);
    CASE (lent_descriptor_replays);
    CASE (datagrams_replay);
    CASE (broken_records_name_file_and_line);
    CASE (unknown_and_unfinished_records_are_passed_over);
    CASE (files_one_after_the_other_are_one);
    CASE (cut_at_a_turn_is_a_recording);
    CASE (the_file_may_ask_for_its_replay);
    CASE (packed_files_open_too);
    CASE (rotation_cuts_between_turns);
    CASE (listening_goes_on_in_the_next_file);
    CASE (appending_cuts_off_an_unfinished_line);
    CASE (full_disk_is_said_as_lost);
    CASE (long_writes_become_several_records);
    return g_test_run ();
}
