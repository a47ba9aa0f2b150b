/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-driver.c: readouts over a simulated segment on a virtual clock: what is read, repeated, kept in part, refused.
 */
#include "driver-fixture.h"
#include "telegrams.h"

#include <string.h>

extern const MgModule mg_module;

static void primary_address_gives_all_readings (void)
{
    const MgIdentity *identity;
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 id=12345678 manufacturer=KAM version=8 medium=4 start=37351 status=4");
    fixture_start (&f, "");
    g_assert_true (fixture_read (&f, "5"));
    g_assert_cmpuint (count_values (&f), ==, 10);
    assert_value (&f, "0.0.0.0:00", "37351000");
    assert_value (&f, "0.0.0.0:78", "12345678");
    identity = mgh_readout_get_identity (f.readout);
    g_assert_cmpstr (identity->serial, ==, "12345678");
    g_assert_cmpstr (identity->manufacturer, ==, "KAM");
    g_assert_cmpuint (identity->version, ==, 8);
    g_assert_cmpuint (identity->medium, ==, 4);
    g_assert_cmpuint (mg_readout_get_status (f.readout), ==, 4 | MG_STATUS_BATTERY_LOW);
    g_assert_null (mgh_readout_get_error (f.readout));
    g_assert_nonnull (mg_readout_get_frame (f.readout));
    fixture_clear (&f);
}

static void secondary_address_is_taken_in_each_notation (void)
{
    static const char *const addresses[] = { "KAM-12345678-8-4", "KAM-123456FF-*-*", "12345678",
                                             "123456782D2C0804", "*-FFFFFFFF-*-4",   "kam-12345678-8-4",
                                             "2C2D-12345678-8-4" };
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=none id=12345678 manufacturer=KAM version=8 medium=4 start=3");
    fixture_meter (&f, "address=none id=22345678 manufacturer=KAM version=8 medium=7 start=4");
    fixture_start (&f, "");
    for (guint i = 0; i < G_N_ELEMENTS (addresses); i++) {
        g_assert_true (fixture_read (&f, addresses[i]));
        g_assert_cmpstr (mgh_readout_get_identity (f.readout)->serial, ==, "12345678");
    }
    g_assert_true (fixture_read (&f, "KAM-22345678-8-7"));
    g_assert_cmpstr (mgh_readout_get_identity (f.readout)->serial, ==, "22345678");
    g_assert_false (fixture_read (&f, "KAM-32345678-8-7"));
    g_assert_error (f.error, MG_ERROR, MG_ERROR_TIMEOUT);
    fixture_clear (&f);
}

static void telegrams_of_one_readout_are_put_together (void)
{
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 medium=2 values=30 pages=4 start=77 step=5");
    fixture_start (&f, "");
    for (guint i = 0; i < 3; i++) {
        g_assert_true (fixture_read (&f, "5"));
        g_assert_cmpuint (count_values (&f), ==, 30);
        assert_value (&f, "0.0.0.0:00", i == 0 ? "77" : i == 1 ? "82" : "87");
    }
    g_assert_cmpuint (f.fresh, ==, 12);
    g_assert_cmpuint (f.repeated, ==, 0);
    fixture_clear (&f);
}

/* A lost answer is asked for again with the same frame count bit: the meter repeats, nothing is skipped, nothing
 * counted twice. */
static void lost_answers_are_repeated_and_not_counted_twice (void)
{
    guint whole = 0;
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 medium=2 values=30 pages=4 start=100 step=1 silent=25");
    fixture_start (&f, "repeats=6");
    for (guint i = 0; i < 40; i++) {
        if (!fixture_read (&f, "5"))
            continue;
        if (mgh_readout_get_error (f.readout) != NULL)
            continue;
        whole++;
        g_assert_cmpuint (count_values (&f), ==, 30);
        g_autofree char *expected = g_strdup_printf ("%" G_GUINT64_FORMAT, f.value);
        assert_value (&f, "0.0.0.0:00", expected);
    }
    g_assert_cmpuint (f.repeated, >, 10);
    g_assert_cmpuint (whole, >, 20);
    fixture_clear (&f);
}

static void good_telegrams_are_kept_when_a_later_one_is_lost (void)
{
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 medium=2 values=30 pages=3 lost-page=3");
    fixture_start (&f, "");
    g_assert_true (fixture_read (&f, "5"));
    g_assert_cmpuint (count_values (&f), ==, 20);
    g_assert_error (mgh_readout_get_error (f.readout), MG_ERROR, MG_ERROR_TIMEOUT);
    g_assert_nonnull (strstr (mgh_readout_get_error (f.readout)->message, "telegram 3"));
    fixture_clear (&f);
}

