/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-sim-mbus.c: the simulated segment behaves as EN 13757-2 and -7 say, byte by byte. */
#include "sim-mbus.h"

#include <string.h>

typedef struct {
    SimBus *bus;
    SimBusOptions options;
    gint64 now_us;
} Fixture;

static void fixture_init (Fixture *f, gboolean fast)
{
    sim_bus_options_init (&f->options);
    f->options.fast = fast;
    f->bus = NULL;
    f->now_us = 1000;
}

static void fixture_add (Fixture *f, const char *text)
{
    g_autoptr (GError) error = NULL;
    SimMeterOptions meter;

    if (f->bus == NULL)
        f->bus = sim_bus_new (&f->options);
    sim_meter_options_init (&meter);
    g_assert_true (sim_meter_options_parse (&meter, text, &error));
    g_assert_no_error (error);
    sim_bus_add_meter (f->bus, &meter);
    sim_meter_options_clear (&meter);
}

static void fixture_clear (Fixture *f)
{
    g_clear_pointer (&f->bus, sim_bus_free);
}

/* all that comes back, as hex without blanks */
static char *ask_bytes (Fixture *f, const guint8 *bytes, gsize len)
{
    g_autoptr (GByteArray) answer = g_byte_array_new ();
    GString *hex = g_string_new (NULL);
    gint64 when_us;

    f->now_us += 1000000;
    sim_bus_write (f->bus, f->now_us, bytes, len);
    while (sim_bus_next (f->bus, &when_us, answer))
        g_assert_cmpint (when_us, >=, f->now_us);
    for (guint i = 0; i < answer->len; i++)
        g_string_append_printf (hex, "%02X", answer->data[i]);
    return g_string_free (hex, FALSE);
}

static char *ask_short (Fixture *f, guint8 c, guint8 a)
{
    const guint8 frame[] = { 0x10, c, a, (guint8) (c + a), 0x16 };

    return ask_bytes (f, frame, sizeof frame);
}

