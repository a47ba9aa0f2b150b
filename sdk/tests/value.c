/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value.c: tests of values and of the bounds-checked cursor: edges, text, time; exactness.py does the random part. */
#include <metergate.h>

#include <locale.h>
#include <string.h>

static void assert_decimal (MgValue v, gint64 number, gint exponent)
{
    g_assert_cmpint (v.type, ==, MG_VALUE_DECIMAL);
    g_assert_cmpint (v.v.number, ==, number);
    g_assert_cmpint (v.exponent, ==, exponent);
}

static void assert_unfit (MgValue v, const guint8 *bytes, gsize len)
{
    g_assert_cmpint (v.type, ==, MG_VALUE_BYTES);
    g_assert_cmpint (v.flags, ==, MG_VALUE_UNFIT);
    g_assert_true (v.v.data == bytes);
    g_assert_cmpuint (v.len, ==, len);
}

static void assert_printed (MgValue v, const char *want)
{
    char buf[400];
    gsize len = mg_value_print (v, '.', buf, sizeof buf);

    g_assert_cmpstr (buf, ==, want);
    g_assert_cmpuint (len, ==, strlen (want));
}

static void integers_come_in_every_order (void)
{
    const guint8 b[] = { 0x81, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08 };

    assert_decimal (mg_value_from_int (b, 1, MG_LE, 0), 0x81, 0);
    assert_decimal (mg_value_from_int (b, 1, MG_LE | MG_SIGNED, -3), -127, -3);
    assert_decimal (mg_value_from_int (b, 2, MG_LE, 0), 0x0281, 0);
    assert_decimal (mg_value_from_int (b, 3, MG_BE, 0), 0x810203, 0);
    assert_decimal (mg_value_from_int (b, 3, MG_BE | MG_SIGNED, 0), 0x810203 - 0x1000000, 0);
    assert_decimal (mg_value_from_int (b, 4, MG_BE | MG_SWAP16, 0), 0x03048102, 0);
    assert_decimal (mg_value_from_int (b, 4, MG_LE | MG_SWAP16, 0), 0x02810403, 0);
    assert_decimal (mg_value_from_int (b, 6, MG_LE, 0), G_GINT64_CONSTANT (0x060504030281), 0);
    assert_decimal (mg_value_from_int (b, 8, MG_LE, 0), G_GINT64_CONSTANT (0x0807060504030281), 0);
    assert_decimal (mg_value_from_int (b, 8, MG_BE | MG_SIGNED, 127), (gint64) G_GUINT64_CONSTANT (0x8102030405060708),
                    127);
}

static void an_integer_that_does_not_fit_stays_bytes (void)
{
    const guint8 b[16] = { 0x80, 0, 0, 0, 0, 0, 0, 0xff };

    assert_unfit (mg_value_from_int (b, 8, MG_BE, 0), b, 8);
    assert_unfit (mg_value_from_int (b, 8, MG_LE, 0), b, 8);
    assert_unfit (mg_value_from_int (b, 0, MG_LE, 0), b, 0);
    assert_unfit (mg_value_from_int (b, 9, MG_LE, 0), b, 9);
    assert_unfit (mg_value_from_int (b, 3, MG_LE | MG_SWAP16, 0), b, 3);
    assert_unfit (mg_value_from_int (b, 1, MG_LE, 128), b, 1);
    assert_unfit (mg_value_from_int (b, 1, MG_LE, -129), b, 1);
    assert_decimal (mg_value_from_int (b, 8, MG_BE | MG_SIGNED, 0), G_MININT64 + 0xff, 0);
}