static void a_readout_has_an_end (void)
{
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 medium=2 values=30 pages=6");
    fixture_start (&f, "max-telegrams=4");
    g_assert_true (fixture_read (&f, "5"));
    g_assert_cmpuint (count_values (&f), ==, 20);
    g_assert_error (mgh_readout_get_error (f.readout), MG_ERROR, MG_ERROR_RANGE);
    fixture_clear (&f);
}

static void recorded_meter_ends_with_e5 (void)
{
    /* one record of 1234 l and DIF 1F, then E5 */
    g_autoptr (SimRecorded) recorded = sim_recorded_parse (
        "a.hex", "68 16 16 68 08 01 72 78 56 34 12 2D 2C 08 07 01 00 00 00 0C 13 34 12 00 00 1F 7C 16", 5);
    Fixture f;

    g_assert_cmpstr (recorded->refused, ==, NULL);
    fixture_init (&f);
    fixture_bus (&f);
    sim_bus_add_recorded (f.bus, &recorded->options, (GBytes *const *) recorded->pages->pdata, recorded->pages->len);
    fixture_start (&f, "");
    for (guint i = 0; i < 2; i++) {
        g_assert_true (fixture_read (&f, "5"));
        g_assert_null (mgh_readout_get_error (f.readout));
        assert_value (&f, "0.0.0.0:10", "1.234");
    }
    fixture_clear (&f);
}

static void without_reset_readouts_go_on_where_they_were (void)
{
    MgDevice *device;
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 medium=2 values=20 pages=2 start=10");
    fixture_start (&f, "reset=no");
    device = fixture_device (&f, "5");
    for (guint i = 0; i < 4; i++) {
        g_autofree char *expected = g_strdup_printf ("%u", 10 + i);

        g_assert_true (fixture_read_device (&f, device));
        g_assert_cmpuint (count_values (&f), ==, 20);
        assert_value (&f, "0.0.0.0:00", expected);
    }
    driver ()->device_free (f.self, mg_device_get_data (device));
    mgh_device_unref (device);
    fixture_clear (&f);
}

static void silence_is_certain_after_the_standards_time (void)
{
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5");
    fixture_start (&f, "");
    g_assert_false (fixture_read (&f, "6"));
    g_assert_error (f.error, MG_ERROR, MG_ERROR_TIMEOUT);
    g_assert_nonnull (strstr (f.error->message, "address 6: SND_NKE: "));
    /* 5 bytes, then 330 bit times and 50 ms, and what the line allows on top */
    g_assert_cmpint (f.took_us, >=, 187500);
    g_assert_cmpint (f.took_us, <, 400000);
    fixture_clear (&f);
}

static void timeout_settings_win_over_the_line (void)
{
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 delay=700");
    fixture_start (&f, "first-timeout=1500ms");
    g_assert_true (fixture_read (&f, "5"));
    g_assert_cmpuint (count_values (&f), ==, 10);
    fixture_clear (&f);

    fixture_init (&f);
    fixture_meter (&f, "address=5");
    fixture_start (&f, "first-timeout=5ms");
    g_assert_false (fixture_read (&f, "5"));
    g_assert_error (f.error, MG_ERROR, MG_ERROR_TIMEOUT);
    fixture_clear (&f);
}

/* Answers that come after their time are not taken for those of the next request, however late; up to twice the
 * standard's time the line learns to wait for them. */
static void late_answers_are_learned_and_never_mixed_up (void)
{
    for (guint delay_ms = 150; delay_ms <= 900; delay_ms += 30) {
        g_autofree char *text = g_strdup_printf ("address=5 medium=2 values=30 pages=4 start=100 delay=%u", delay_ms);
        guint whole = 0;
        Fixture f;

        fixture_init (&f);
        fixture_meter (&f, text);
        fixture_start (&f, "");
        for (guint i = 0; i < 12; i++) {
            if (!fixture_read (&f, "5") || mgh_readout_get_error (f.readout) != NULL)
                continue;
            whole++;
            g_assert_cmpuint (count_values (&f), ==, 30);
            /* of the first and of the second telegram, both raised by one for each readout */
            g_assert_cmpint (number_of (&f, "0.0.0.0:20") - 17000, ==, number_of (&f, "0.0.0.0:00"));
        }
        if (delay_ms < 400 && whole < 8) {
            g_test_message ("delay %u ms: %u of 12 readouts are whole", delay_ms, whole);
            g_test_fail ();
        }
        fixture_clear (&f);
    }
}