static char *ask_hex (Fixture *f, const char *hex)
{
    guint8 bytes[300];
    gsize len = strlen (hex) / 2;

    for (gsize i = 0; i < len; i++)
        bytes[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
    return ask_bytes (f, bytes, len);
}

#define assert_answer(f, expr, expected)                                                                               \
    do {                                                                                                               \
        g_autofree char *got_ = (expr);                                                                                \
        g_assert_cmpstr (got_, ==, (expected));                                                                        \
    } while (0)

static void reset_is_acknowledged_by_the_addressed_meter_only (void)
{
    Fixture f;

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=5");
    assert_answer (&f, ask_short (&f, 0x40, 5), "E5");
    assert_answer (&f, ask_short (&f, 0x40, 6), "");
    assert_answer (&f, ask_short (&f, 0x40, 254), "E5");
    assert_answer (&f, ask_short (&f, 0x40, 255), "");
    assert_answer (&f, ask_short (&f, 0x40, 253), "");
    fixture_clear (&f);
}

static void answer_is_the_telegram_of_the_norm (void)
{
    Fixture f;

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=5 id=12345678 manufacturer=KAM version=8 medium=7 values=1 start=1234 status=4");
    /* 72, ID 12345678 LSB first, KAM 2C2D, version 8, water, access 1, status 4; 0C 13 34 12 00 00 */
    assert_answer (&f, ask_short (&f, 0x7B, 5),
                   "6815156808057278563412"
                   "2D2C0807010400000C1334120000"
                   "6516");
    fixture_clear (&f);
}

static void same_frame_count_repeats_byte_for_byte (void)
{
    g_autofree char *first = NULL;
    g_autofree char *again = NULL;
    g_autofree char *next = NULL;
    Fixture f;

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=5");
    first = ask_short (&f, 0x7B, 5);
    again = ask_short (&f, 0x7B, 5);
    next = ask_short (&f, 0x5B, 5);
    g_assert_cmpstr (first, ==, again);
    g_assert_cmpstr (first, !=, next);
    g_assert_cmpuint (strlen (first), ==, strlen (next));
    fixture_clear (&f);
}

static void pages_follow_the_frame_count_and_reset_starts_again (void)
{
    g_autofree char *one = NULL;
    g_autofree char *two = NULL;
    g_autofree char *three = NULL;
    g_autofree char *again = NULL;
    Fixture f;

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=5 values=9 pages=3 step=0 medium=2");
    one = ask_short (&f, 0x7B, 5);
    two = ask_short (&f, 0x5B, 5);
    three = ask_short (&f, 0x7B, 5);
    g_assert_true (strstr (one, "1F") != NULL && g_str_equal (one + strlen (one) - 6, "1F") == FALSE);
    g_assert_cmpint (strncmp (one + strlen (one) - 6, "1F", 2), ==, 0);
    g_assert_cmpint (strncmp (two + strlen (two) - 6, "1F", 2), ==, 0);
    g_assert_cmpint (strncmp (three + strlen (three) - 6, "1F", 2), !=, 0);
    assert_answer (&f, ask_short (&f, 0x40, 5), "E5");
    again = ask_short (&f, 0x7B, 5);
    /* the same page; access number and checksum differ */
    g_assert_cmpint (strncmp (one, again, 30), ==, 0);
    g_assert_cmpuint (strlen (one), ==, strlen (again));
    fixture_clear (&f);
}

static void selection_needs_every_digit_to_match (void)
{
    Fixture f;

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=none id=1234567A manufacturer=KAM version=8 medium=7 values=1");
    /* another identification, then the right one, then wildcards; EN 13757-7 examples of checksum */
    assert_answer (&f, ask_hex (&f, "680B0B6853FD5279563412FFFFFFFFB316"), "");
    assert_answer (&f, ask_short (&f, 0x7B, 253), "");
    assert_answer (&f, ask_hex (&f, "680B0B6853FD52FFFFFFFFFFFFFFFF9A16"), "E5");
    g_autofree char *first = ask_short (&f, 0x7B, 253);
    g_assert_cmpint (strncmp (first, "6815156808FD727A563412", 22), ==, 0);
    assert_answer (&f, ask_short (&f, 0x40, 253), "E5");
    assert_answer (&f, ask_short (&f, 0x7B, 253), "");
    fixture_clear (&f);
}

static void enhanced_selection_tells_equal_meters_apart (void)
{
    Fixture f;

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=none id=12345678");
    /* all, and fabrication number 12345678; then 22345678; then to a meter that does not know of it */
    assert_answer (&f, ask_hex (&f, "6811116853FD52FFFFFFFFFFFFFFFF0C78785634123216"), "E5");
    assert_answer (&f, ask_hex (&f, "6811116853FD52FFFFFFFFFFFFFFFF0C78785634224216"), "");
    assert_answer (&f, ask_short (&f, 0x7B, 253), "");
    fixture_clear (&f);

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=none id=12345678 enhanced=0");
    assert_answer (&f, ask_hex (&f, "6811116853FD52FFFFFFFFFFFFFFFF0C78785634123216"), "");
    fixture_clear (&f);
}

static void two_meters_collide (void)
{
    Fixture f;

    fixture_init (&f, TRUE);
    f.options.clean_ack_percent = 100;
    fixture_add (&f, "address=5 id=11111111");
    fixture_add (&f, "address=5 id=22222222");
    assert_answer (&f, ask_short (&f, 0x40, 5), "E5");
    g_autofree char *seen = ask_short (&f, 0x7B, 5);
    g_assert_cmpuint (strlen (seen), >, 0);
    /* a wrong checksum, or no frame at all: the second answer starts some bits late */
    g_assert_cmpint (strncmp (seen, "68", 2) == 0 && strlen (seen) == 2u * 0x3D, ==, FALSE);
    fixture_clear (&f);

    fixture_init (&f, TRUE);
    f.options.clean_ack_percent = 0;
    fixture_add (&f, "address=5");
    fixture_add (&f, "address=5");
    g_autofree char *garbage = ask_short (&f, 0x40, 5);
    g_assert_cmpstr (garbage, !=, "E5");
    g_assert_cmpstr (garbage, !=, "");
    fixture_clear (&f);
}

static void half_of_the_collided_acknowledgements_are_clean (void)
{
    guint clean = 0;
    Fixture f;

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=5");
    fixture_add (&f, "address=5");
    for (guint i = 0; i < 400; i++) {
        g_autofree char *seen = ask_short (&f, 0x40, 5);
        clean += g_str_equal (seen, "E5");
    }
    g_assert_cmpuint (clean, >, 150);
    g_assert_cmpuint (clean, <, 250);
    fixture_clear (&f);
}

static void bytes_take_their_time_on_the_wire (void)
{
    const guint8 request[] = { 0x10, 0x40, 0x05, 0x45, 0x16 };
    g_autoptr (GByteArray) answer = g_byte_array_new ();
    gint64 when_us = 0;
    Fixture f;

    fixture_init (&f, FALSE);
    fixture_add (&f, "address=5 delay=400");
    g_assert_cmpint (sim_bus_get_byte_us (f.bus), ==, 4583);
    sim_bus_write (f.bus, 50000, request, sizeof request);
    g_assert_true (sim_bus_next (f.bus, &when_us, answer));
    g_assert_cmpuint (answer->len, ==, 1);
    /* 24 bit times, the meter's own 400 ms, then 11 bits */
    g_assert_cmpint (when_us, ==, 50000 + 24 * 416 + 400000 + 4583);
    g_assert_false (sim_bus_next (f.bus, &when_us, answer));
    fixture_clear (&f);
}

static void bad_frames_get_no_answer (void)
{
    Fixture f;

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=5");
    assert_answer (&f, ask_hex (&f, "1040054616"), "");
    assert_answer (&f, ask_hex (&f, "1040054500"), "");
    assert_answer (&f, ask_hex (&f, "680B0C6853FD52FFFFFFFFFFFFFFFF9A16"), "");
    assert_answer (&f, ask_hex (&f, "00FF1040054516"), "E5");
    fixture_clear (&f);
}

static void a_meter_hears_its_own_speed_only_and_can_change_it (void)
{
    Fixture f;

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=5 baud=2400");
    sim_bus_set_baud (f.bus, 9600);
    assert_answer (&f, ask_short (&f, 0x40, 5), "");
    sim_bus_set_baud (f.bus, 2400);
    assert_answer (&f, ask_hex (&f, "680303685305BD1516"), "E5");
    assert_answer (&f, ask_short (&f, 0x40, 5), "");
    sim_bus_set_baud (f.bus, 9600);
    assert_answer (&f, ask_short (&f, 0x40, 5), "E5");
    fixture_clear (&f);
}

static void primary_address_can_be_set (void)
{
    Fixture f;

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=0");
    assert_answer (&f, ask_hex (&f, "6806066853FE51017A082516"), "E5");
    assert_answer (&f, ask_short (&f, 0x40, 8), "E5");
    assert_answer (&f, ask_short (&f, 0x40, 0), "");
    fixture_clear (&f);
}

static void fixed_data_has_two_counters (void)
{
    Fixture f;

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=5 id=12345678 medium=7 fixed=1 start=35");
    assert_answer (&f, ask_short (&f, 0x7B, 5), "68131368080573785634120100E97E35000000170000004816");
    fixture_clear (&f);
}

static void spoiled_answers_are_told_and_a_repeat_is_not_counted_twice (void)
{
    Fixture f;
    guint garbled = 0;

    fixture_init (&f, TRUE);
    fixture_add (&f, "address=5 checksum=50 silent=20 cut=10 babble=5 values=1");
    for (guint i = 0; i < 200; i++) {
        g_autofree char *seen = ask_short (&f, 0x7B, 5);
        garbled += strlen (seen) != 2 * 27 || strncmp (seen, "681515680805", 12) != 0;
    }
    g_assert_cmpuint (garbled, >, 30);
    g_assert_cmpuint (garbled, <, 140);
    fixture_clear (&f);
}

static void recorded_file_is_played_with_its_own_address (void)
{
    g_autoptr (SimRecorded) recorded = sim_recorded_parse (
        "a.hex", "# made by hand\n68 13 13 68 08 05 73 78 56 34 12 0A 00 E9 7E 01 00 00 00 35 01 00 00 3C 16\n", 9);
    Fixture f;

    g_assert_cmpstr (recorded->refused, ==, NULL);
    g_assert_cmpuint (recorded->options.medium, ==, 7);
    fixture_init (&f, TRUE);
    f.bus = sim_bus_new (&f.options);
    sim_bus_add_recorded (f.bus, &recorded->options, (GBytes *const *) recorded->pages->pdata, recorded->pages->len);
    assert_answer (&f, ask_short (&f, 0x40, 9), "E5");
    assert_answer (&f, ask_short (&f, 0x7B, 9), "68131368080973785634120A00E97E01000000350100004016");
    assert_answer (&f, ask_short (&f, 0x7B, 9), "68131368080973785634120A00E97E01000000350100004016");
    assert_answer (&f, ask_short (&f, 0x5B, 9), "E5");
    assert_answer (&f, ask_short (&f, 0x5B, 9), "E5");
    assert_answer (&f, ask_short (&f, 0x7B, 9), "68131368080973785634120A00E97E01000000350100004016");
    fixture_clear (&f);
}

static void recorded_file_that_is_no_answer_is_refused_in_words (void)
{
    static const struct {
        const char *text, *word;
    } cases[] = {
        { "6804046808017008811 6", NULL },
        { "68040468080170088116", "application error" },
        { "680B0B6873FD52FFFFFFFFFFFFFFFFBA16", "control field 73" },
        { "68131368080573785634120A00E97E01000000350100003D16", "checksum" },
        { "1040054516", "no long frame" },
        { "/ISK5", "not hexadecimal" },
        { "# nothing\n\n", "no telegram" },
        { "680F0F6808FD728877665593445508000410057E16", "encrypted (mode 5)" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (SimRecorded) recorded = sim_recorded_parse ("a.hex", cases[i].text, 1);

        g_assert_nonnull (recorded->refused);
        if (cases[i].word != NULL && strstr (recorded->refused, cases[i].word) == NULL)
            g_error ("%s: got '%s', expected '%s'", cases[i].text, recorded->refused, cases[i].word);
    }
}

static void list_of_meters_is_the_gateways_import_form (void)
{
    SimMeterOptions meter;

    sim_meter_options_init (&meter);
    g_assert_true (sim_meter_options_parse (&meter, "address=5 id=12345678 manufacturer=KAM version=8 medium=7", NULL));
    g_autofree char *line = sim_meter_options_to_csv (&meter, "mbus1", "5s");
    g_assert_cmpstr (line, ==, "meter-5;mbus1;5;KAM-12345678-8-7;7;5s;all;");
    sim_meter_options_clear (&meter);
}

static void wrong_descriptions_are_refused_in_words (void)
{
    static const char *const texts[] = { "address=251", "id=123",     "manufacturer=kam",
                                         "colour=red",  "silent=101", "silent" };

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autoptr (GError) error = NULL;
        SimMeterOptions meter;

        sim_meter_options_init (&meter);
        g_assert_false (sim_meter_options_parse (&meter, texts[i], &error));
        g_assert_nonnull (strstr (error->message, "expected"));
        sim_meter_options_clear (&meter);
    }
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add_func ("/sim-mbus/" #name, name)
    ADD (reset_is_acknowledged_by_the_addressed_meter_only);
    ADD (answer_is_the_telegram_of_the_norm);
    ADD (same_frame_count_repeats_byte_for_byte);
    ADD (pages_follow_the_frame_count_and_reset_starts_again);
    ADD (selection_needs_every_digit_to_match);
    ADD (enhanced_selection_tells_equal_meters_apart);
    ADD (two_meters_collide);
    ADD (half_of_the_collided_acknowledgements_are_clean);
    ADD (bytes_take_their_time_on_the_wire);
    ADD (bad_frames_get_no_answer);
    ADD (a_meter_hears_its_own_speed_only_and_can_change_it);
    ADD (primary_address_can_be_set);
    ADD (fixed_data_has_two_counters);
    ADD (spoiled_answers_are_told_and_a_repeat_is_not_counted_twice);
    ADD (recorded_file_is_played_with_its_own_address);
    ADD (recorded_file_that_is_no_answer_is_refused_in_words);
    ADD (list_of_meters_is_the_gateways_import_form);
    ADD (wrong_descriptions_are_refused_in_words);
    return g_test_run ();
}