static void bcd_knows_minus_and_refuses_other_letters (void)
{
    const guint8 plain[] = { 0x78, 0x56, 0x34, 0x12 }, minus[] = { 0x23, 0xf1 }, letter[] = { 0x2a, 0x01 },
                 inner[] = { 0xf2, 0x01 };
    const guint8 nought[] = { 0x00, 0xf0 }, nine[9] = { 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99 };
    const guint8 most[10] = { 0x07, 0x58, 0x77, 0x54, 0x68, 0x03, 0x72, 0x33, 0x92, 0xf0 };

    assert_decimal (mg_value_from_bcd (plain, 4, MG_LE, -2), 12345678, -2);
    assert_decimal (mg_value_from_bcd (plain, 4, MG_BE, 0), 78563412, 0);
    assert_decimal (mg_value_from_bcd (plain, 4, MG_LE | MG_SWAP16, 0), 56781234, 0);
    assert_decimal (mg_value_from_bcd (minus, 2, MG_LE, 0), -123, 0);
    assert_decimal (mg_value_from_bcd (nought, 2, MG_LE, 0), 0, 0);
    assert_unfit (mg_value_from_bcd (letter, 2, MG_LE, 0), letter, 2);
    assert_unfit (mg_value_from_bcd (inner, 2, MG_LE, 0), inner, 2);
    assert_unfit (mg_value_from_bcd (plain, 0, MG_LE, 0), plain, 0);
    assert_decimal (mg_value_from_bcd (nine, 9, MG_LE, 0), G_GINT64_CONSTANT (999999999999999999), 0);
    assert_decimal (mg_value_from_bcd (most, 10, MG_LE, 0), -G_GINT64_CONSTANT (923372036854775807), 0);
}

static void bcd_of_more_than_64_bits_stays_bytes (void)
{
    guint8 b[10] = { 0x07, 0x58, 0x77, 0x54, 0x68, 0x03, 0x72, 0x33, 0x22, 0x09 };

    assert_decimal (mg_value_from_bcd (b, 10, MG_LE, 0), G_GINT64_CONSTANT (9223372036854775807), 0);
    b[0] = 0x08;
    assert_unfit (mg_value_from_bcd (b, 10, MG_LE, 0), b, 10);
}

static void floats_become_the_shortest_decimal (void)
{
    const guint8 tenth[] = { 0xcd, 0xcc, 0xcc, 0x3d }, nan[] = { 0, 0, 0xc0, 0x7f }, minus_zero[] = { 0, 0, 0, 0x80 };
    const guint8 third[] = { 0x3f, 0xd5, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 }, inf[] = { 0x7f, 0xf0, 0, 0, 0, 0, 0, 0 };
    const guint8 tiny[] = { 0, 0, 0, 0, 0, 0, 0, 1 };
    MgValue v = mg_value_from_ieee (tenth, 4, MG_LE, 3);

    assert_decimal (v, 1, 2);
    g_assert_cmpint (v.flags, ==, MG_VALUE_WAS_FLOAT);
    assert_decimal (mg_value_from_ieee (third, 8, MG_BE, 0), G_GINT64_CONSTANT (3333333333333333), -16);
    assert_decimal (mg_value_from_ieee (minus_zero, 4, MG_LE, -3), 0, -3);
    assert_unfit (mg_value_from_ieee (nan, 4, MG_LE, 0), nan, 4);
    assert_unfit (mg_value_from_ieee (inf, 8, MG_BE, 0), inf, 8);
    assert_unfit (mg_value_from_ieee (tiny, 8, MG_BE, 0), tiny, 8); /* 5e-324 */
    assert_unfit (mg_value_from_ieee (tenth, 3, MG_LE, 0), tenth, 3);
    assert_unfit (mg_value_from_ieee (tenth, 4, MG_LE, G_MAXINT), tenth, 4);
}

/* A locale with a decimal comma: one that is installed, or else one compiled into a scratch folder. */
static gboolean use_decimal_comma (void)
{
    g_autofree char *folder = NULL, *target = NULL;
    const char *argv[] = { "localedef", "--no-archive", "-i", "de_DE", "-f", "UTF-8", NULL, NULL };

    if (setlocale (LC_ALL, "de_DE.UTF-8") != NULL || setlocale (LC_ALL, "fr_FR.UTF-8") != NULL)
        return TRUE;
    folder = g_dir_make_tmp ("metergate-locale-XXXXXX", NULL);
    if (folder == NULL)
        return FALSE;
    argv[6] = target = g_build_filename (folder, "de_DE.UTF-8", NULL);
    g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                  NULL, NULL);
    g_setenv ("LOCPATH", folder, TRUE);
    gboolean found = setlocale (LC_ALL, "de_DE.UTF-8") != NULL;
    const char *rm[] = { "rm", "-r", folder, NULL };
    g_spawn_sync (NULL, (char **) rm, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
    return found;
}

