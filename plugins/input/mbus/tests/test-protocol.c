/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-protocol.c: link frames, transport headers, security, errors of the application layer. */
#include <host/mgh-readout.h>
#include <string.h>

#include "telegrams.h"

static MbusFault parse_hex_frame (const char *hex, MbusFrame *frame, char message[256])
{
    static guint8 bytes[300];
    gsize len = telegram_hex (hex, bytes, sizeof bytes);
    MbusFault fault = mbus_frame_parse (bytes, len, frame);

    message[0] = '\0';
    if (fault != MBUS_OK)
        mbus_frame_describe (frame, fault, message, 256);
    return fault;
}

static void good_frames_of_all_kinds (void)
{
    MbusFrame frame;
    char message[256];

    g_assert_cmpint (parse_hex_frame ("E5", &frame, message), ==, MBUS_OK);
    g_assert_cmpint (frame.kind, ==, MBUS_ACK);
    g_assert_cmpint (parse_hex_frame ("10 7B FD 78 16", &frame, message), ==, MBUS_OK);
    g_assert_cmpint (frame.kind, ==, MBUS_SHORT);
    g_assert_cmpuint (frame.c, ==, 0x7B);
    g_assert_cmpuint (frame.a, ==, 0xFD);
    g_assert_cmpint (parse_hex_frame ("68 03 03 68 53 FE BD 0E 16", &frame, message), ==, MBUS_OK);
    g_assert_cmpuint (frame.ci, ==, 0xBD);
    g_assert_cmpuint (frame.len, ==, 0);
    g_assert_cmpint (parse_hex_frame ("68 06 06 68 53 FE 51 01 7A 08 25 16", &frame, message), ==, MBUS_OK);
    g_assert_cmpmem (frame.data, frame.len, "\x01\x7A\x08", 3);
}