/* A meter without frame counts sends its telegram again and again. */
static void a_meter_that_ignores_the_frame_count_ends_in_part (void)
{
    g_autoptr (SimRecorded) recorded = sim_recorded_parse (
        "a.hex", "68 16 16 68 08 01 72 78 56 34 12 2D 2C 08 07 01 00 00 00 0C 13 34 12 00 00 1F 7C 16", 5);
    GBytes *page = g_ptr_array_index (recorded->pages, 0);
    GBytes *const pages[] = { page, page, page, page, page, page };
    Fixture f;

    fixture_init (&f);
    fixture_bus (&f);
    sim_bus_add_recorded (f.bus, &recorded->options, pages, G_N_ELEMENTS (pages));
    fixture_start (&f, "");
    g_assert_true (fixture_read (&f, "5"));
    g_assert_cmpuint (count_values (&f), ==, 1);
    g_assert_error (mgh_readout_get_error (f.readout), MG_ERROR, MG_ERROR_PROTOCOL);
    g_assert_nonnull (strstr (mgh_readout_get_error (f.readout)->message, "frame count bit"));
    fixture_clear (&f);
}

static void wrong_checksum_is_asked_again_then_an_error (void)
{
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 checksum=100");
    fixture_start (&f, "repeats=2");
    g_assert_false (fixture_read (&f, "5"));
    g_assert_error (f.error, MG_ERROR, MG_ERROR_PROTOCOL);
    g_assert_nonnull (strstr (f.error->message, "checksum"));
    g_assert_cmpuint (f.fresh, ==, 1);
    g_assert_cmpuint (f.repeated, ==, 2);
    fixture_clear (&f);
}

static void erratic_meter_never_hangs_and_is_read_now_and_then (void)
{
    guint good = 0;
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 values=3 noise=15 checksum=15 cut=15 babble=15 silent=10");
    fixture_start (&f, "");
    for (guint i = 0; i < 200; i++) {
        if (!fixture_read (&f, "5")) {
            g_assert_true (g_error_matches (f.error, MG_ERROR, MG_ERROR_TIMEOUT) ||
                           g_error_matches (f.error, MG_ERROR, MG_ERROR_PROTOCOL));
            continue;
        }
        good++;
        if (mgh_readout_get_error (f.readout) == NULL)
            g_assert_cmpuint (count_values (&f), ==, 3);
        g_assert_cmpint (f.took_us, <, f.timeout_us + G_USEC_PER_SEC);
    }
    g_assert_cmpuint (good, >, 100);
    fixture_clear (&f);
}

static void two_meters_on_one_address_are_a_protocol_error (void)
{
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 id=11111111");
    fixture_meter (&f, "address=5 id=22222222");
    fixture_start (&f, "");
    for (guint i = 0; i < 10; i++) {
        g_assert_false (fixture_read (&f, "5"));
        g_assert_true (g_error_matches (f.error, MG_ERROR, MG_ERROR_PROTOCOL) ||
                       g_error_matches (f.error, MG_ERROR, MG_ERROR_TIMEOUT));
    }
    fixture_clear (&f);
}

static void application_error_is_a_refusal_in_words (void)
{
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 application-error=8");
    fixture_start (&f, "");
    g_assert_false (fixture_read (&f, "5"));
    g_assert_error (f.error, MG_ERROR, MG_ERROR_REFUSED);
    g_assert_nonnull (strstr (f.error->message, "busy"));
    fixture_clear (&f);
}

static void answer_of_another_address_is_refused (void)
{
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 reply-address=7");
    fixture_start (&f, "repeats=0");
    g_assert_false (fixture_read (&f, "5"));
    g_assert_error (f.error, MG_ERROR, MG_ERROR_PROTOCOL);
    g_assert_nonnull (strstr (f.error->message, "address 7, expected 5"));
    fixture_clear (&f);
}