static void numbers_read_and_print_alike_in_every_locale (void)
{
    const guint8 third[] = { 0x3e, 0xaa, 0xaa, 0xab };
    MgValue v;
    guint8 back[4];

    if (!use_decimal_comma ()) {
        g_test_skip ("no locale with a decimal comma is installed, and none could be compiled (locales)");
        return;
    }
    g_assert_cmpstr (localeconv ()->decimal_point, ==, ",");
    v = mg_value_from_ieee (third, 4, MG_BE, 0);
    assert_decimal (v, 33333334, -8);
    assert_printed (v, "0.33333334");
    g_assert_true (mg_value_to_ieee (v, back, 4, MG_BE));
    g_assert_cmpmem (back, 4, third, 4);
    g_assert_true (mg_value_parse ("1.5", -1, &v, NULL));
    assert_decimal (v, 15, -1);
    setlocale (LC_ALL, "C");
}

static void printing_never_uses_an_exponent (void)
{
    char want[300];

    assert_printed (mg_value_decimal (0, 0), "0");
    assert_printed (mg_value_decimal (0, 5), "0");
    assert_printed (mg_value_decimal (0, -3), "0.000");
    assert_printed (mg_value_decimal (5, -3), "0.005");
    assert_printed (mg_value_decimal (-5, -1), "-0.5");
    assert_printed (mg_value_decimal (123, -3), "0.123");
    assert_printed (mg_value_decimal (1234, -3), "1.234");
    assert_printed (mg_value_decimal (37351, 3), "37351000");
    assert_printed (mg_value_decimal (G_MININT64, 0), "-9223372036854775808");
    assert_printed (mg_value_decimal (G_MININT64, -19), "-0.9223372036854775808");
    assert_printed (mg_value_decimal (G_MAXINT64, -1), "922337203685477580.7");
    memset (want, '0', sizeof want);
    memcpy (want, "-9223372036854775808", 20);
    want[20 + 127] = '\0';
    assert_printed (mg_value_decimal (G_MININT64, 127), want);
    memset (want, '0', sizeof want);
    want[1] = '.';
    want[2 + 127] = '7';
    want[2 + 128] = '\0';
    assert_printed (mg_value_decimal (7, -128), want);
}

static void printing_cuts_like_snprintf (void)
{
    char buf[8] = "xxxxxxx";

    g_assert_cmpuint (mg_value_print (mg_value_decimal (123456789, -3), ',', buf, 8), ==, 10);
    g_assert_cmpstr (buf, ==, "123456,");
    g_assert_cmpuint (mg_value_print (mg_value_decimal (12, 0), '.', buf, 2), ==, 2);
    g_assert_cmpstr (buf, ==, "1");
    g_assert_cmpuint (mg_value_print (mg_value_decimal (12, 0), '.', buf, 1), ==, 2);
    g_assert_cmpstr (buf, ==, "");
    g_assert_cmpuint (mg_value_print (mg_value_decimal (12, 0), '.', NULL, 0), ==, 2);
    g_assert_cmpuint (mg_value_print (mg_value_bytes ((const guint8 *) "\x0a\xff", 2), '.', buf, 4), ==, 4);
    g_assert_cmpstr (buf, ==, "0AF");
    g_assert_cmpuint (mg_value_print ((MgValue){ 0 }, '.', buf, 4), ==, 0);
    g_assert_cmpstr (buf, ==, "");
    assert_printed (mg_value_text ("abc", 2), "ab");
}