static void bad_frames_say_what_and_where (void)
{
    static const struct {
        const char *hex;
        MbusFault fault;
        const char *message;
    } cases[] = {
        { "", MBUS_FAULT_LENGTH, "frame has 0 bytes, expected 1" },
        { "A5", MBUS_FAULT_START, "start byte at byte 0 is A5, expected 68" },
        { "E5E5", MBUS_FAULT_LENGTH, "frame has 2 bytes, expected 1" },
        { "10 7B FD 78", MBUS_FAULT_LENGTH, "frame has 4 bytes, expected 5" },
        { "10 7B FD 79 16", MBUS_FAULT_CHECKSUM, "checksum at byte 3 is 79, expected 78" },
        { "10 7B FD 78 17", MBUS_FAULT_STOP, "stop byte at byte 4 is 17, expected 16" },
        { "68 03", MBUS_FAULT_LENGTH, "frame has 2 bytes, expected 9" },
        { "68 03 03 67 53 FE BD 0E 16", MBUS_FAULT_START, "start byte at byte 3 is 67, expected 68" },
        { "68 03 04 68 53 FE BD 0E 16", MBUS_FAULT_LENGTH, "second length byte is 04, expected 03 like the first" },
        { "68 02 02 68 53 FE 51 16", MBUS_FAULT_LENGTH, "frame has 8 bytes, expected 9" },
        { "68 03 03 68 53 FE BD 0F 16", MBUS_FAULT_CHECKSUM, "checksum at byte 7 is 0F, expected 0E" },
        { "68 03 03 68 53 FE BD 0E 15", MBUS_FAULT_STOP, "stop byte at byte 8 is 15, expected 16" },
        { "68 03 03 68 53 FE BD 0E 16 00", MBUS_FAULT_LENGTH, "frame has 10 bytes, expected 9" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        MbusFrame frame;
        char message[256];

        g_assert_cmpint (parse_hex_frame (cases[i].hex, &frame, message), ==, cases[i].fault);
        g_assert_cmpstr (message, ==, cases[i].message);
    }
}

static void size_is_known_as_soon_as_it_can_be (void)
{
    g_assert_cmpint (mbus_frame_size ((const guint8 *) "\xE5", 1), ==, 1);
    g_assert_cmpint (mbus_frame_size ((const guint8 *) "\x10", 1), ==, 5);
    g_assert_cmpint (mbus_frame_size ((const guint8 *) "\x68\x15\x15", 3), ==, 0);
    g_assert_cmpint (mbus_frame_size ((const guint8 *) "\x68\x15\x15\x68", 4), ==, 0x15 + 6);
    g_assert_cmpint (mbus_frame_size ((const guint8 *) "\x68\x15\x16", 3), ==, -1);
    g_assert_cmpint (mbus_frame_size ((const guint8 *) "\x68\x02", 2), ==, -1);
    g_assert_cmpint (mbus_frame_size ((const guint8 *) "\x00", 1), ==, -1);
    g_assert_cmpint (mbus_frame_size (NULL, 0), ==, 0);
}

static void written_frames_read_back (void)
{
    for (gsize len = 0; len <= 253; len++) {
        guint8 data[256] = { 0 }, out[MBUS_FRAME_MAX];
        MbusFrame frame;
        gsize n;

        for (gsize i = 0; i < len; i++)
            data[i] = (guint8) (i * 37 + len);
        n = mbus_frame_write_long (out, 0x53, 0xFD, 0x52, data, len);
        if (len > 252) {
            g_assert_cmpuint (n, ==, 0);
            continue;
        }
        g_assert_cmpint (mbus_frame_parse (out, n, &frame), ==, MBUS_OK);
        g_assert_cmpmem (frame.data, frame.len, data, len);
    }
}

typedef struct {
    MgReadout *readout;
    MbusFault fault;
    gboolean more;
    char message[256];
} Result;

static void result_clear (Result *result)
{
    mg_readout_unref (result->readout);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

static Result read_data (guint8 ci, const char *hex)
{
    guint8 data[252], frame[MBUS_FRAME_MAX];
    gsize len = telegram_frame (frame, ci, data, telegram_hex (hex, data, sizeof data));
    Result result = { .readout = mg_readout_new (NULL) };

    result.fault = mbus_readout_add (result.readout, frame, len, &result.more, result.message, sizeof result.message);
    mgh_readout_finish (result.readout);
    return result;
}

static void assert_reading (const Result *result, guint i, const char *key, gint64 number, gint exponent)
{
    const MgReading *reading;
    MgValue value;

    g_assert_cmpuint (mgh_readout_get_n (result->readout), >, i);
    reading = mgh_readout_get_reading (result->readout, i);
    value = mg_reading_get_value (reading);
    g_assert_cmpstr (mgh_reading_get_key (reading), ==, key);
    g_assert_cmpint (value.type, ==, MG_VALUE_DECIMAL);
    g_assert_cmpint (value.v.number, ==, number);
    g_assert_cmpint (value.exponent, ==, exponent);
}

static void long_header_tells_who_sent_it (void)
{
    g_auto (Result) result = read_data (0x72, "17588506 2D2C 08 04 2C 0C 0000 0406E7910000");
    const MgIdentity *identity = mgh_readout_get_identity (result.readout);

    g_assert_cmpint (result.fault, ==, MBUS_OK);
    g_assert_cmpstr (identity->serial, ==, "06855817");
    g_assert_cmpstr (identity->manufacturer, ==, "KAM");
    g_assert_cmpuint (identity->version, ==, 8);
    g_assert_cmpuint (identity->medium, ==, 4);
    g_assert_cmpuint (mg_readout_get_status (result.readout), ==, 0x0C | MG_STATUS_BATTERY_LOW | MG_STATUS_ERROR);
    assert_reading (&result, 0, "0.0.0.0:00", 37351, 3);
}

static void twins_are_numbered (void)
{
    g_auto (Result) result = read_data (0x78, "0406E7910000 040601000000 0406 02000000");

    assert_reading (&result, 0, "0.0.0.0:00", 37351, 3);
    assert_reading (&result, 1, "0.0.0.0:00#2", 1, 3);
    assert_reading (&result, 2, "0.0.0.0:00#3", 2, 3);
}

static void stored_values_are_of_their_date (void)
{
    g_auto (Result) result =
        read_data (0x78, "4413E8030000 426CFE04 0413E9030000 046D00204111 54132A000000 546D00204111");
    MgValue stored = mg_reading_get_device_time (mgh_readout_get_reading (result.readout, 0));
    MgValue now = mg_reading_get_device_time (mgh_readout_get_reading (result.readout, 2));
    MgValue maximum = mg_reading_get_device_time (mgh_readout_get_reading (result.readout, 4));

    g_assert_cmpint (stored.v.number, ==, 1177891200);
    g_assert_cmpint (now.type, ==, MG_VALUE_NONE);
    g_assert_cmpint (mgh_readout_get_clock (result.readout).v.number, ==, 1262304000);
    g_assert_cmpint (maximum.v.number, ==, 1262304000);
}

static void fixed_data_in_all_forms (void)
{
    g_auto (Result) bcd = read_data (0x73, "78563412 0A 00 E97E 01000000 35010000");
    g_auto (Result) binary = read_data (0x73, "78563412 0A 01 0506 01000000 FF000000");
    g_auto (Result) turned = read_data (0x77, "12345678 0A 00 E97E 00000001 00000135");
    g_auto (Result) letters = read_data (0x73, "78563412 0A 00 0506 0A000000 01000000");

    assert_reading (&bcd, 0, "0.0.0.0:fixed1", 1, -3);
    assert_reading (&bcd, 1, "0.1.0.0:fixed2", 135, -3);
    g_assert_cmpstr (mgh_readout_get_identity (bcd.readout)->serial, ==, "12345678");
    g_assert_cmpuint (mgh_readout_get_identity (bcd.readout)->medium, ==, 7);
    assert_reading (&binary, 0, "0.0.0.0:fixed1", 1, 3);
    assert_reading (&binary, 1, "0.0.0.0:fixed2", 255, 4);
    assert_reading (&turned, 0, "0.0.0.0:fixed1", 1, -3);
    assert_reading (&turned, 1, "0.1.0.0:fixed2", 135, -3);
    g_assert_cmpstr (mgh_readout_get_identity (turned.readout)->serial, ==, "12345678");
    g_assert_cmpint (mg_reading_get_value (mgh_readout_get_reading (letters.readout, 0)).type, ==, MG_VALUE_BYTES);
}

static void application_errors_and_alarms (void)
{
    g_auto (Result) busy = read_data (0x70, "08");
    g_auto (Result) bare = read_data (0x70, "");
    g_auto (Result) late = read_data (0x6F, "78563412 2440 01 07 55 02 0000 14");
    g_auto (Result) alarm = read_data (0x71, "05");

    g_assert_cmpint (busy.fault, ==, MBUS_FAULT_APPLICATION);
    g_assert_cmpstr (busy.message, ==, "application error 08: application busy");
    g_assert_cmpstr (bare.message, ==, "application error 00: unspecified");
    g_assert_cmpstr (late.message, ==, "application error 14: decryption failed");
    g_assert_cmpstr (mgh_readout_get_identity (late.readout)->serial, ==, "12345678");
    g_assert_cmpint (alarm.fault, ==, MBUS_OK);
    assert_reading (&alarm, 0, "0.0.0.0:alarm", 5, 0);
}

static void encrypted_telegrams_keep_their_plain_records (void)
{
    g_auto (Result) partly =
        read_data (0x72, "78563412 2440 01 07 55 00 1005 00112233445566778899AABBCCDDEEFF 0413E8030000");
    g_auto (Result) mode7 =
        read_data (0x72, "78563412 2440 01 07 55 00 1007 10 00112233445566778899AABBCCDDEEFF 0413E8030000");
    g_auto (Result) all = read_data (0x5B, "78563412 2440 01 07 55 00 1005 00112233445566778899AABBCCDDEEFF");
    g_auto (Result) none = read_data (0x72, "78563412 2440 01 07 55 00 FFFF 0413E8030000"); /* an old "signature" */

    g_assert_cmpint (partly.fault, ==, MBUS_FAULT_ENCRYPTED);
    g_assert_cmpstr (partly.message, ==, "security mode 5: 16 bytes are encrypted");
    assert_reading (&partly, 0, "0.0.0.0:10", 1000, -3);
    g_assert_cmpint (mode7.fault, ==, MBUS_FAULT_ENCRYPTED);
    assert_reading (&mode7, 0, "0.0.0.0:10", 1000, -3);
    g_assert_cmpint (all.fault, ==, MBUS_FAULT_ENCRYPTED);
    g_assert_cmpuint (mgh_readout_get_n (all.readout), ==, 0);
    g_assert_cmpint (none.fault, ==, MBUS_OK);
    assert_reading (&none, 0, "0.0.0.0:10", 1000, -3);
}

static void more_records_are_announced (void)
{
    g_auto (Result) more = read_data (0x78, "0413E8030000 1F AABB");
    g_auto (Result) last = read_data (0x78, "0413E8030000 0F AABB");

    g_assert_true (more.more);
    g_assert_false (last.more);
    g_assert_cmpuint (mgh_readout_get_n (more.readout), ==, 2);
}

static void other_ci_is_refused (void)
{
    g_auto (Result) selection = read_data (0x52, "FFFFFFFFFFFFFFFF");
    g_auto (Result) compact = read_data (0x73, "313B42A6D2042E163423");
    g_auto (Result) cut = read_data (0x72, "78563412 2440 01");

    g_assert_cmpint (selection.fault, ==, MBUS_FAULT_CI);
    g_assert_cmpstr (selection.message, ==, "CI 52 is no answer of a meter that is known here");
    g_assert_cmpint (compact.fault, ==, MBUS_FAULT_CI);
    g_assert_cmpint (cut.fault, ==, MBUS_FAULT_TRUNCATED);
    g_assert_cmpuint (mgh_readout_get_n (selection.readout), ==, 0);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/mbus/frame/good_frames_of_all_kinds", good_frames_of_all_kinds);
    g_test_add_func ("/mbus/frame/bad_frames_say_what_and_where", bad_frames_say_what_and_where);
    g_test_add_func ("/mbus/frame/size_is_known_as_soon_as_it_can_be", size_is_known_as_soon_as_it_can_be);
    g_test_add_func ("/mbus/frame/written_frames_read_back", written_frames_read_back);
    g_test_add_func ("/mbus/telegram/long_header_tells_who_sent_it", long_header_tells_who_sent_it);
    g_test_add_func ("/mbus/telegram/twins_are_numbered", twins_are_numbered);
    g_test_add_func ("/mbus/telegram/stored_values_are_of_their_date", stored_values_are_of_their_date);
    g_test_add_func ("/mbus/telegram/fixed_data_in_all_forms", fixed_data_in_all_forms);
    g_test_add_func ("/mbus/telegram/application_errors_and_alarms", application_errors_and_alarms);
    g_test_add_func ("/mbus/telegram/encrypted_telegrams_keep_their_plain_records",
                     encrypted_telegrams_keep_their_plain_records);
    g_test_add_func ("/mbus/telegram/more_records_are_announced", more_records_are_announced);
    g_test_add_func ("/mbus/telegram/other_ci_is_refused", other_ci_is_refused);
    return g_test_run ();
}