static void a_probe_tells_who_answers (void)
{
    MgFound *found = mg_found_new ("5");
    const MgIdentity *identity;
    MgDevice *device;
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 id=12345678 manufacturer=KAM version=8 medium=7");
    fixture_start (&f, "");
    device = fixture_device (&f, "5");
    MghCallInfo info = { .struct_size = sizeof info, .line = f.line, .clock = f.clock, .attempt = 1 };
    MgCall *call = mgh_call_new (&info);
    mgh_line_begin (f.line, call, "mbus1", "probe", "5");
    g_assert_true (driver ()->probe (f.self, device, call, found, &f.error));
    mgh_line_end (f.line, "ok", NULL);
    identity = mgh_found_get_identity (found);
    g_assert_cmpstr (identity->serial, ==, "12345678");
    g_assert_cmpstr (identity->manufacturer, ==, "KAM");
    g_assert_cmpuint (identity->medium, ==, 7);
    mgh_call_free (call);
    mg_found_free (found);
    driver ()->device_free (f.self, mg_device_get_data (device));
    mgh_device_unref (device);
    fixture_clear (&f);
}

static void fixed_data_are_read (void)
{
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 id=12345678 medium=7 fixed=1 start=35");
    fixture_start (&f, "");
    g_assert_true (fixture_read (&f, "5"));
    g_assert_cmpuint (count_values (&f), ==, 2);
    assert_value (&f, "0.0.0.0:fixed1", "0.035");
    fixture_clear (&f);
}

static void echo_is_swallowed_when_the_line_knows_of_it (void)
{
    Fixture f;

    fixture_init (&f);
    f.options.echo = f.echo = TRUE;
    fixture_meter (&f, "address=5");
    fixture_start (&f, "");
    g_assert_true (fixture_read (&f, "5"));
    g_assert_cmpuint (count_values (&f), ==, 10);
    fixture_clear (&f);

    fixture_init (&f);
    f.options.echo = TRUE;
    fixture_meter (&f, "address=5");
    fixture_start (&f, "");
    g_assert_false (fixture_read (&f, "5"));
    g_assert_error (f.error, MG_ERROR, MG_ERROR_PROTOCOL);
    g_assert_nonnull (strstr (f.error->message, "echo"));
    fixture_clear (&f);
}

static void the_calls_deadline_is_kept (void)
{
    Fixture f;

    fixture_init (&f);
    fixture_meter (&f, "address=5 medium=2 values=60 pages=20");
    f.timeout_us = 2 * G_USEC_PER_SEC;
    fixture_start (&f, "");
    g_assert_true (fixture_read (&f, "5"));
    g_assert_nonnull (mgh_readout_get_error (f.readout));
    g_assert_cmpuint (count_values (&f), >, 0);
    g_assert_cmpint (f.took_us, <=, 2 * G_USEC_PER_SEC + 100000);
    fixture_clear (&f);
}