static void times_print_as_iso_8601 (void)
{
    assert_printed (mg_value_time (2014, 3, 13, 11, 11, 0, MG_TIME_NO_SECONDS), "2014-03-13T11:11");
    assert_printed (mg_value_time (2014, 3, 13, 11, 11, 9, 0), "2014-03-13T11:11:09");
    assert_printed (mg_value_time (2014, 3, 13, 11, 11, 9, MG_TIME_DATE_ONLY), "2014-03-13");
    assert_printed (mg_value_time (2024, 2, 29, 23, 59, 59, MG_TIME_UTC), "2024-02-29T23:59:59Z");
    assert_printed (mg_value_time (1, 1, 1, 0, 0, 0, 0), "0001-01-01T00:00:00");
    assert_printed (mg_value_time (9999, 12, 31, 23, 59, 59, 0), "9999-12-31T23:59:59");
    assert_printed (mg_value_time (1969, 12, 31, 23, 59, 59, 0), "1969-12-31T23:59:59");
    assert_printed (mg_value_time (2026, 12, 31, 24, 0, 0, 0), "2027-01-01T00:00:00");
    g_assert_cmpint (mg_value_time (1970, 1, 1, 0, 0, 0, 0).v.number, ==, 0);
    g_assert_cmpint (mg_value_time (2000, 3, 1, 0, 0, 0, 0).v.number, ==, 951868800);
}

static void a_time_that_does_not_exist_is_invalid (void)
{
    static const gint wrong[][6] = {
        { 2023, 2, 29, 0, 0, 0 }, { 2023, 13, 1, 0, 0, 0 }, { 2023, 0, 1, 0, 0, 0 },  { 2023, 1, 0, 0, 0, 0 },
        { 2023, 1, 32, 0, 0, 0 }, { 2023, 1, 1, 24, 1, 0 }, { 2023, 1, 1, 25, 0, 0 }, { 2023, 1, 1, -1, 0, 0 },
        { 2023, 1, 1, 0, 60, 0 }, { 2023, 1, 1, 0, 0, 60 }, { 0, 1, 1, 0, 0, 0 },     { 10000, 1, 1, 0, 0, 0 },
        { 1900, 2, 29, 0, 0, 0 }, { 2023, 4, 31, 0, 0, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
        const gint *w = wrong[i];
        MgValue v = mg_value_time (w[0], w[1], w[2], w[3], w[4], w[5], MG_TIME_SUMMER);

        g_assert_cmpint (v.type, ==, MG_VALUE_TIME);
        g_assert_cmpint (v.flags, ==, MG_TIME_SUMMER | MG_TIME_INVALID);
        assert_printed (v, "");
    }
    assert_printed (mg_value_time (2000, 2, 29, 0, 0, 0, MG_TIME_INVALID),
                    "2000-02-29T00:00:00"); /* the meter says so itself */
}

static void every_day_of_four_centuries_reads_back (void)
{
    GDate date;
    char buf[32], want[32];

    g_date_set_dmy (&date, 1, G_DATE_JANUARY, 1700);
    for (guint i = 0; i < 146097; i += 3, g_date_add_days (&date, 3)) {
        MgValue v = mg_value_time (g_date_get_year (&date), (gint) g_date_get_month (&date), g_date_get_day (&date), 12,
                                   0, 0, MG_TIME_DATE_ONLY);

        g_assert_cmpint (v.v.number, ==, ((gint64) g_date_get_julian (&date) - 719163) * 86400);
        mg_value_print (v, '.', buf, sizeof buf);
        g_snprintf (want, sizeof want, "%04d-%02d-%02d", g_date_get_year (&date), (gint) g_date_get_month (&date),
                    g_date_get_day (&date));
        g_assert_cmpstr (buf, ==, want);
    }
}

static void parsing_keeps_what_was_written (void)
{
    static const struct {
        const char *text;
        gint64 number;
        gint exponent;
    } rows[] = {
        { "0012345.678", 12345678, -3 },
        { "-1", -1, 0 },
        { "+1.50", 150, -2 },
        { ".5", 5, -1 },
        { "5.", 5, 0 },
        { "0", 0, 0 },
        { "-0.00", 0, -2 },
        { "-9223372036854775808", G_MININT64, 0 },
        { "9223372036854775807", G_MAXINT64, 0 },
        { "9223372036854775807.000", G_MAXINT64, 0 },
        { "0.9223372036854775807", G_MAXINT64, -19 },
        { "10000000000000000000", 1000000000000000000, 1 },
    };
    MgValue v;

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_assert_true (mg_value_parse (rows[i].text, -1, &v, NULL));
        assert_decimal (v, rows[i].number, rows[i].exponent);
    }
    g_assert_true (mg_value_parse ("12345", 3, &v, NULL));
    assert_decimal (v, 123, 0);
}

