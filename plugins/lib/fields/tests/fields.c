/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fields.c: the texts of report fields: exact numbers against the library's own printer, scales, codes, repaired texts.
 */
#include <metergate.h>

#include "fields.h"

#include <string.h>

static void decimals_are_written_out_exactly (void)
{
    const gint64 numbers[] = { 0, 1, -1, 9, 10, 99, 100, -100, 123456789, G_MAXINT64, G_MININT64 };
    GRand *random = g_rand_new_with_seed (7);
    char ours[FIELD_MAX], theirs[FIELD_MAX];

    for (guint i = 0; i < 20000; i++) {
        gint64 number = i < G_N_ELEMENTS (numbers) * 100
                            ? numbers[i / 100]
                            : (gint64) ((guint64) g_rand_int (random) << 32 | g_rand_int (random)) >> (i % 60);
        gint exponent = (gint) (i % 100) - 50;
        MgValue value = mg_value_decimal (number, exponent);
        gsize len = field_scaled (value, 0, ',', ours);

        mg_value_print (value, ',', theirs, sizeof theirs);
        g_assert_cmpuint (len, ==, strlen (ours));
        g_assert_cmpstr (ours, ==, theirs);
    }
    g_rand_free (random);
}

static void the_widest_decimal_fits (void)
{
    char buf[FIELD_MAX];

    g_assert_cmpuint (field_scaled (mg_value_decimal (G_MININT64, -128), -3, '.', buf), ==, 1 + 2 + 131);
    g_assert_cmpuint (field_scaled (mg_value_decimal (G_MININT64, 127), 3, '.', buf), ==, 1 + 19 + 130);
}

static void integers_and_scales (void)
{
    struct {
        gint exponent;
        const char *text;
    } scales[] = { { 0, "1e+00" }, { -3, "1e-03" }, { 12, "1e+12" }, { -128, "1e-128" }, { 130, "1e+130" } };
    char buf[FIELD_MAX];

    for (guint i = 0; i < G_N_ELEMENTS (scales); i++) {
        buf[field_scale (scales[i].exponent, buf)] = '\0';
        g_assert_cmpstr (buf, ==, scales[i].text);
    }
    g_assert_cmpuint (field_int (G_MININT64, buf), ==, 20);
    g_assert_cmpstr (buf, ==, "-9223372036854775808");
    g_assert_cmpuint (field_int (0, buf), ==, 1);
    g_assert_cmpstr (buf, ==, "0");
}

static void obis_codes_are_whole_or_not_there (void)
{
    const MgObis energy = MG_OBIS (1, 0, 1, 8, 0, 255), none = { 0 }, widest = MG_OBIS (255, 254, 253, 252, 251, 250);
    char buf[FIELD_MAX];

    g_assert_cmpuint (field_obis (energy, buf), ==, 13);
    g_assert_cmpstr (buf, ==, "1-0:1.8.0*255");
    g_assert_cmpuint (field_obis (none, buf), ==, 0);
    g_assert_cmpuint (field_obis (widest, buf), ==, 23);
    g_assert_cmpstr (buf, ==, "255-254:253.252.251*250");
}

static void texts_are_clean_or_repaired (void)
{
    struct {
        const char *text;
        gboolean clean;
        const char *repaired;
    } cases[] = {
        { "plain\t\n\r", TRUE, "plain\t\n\r" },
        { "Z\xC3\xA4hler", TRUE, "Z\xC3\xA4hler" },
        { "21 \xC2\xB0\x43", FALSE, "21 \xC2\xB0\x43" }, /* looked at more closely, and left as it is */
        { "\xC2\x85", FALSE, "\xEF\xBF\xBD" },
        { "a\x01", FALSE, "a\xEF\xBF\xBD" },
        { "a\x7F", FALSE, "a\xEF\xBF\xBD" },
        { "a\xFF", FALSE, "a\xEF\xBF\xBD" },
        { "cut \xE2\x82", FALSE, "cut \xEF\xBF\xBD\xEF\xBF\xBD" },
        { "", TRUE, "" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *repaired = field_clean (cases[i].text, -1);
        g_assert_cmpint (field_is_clean (cases[i].text, strlen (cases[i].text)), ==, cases[i].clean);
        g_assert_cmpstr (repaired, ==, cases[i].repaired);
    }
}

/* Formats keep the distance of the exponents for the whole run. */
static void the_index_of_a_unit_does_not_depend_on_the_exponent (void)
{
    for (guint32 unit = 0; unit < 160; unit++) {
        gint at_zero, other;
        guint index = mg_unit_index (unit, 0, &at_zero);

        for (gint exponent = -30; exponent <= 30; exponent++) {
            g_assert_cmpuint (mg_unit_index (unit, exponent, &other), ==, index);
            g_assert_cmpint (other - exponent, ==, at_zero);
        }
    }
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/fields/decimals-exact", decimals_are_written_out_exactly);
    g_test_add_func ("/fields/widest-decimal", the_widest_decimal_fits);
    g_test_add_func ("/fields/integers-and-scales", integers_and_scales);
    g_test_add_func ("/fields/obis", obis_codes_are_whole_or_not_there);
    g_test_add_func ("/fields/texts", texts_are_clean_or_repaired);
    g_test_add_func ("/fields/unit-index", the_index_of_a_unit_does_not_depend_on_the_exponent);
    return g_test_run ();
}