static void addresses_that_make_no_sense_are_refused_in_words (void)
{
    static const char *const bad[] = {
        "251",        "-1",   "KAM-1234567-8-4",    "KAM-12345678-8",  "KAM-12345678-256-4", "K1M-12345678-8-4",
        "1234567890", "five", "KAM-12345678-8-4-1", "123456782D2C08G4"
    };

    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (GError) error = NULL;
        const MghConfigText texts[] = { { "address", bad[i] } };
        g_autoptr (MgConfig) config = mgh_config_new (&driver ()->device_settings, 1, texts, 1, &error);

        g_assert_no_error (error);
        g_assert_false (driver ()->device_check (config, &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
        g_assert_nonnull (strstr (error->message, bad[i]));
    }
}

static void the_module_is_in_order (void)
{
    g_autoptr (GError) error = NULL;

    g_assert_true (mg_module_check (&mg_module, &error));
    g_assert_no_error (error);
}

/* Each byte that the driver writes stands in the recording, and so does each that it gets. */
static void replay (const char *name, const char *address, MgError expected, const char *partial_word,
                    const char *value)
{
    g_autofree char *file = g_strdup_printf ("%s.mgrec", name);
    g_autofree char *path =
        g_build_filename (g_getenv ("METERGATE_SOURCE"), "plugins/input/mbus/tests/recordings", file, NULL);
    guint used = 0, skipped = 0, unmatched = 0;
    Fixture f;

    fixture_init (&f);
    fixture_bus (&f);
    fixture_start (&f, "");
    mgh_line_unref (f.line);
    mgh_clock_unref (f.clock);
    f.line = mgh_line_new_replay (path, MGH_REPLAY_STRICT, TRUE, &f.error);
    g_assert_no_error (f.error);
    f.clock = mgh_clock_ref (mgh_line_get_clock (f.line));
    g_assert_true (mgh_line_open (f.line, G_MAXINT64, NULL, &f.error));
    g_assert_cmpint (fixture_read (&f, address), ==, expected == 0);
    if (expected != 0)
        g_assert_error (f.error, MG_ERROR, (gint) expected);
    else
        assert_value (&f, "0.0.0.0:00", value);
    g_assert_cmpint (expected == 0 && mgh_readout_get_error (f.readout) != NULL, ==, partial_word != NULL);
    if (partial_word != NULL)
        g_assert_nonnull (strstr (mgh_readout_get_error (f.readout)->message, partial_word));
    g_clear_error (&f.error);
    mgh_line_replay_finish (f.line, &used, &skipped, &unmatched, &f.error);
    g_assert_no_error (f.error);
    g_assert_cmpuint (used, ==, 1);
    fixture_clear (&f);
}

static void recorded_turns_are_followed_byte_for_byte (void)
{
    replay ("lost-answer", "5", 0, NULL, "1234000");
    replay ("broken-off", "5", 0, "telegram 2: REQ_UD2: checksum", "1234000");
    replay ("busy", "5", MG_ERROR_REFUSED, NULL, NULL);
    replay ("selected", "KAM-12345678-8-4", 0, NULL, "1234000");
    replay ("somebody-else", "KAM-12345678-8-4", MG_ERROR_PROTOCOL, NULL, NULL);
}

static guint corpus_played;

/* What the simulator takes for an answer of a meter, the driver reads, whole or as far as its records are good. */
static void corpus_play (const char *name, const guint8 *bytes, gsize len)
{
    g_autoptr (SimRecorded) recorded = NULL;
    GString *hex = g_string_new (NULL);
    Fixture f;

    for (gsize i = 0; i < len; i++)
        g_string_append_printf (hex, "%02X", bytes[i]);
    recorded = sim_recorded_parse (name, hex->str, 5);
    g_string_free (hex, TRUE);
    if (recorded->refused != NULL)
        return;
    fixture_init (&f);
    fixture_bus (&f);
    sim_bus_add_recorded (f.bus, &recorded->options, (GBytes *const *) recorded->pages->pdata, recorded->pages->len);
    fixture_start (&f, "");
    if (!fixture_read (&f, "5") || mgh_readout_get_n (f.readout) == 0) {
        g_test_message ("%s: %s", name, f.error != NULL ? f.error->message : "no values");
        g_test_fail ();
    } else if (mgh_readout_get_error (f.readout) != NULL) {
        g_test_message ("%s: in part: %s", name, mgh_readout_get_error (f.readout)->message);
    }
    corpus_played++;
    fixture_clear (&f);
}

static void recorded_meters_of_the_corpus_are_read (void)
{
    if (!telegrams_corpus (corpus_play)) {
        g_test_skip ("no telegram corpus: METERGATE_CORPUS is not set and there is no ../shared/corpus");
        return;
    }
    g_test_message ("%u recorded meters", corpus_played);
    g_assert_cmpuint (corpus_played, >, 0);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add_func ("/mbus/driver/" #name, name)
    ADD (the_module_is_in_order);
    ADD (primary_address_gives_all_readings);
    ADD (secondary_address_is_taken_in_each_notation);
    ADD (telegrams_of_one_readout_are_put_together);
    ADD (lost_answers_are_repeated_and_not_counted_twice);
    ADD (good_telegrams_are_kept_when_a_later_one_is_lost);
    ADD (a_readout_has_an_end);
    ADD (recorded_meter_ends_with_e5);
    ADD (without_reset_readouts_go_on_where_they_were);
    ADD (silence_is_certain_after_the_standards_time);
    ADD (timeout_settings_win_over_the_line);
    ADD (late_answers_are_learned_and_never_mixed_up);
    ADD (a_meter_that_ignores_the_frame_count_ends_in_part);
    ADD (wrong_checksum_is_asked_again_then_an_error);
    ADD (erratic_meter_never_hangs_and_is_read_now_and_then);
    ADD (two_meters_on_one_address_are_a_protocol_error);
    ADD (application_error_is_a_refusal_in_words);
    ADD (answer_of_another_address_is_refused);
    ADD (a_probe_tells_who_answers);
    ADD (fixed_data_are_read);
    ADD (echo_is_swallowed_when_the_line_knows_of_it);
    ADD (the_calls_deadline_is_kept);
    ADD (addresses_that_make_no_sense_are_refused_in_words);
    ADD (recorded_turns_are_followed_byte_for_byte);
    ADD (recorded_meters_of_the_corpus_are_read);
    return g_test_run ();
}