static void what_is_no_number_is_refused_in_words (void)
{
    static const char *const wrong[] = { "",   "-",    ".",   "1.2.3", "1,5", "1e3", " 1",
                                         "1 ", "0x10", "--1", "nan",   "+-1", "\xff" };
    GError *error = NULL;
    MgValue v = mg_value_decimal (77, 0);

    for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_assert_false (mg_value_parse (wrong[i], -1, &v, &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_PROTOCOL);
        g_assert_true (g_utf8_validate (error->message, -1, NULL));
        g_clear_error (&error);
    }
    g_assert_false (mg_value_parse ("9223372036854775808", -1, &v, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_RANGE);
    g_assert_nonnull (strstr (error->message, "9223372036854775808"));
    g_clear_error (&error);
    g_assert_false (mg_value_parse ("0.9223372036854775809", -1, &v, NULL));
    assert_decimal (v, 77, 0);
}

static void sums_reach_over_all_exponents (void)
{
    MgValue out;
    GError *error = NULL;

    g_assert_true (mg_value_add (mg_value_decimal (1, 127), mg_value_decimal (0, -128), &out, NULL));
    g_assert_cmpint (mg_value_compare (out, mg_value_decimal (1, 127)), ==, 0);
    g_assert_true (mg_value_add (mg_value_decimal (0, 127), mg_value_decimal (5, -128), &out, NULL));
    assert_decimal (out, 5, -128);
    g_assert_false (mg_value_add (mg_value_decimal (1, 127), mg_value_decimal (1, -128), &out, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_RANGE);
    g_clear_error (&error);
    g_assert_true (mg_value_subtract (mg_value_decimal (G_MININT64, 0), mg_value_decimal (G_MININT64, 0), &out, NULL));
    assert_decimal (out, 0, 0);
    g_assert_false (mg_value_subtract (mg_value_decimal (1, 0), mg_value_decimal (G_MININT64, 0), &out, NULL));
    g_assert_true (mg_value_subtract (mg_value_decimal (0, 0), mg_value_decimal (G_MININT64 + 8, 0), &out, NULL));
    assert_decimal (out, G_GINT64_CONSTANT (9223372036854775800), 0);
    g_assert_true (mg_value_add (mg_value_decimal (1, 19),
                                 mg_value_decimal (-G_GINT64_CONSTANT (9199999999999999999), 0), &out, NULL));
    assert_decimal (out, G_GINT64_CONSTANT (800000000000000001), 0);
    g_assert_false (mg_value_add (mg_value_decimal (1, 0), mg_value_text ("1", 1), &out, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_RANGE);
    g_clear_error (&error);
}

static void products_and_scales_are_exact_or_refused (void)
{
    MgValue out;

    g_assert_false (mg_value_multiply (mg_value_decimal (G_MININT64, 0), mg_value_decimal (-1, 0), &out, NULL));
    g_assert_true (mg_value_multiply (mg_value_decimal (G_MININT64, 0), mg_value_decimal (10, 0), &out, NULL));
    assert_decimal (out, G_MININT64, 1);
    g_assert_false (mg_value_multiply (mg_value_decimal (2, 100), mg_value_decimal (3, 100), &out, NULL));
    g_assert_true (mg_value_multiply (mg_value_decimal (2, 100), mg_value_decimal (3, 28), &out, NULL));
    assert_decimal (out, 60, 127);
    g_assert_true (mg_value_multiply (mg_value_decimal (20, -100), mg_value_decimal (30, -30), &out, NULL));
    assert_decimal (out, 6, -128);
    g_assert_true (mg_value_rescale (mg_value_decimal (G_MININT64, 1), 1, &out, NULL));
    g_assert_false (mg_value_rescale (mg_value_decimal (G_MININT64, 1), 0, &out, NULL));
    g_assert_true (mg_value_rescale (mg_value_decimal (0, 127), -128, &out, NULL));
    assert_decimal (out, 0, -128);
    g_assert_false (mg_value_rescale (mg_value_decimal (0, 0), 128, &out, NULL));
    g_assert_false (mg_value_rescale (mg_value_decimal (15, -1), 0, &out, NULL));
    g_assert_true (mg_value_rescale (mg_value_decimal (150, -1), 0, &out, NULL));
    assert_decimal (out, 15, 0);
}

static void values_compare_whatever_their_exponents (void)
{
    static const struct {
        gint64 a;
        gint ea;
        gint64 b;
        gint eb, want;
    } rows[] = {
        { 1, 0, 10, -1, 0 },
        { 1, 127, G_MAXINT64, -128, 1 },
        { -1, 127, G_MININT64, -128, -1 },
        { 0, 127, 0, -128, 0 },
        { 0, 127, 1, -128, -1 },
        { 0, -5, -1, 100, 1 },
        { G_MININT64, 0, G_MAXINT64, 0, -1 },
        { G_MININT64, 1, -1, 19, -1 },
        { 1, 18, 1000000000000000000, 0, 0 },
        { G_MAXINT64, 0, 922337203685477580, 1, 1 },
        { 1, 19, G_MAXINT64, 0, 1 },
        { -1, 19, G_MININT64, 0, -1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        MgValue a = mg_value_decimal (rows[i].a, rows[i].ea), b = mg_value_decimal (rows[i].b, rows[i].eb);

        g_assert_cmpint (mg_value_compare (a, b), ==, rows[i].want);
        g_assert_cmpint (mg_value_compare (b, a), ==, -rows[i].want);
    }
    g_assert_cmpint (mg_value_compare (mg_value_text ("ab", 2), mg_value_text ("abc", 3)), ==, -1);
    g_assert_cmpint (mg_value_compare (mg_value_text ("b", 1), mg_value_text ("abc", 3)), ==, 1);
    g_assert_cmpint (mg_value_compare ((MgValue){ 0 }, (MgValue){ 0 }), ==, 0);
}

static void integers_go_out_in_every_order_or_are_refused (void)
{
    guint8 b[8];
    GError *error = NULL;

    g_assert_true (mg_value_to_int (mg_value_decimal (-2, 0), 0, b, 2, MG_BE | MG_SIGNED, NULL));
    g_assert_cmpmem (b, 2, "\xff\xfe", 2);
    g_assert_true (mg_value_to_int (mg_value_decimal (0x01020304, 0), 0, b, 4, MG_BE | MG_SWAP16, NULL));
    g_assert_cmpmem (b, 4, "\x03\x04\x01\x02", 4);
    g_assert_true (mg_value_to_int (mg_value_decimal (G_MININT64, 0), 0, b, 8, MG_BE | MG_SIGNED, NULL));
    g_assert_cmpmem (b, 8, "\x80\0\0\0\0\0\0\0", 8);
    g_assert_false (mg_value_to_int (mg_value_decimal (-1, 0), 0, b, 8, MG_BE, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_RANGE);
    g_clear_error (&error);
    g_assert_false (mg_value_to_int (mg_value_decimal (256, 0), 0, b, 1, MG_BE, NULL));
    g_assert_false (mg_value_to_int (mg_value_decimal (128, 0), 0, b, 1, MG_SIGNED, NULL));
    g_assert_true (mg_value_to_int (mg_value_decimal (-128, 0), 0, b, 1, MG_SIGNED, NULL));
    g_assert_false (mg_value_to_ieee (mg_value_decimal (1, 127), b, 4, MG_LE));
    g_assert_false (mg_value_to_ieee (mg_value_text ("1", 1), b, 4, MG_LE));
}

static void text_that_is_not_utf8_stays_bytes (void)
{
    const char bad[] = "a\xff", cut[] = "\xc3\xa4";

    assert_unfit (mg_value_text (bad, -1), (const guint8 *) bad, 2);
    assert_unfit (mg_value_text (cut, 1), (const guint8 *) cut, 1);
    g_assert_cmpint (mg_value_text (cut, -1).type, ==, MG_VALUE_TEXT);
    g_assert_cmpint (mg_value_text ("", -1).len, ==, 0);
}

static void an_exponent_beyond_a_byte_gives_no_number (void)
{
    g_assert_cmpint (mg_value_decimal (1, 128).type, ==, MG_VALUE_NONE);
    g_assert_cmpint (mg_value_decimal (1, -129).type, ==, MG_VALUE_NONE);
    assert_decimal (mg_value_decimal (1, -128), 1, -128);
}

static void a_cursor_stops_at_the_end_and_stays_failed (void)
{
    const guint8 b[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    MgCursor c = MG_CURSOR (b, sizeof b);

    g_assert_cmpuint (mg_cursor_le (&c, 2), ==, 0x0201);
    g_assert_cmpuint (mg_cursor_be (&c, 3), ==, 0x030405);
    g_assert_true (mg_cursor_take (&c, 1) == b + 5);
    g_assert_cmpuint (mg_cursor_left (&c), ==, 3);
    g_assert_cmpuint (mg_cursor_le (&c, 4), ==, 0);
    g_assert_true (c.failed);
    g_assert_cmpuint (mg_cursor_left (&c), ==, 0);
    g_assert_cmpuint (mg_cursor_le (&c, 1), ==, 0);
    g_assert_null (mg_cursor_take (&c, 0));
    c = (MgCursor) MG_CURSOR (b, 8);
    g_assert_cmpuint (mg_cursor_be (&c, 8), ==, G_GUINT64_CONSTANT (0x0102030405060708));
    g_assert_null (mg_cursor_take (&c, G_MAXSIZE));
    c = (MgCursor) MG_CURSOR (b, 0);
    g_assert_nonnull (mg_cursor_take (&c, 0));
    g_assert_false (c.failed);
    g_assert_cmpuint (mg_cursor_be (&c, 1), ==, 0);
    g_assert_true (c.failed);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add_func ("/value/" #name, name)
    ADD (integers_come_in_every_order);
    ADD (an_integer_that_does_not_fit_stays_bytes);
    ADD (bcd_knows_minus_and_refuses_other_letters);
    ADD (bcd_of_more_than_64_bits_stays_bytes);
    ADD (floats_become_the_shortest_decimal);
    ADD (numbers_read_and_print_alike_in_every_locale);
    ADD (printing_never_uses_an_exponent);
    ADD (printing_cuts_like_snprintf);
    ADD (times_print_as_iso_8601);
    ADD (a_time_that_does_not_exist_is_invalid);
    ADD (every_day_of_four_centuries_reads_back);
    ADD (parsing_keeps_what_was_written);
    ADD (what_is_no_number_is_refused_in_words);
    ADD (sums_reach_over_all_exponents);
    ADD (products_and_scales_are_exact_or_refused);
    ADD (values_compare_whatever_their_exponents);
    ADD (integers_go_out_in_every_order_or_are_refused);
    ADD (text_that_is_not_utf8_stays_bytes);
    ADD (an_exponent_beyond_a_byte_gives_no_number);
    ADD (a_cursor_stops_at_the_end_and_stays_failed);
    return g_test_run ();
}
