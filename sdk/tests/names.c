/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names.c: tests of our media, quantities and units, and of what other systems call them. */
#include <metergate.h>

#include <host/mgh-names.h>
#include <string.h>

static void assert_index (guint32 unit, gint exponent, guint want, gint want_exponent)
{
    gint got = 1000;

    g_assert_cmpuint (mgh_unit_index (unit, exponent, &got), ==, want);
    g_assert_cmpint (got, ==, want_exponent);
}

static void units_map_exactly_to_table_27 (void)
{
    assert_index (MG_UNIT_WH, 3, 5, 3);
    assert_index (MG_UNIT_VARH, 3, 34, 0);
    assert_index (MG_UNIT_VAR, 0, 35, -3);
    assert_index (MG_UNIT_BTU, 0, 41, -3);
    assert_index (MG_UNIT_BTU_PER_S, -3, 42, 0);
    assert_index (MG_UNIT_M3, -3, 7, -3);
    assert_index (MG_UNIT_CELSIUS, -2, 19, -2);
    assert_index (MG_UNIT_YEAR, 0, 29, 0);
    assert_index (MG_UNIT_NONE, 0, 0, 0);
    assert_index (MG_UNIT_VAH, 3, 22, 3);
    assert_index (MG_UNIT_PSI, -1, 22, -1);
    assert_index (MG_UNIT_LUX + 1000, 2, 22, 2);
}

static void each_index_of_table_27_has_its_characters (void)
{
    g_assert_cmpstr (mgh_unit_index_text (5), ==, "Wh");
    g_assert_cmpstr (mgh_unit_index_text (16), ==, "m³/min");
    g_assert_cmpstr (mgh_unit_index_text (19), ==, "°C");
    g_assert_cmpstr (mgh_unit_index_text (21), ==, "Bar");
    g_assert_cmpstr (mgh_unit_index_text (22), ==, "");
    g_assert_cmpstr (mgh_unit_index_text (26), ==, "bd");
    g_assert_cmpstr (mgh_unit_index_text (31), ==, "dBm");
    g_assert_cmpstr (mgh_unit_index_text (34), ==, "kVARh");
    g_assert_cmpstr (mgh_unit_index_text (47), ==, "°F");
    g_assert_cmpstr (mgh_unit_index_text (48), ==, "");
}

static void every_unit_reads_back_from_its_nick (void)
{
    guint units = 0;

    for (guint32 unit = 0; unit < 256; unit++) {
        guint32 got;
        gint exponent;

        if (unit != MG_UNIT_OTHER && strcmp (mgh_unit_nick (unit), "other") == 0)
            continue;
        units++;
        g_assert_true (mgh_unit_parse (mgh_unit_nick (unit), &got, &exponent));
        g_assert_cmpuint (got, ==, unit);
        g_assert_cmpint (exponent, ==, 0);
    }
    g_assert_cmpuint (units, ==, 70);
    g_assert_cmpint (MG_UNIT_CURRENCY, ==, 6);
    g_assert_cmpint (MG_UNIT_PER_VARH, ==, 31);
    g_assert_cmpint (MG_UNIT_J_PER_KG, ==, 58);
    g_assert_cmpint (MG_UNIT_PER_M3, ==, 86);
    g_assert_cmpint (MG_UNIT_LUX, ==, 108);
}

static void prefixes_go_into_the_exponent (void)
{
    static const struct {
        const char *text;
        guint32 unit;
        gint exponent;
    } rows[] = {
        { "kWh", MG_UNIT_WH, 3 },        { "MWh", MG_UNIT_WH, 6 },        { "GJ", MG_UNIT_J, 9 },
        { "l", MG_UNIT_M3, -3 },         { "ml", MG_UNIT_M3, -6 },        { "m³", MG_UNIT_M3, 0 },
        { "mbar", MG_UNIT_BAR, -3 },     { "Pa", MG_UNIT_BAR, -5 },       { "kPa", MG_UNIT_BAR, -2 },
        { "hPa", MG_UNIT_BAR, -3 },      { "t", MG_UNIT_KG, 3 },          { "min", MG_UNIT_MIN, 0 },
        { "mA", MG_UNIT_A, -3 },         { "°C", MG_UNIT_CELSIUS, 0 },    { "kvarh", MG_UNIT_VARH, 3 },
        { "l/h", MG_UNIT_M3_PER_H, -3 }, { "µA", MG_UNIT_A, -6 },         { "ms", MG_UNIT_S, -3 },
        { "", MG_UNIT_NONE, 0 },         { "m", MG_UNIT_M, 0 },           { "km", MG_UNIT_M, 3 },
        { "d", MG_UNIT_D, 0 },           { "m3/h", MG_UNIT_M3_PER_H, 0 },
    };
    guint32 unit;
    gint exponent;

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_assert_true (mgh_unit_parse (rows[i].text, &unit, &exponent));
        g_assert_cmpuint (unit, ==, rows[i].unit);
        g_assert_cmpint (exponent, ==, rows[i].exponent);
    }
    g_assert_false (mgh_unit_parse (
        "mm3", &unit, &exponent)); /* a thousandth of a metre, cubed: no power of ten of m³ that we mean */
    g_assert_false (mgh_unit_parse ("kfoo", &unit, &exponent));
    g_assert_false (mgh_unit_parse ("k", &unit, &exponent));
}

static void media_have_the_norms_numbers_and_ours (void)
{
    guint32 medium;

    for (guint32 i = 0; i < 256; i++)
        g_assert_cmpuint (mgh_medium_index (i), ==, i);
    g_assert_cmpuint (mgh_medium_index (MG_MEDIUM_CHARGER), ==, 15);
    g_assert_cmpuint (mgh_medium_index (MG_MEDIUM_GATEWAY), ==, 14);
    g_assert_cmpuint (mgh_medium_index (9999), ==, 15);
    g_assert_cmpstr (mgh_medium_text (4), ==, "Heat (outlet)");
    g_assert_cmpstr (mgh_medium_text (55), ==, "Radio converter (meter side)");
    g_assert_cmpstr (mgh_medium_text (16), ==, "Reserved");
    g_assert_cmpstr (mgh_medium_text (200), ==, "Reserved");
    g_assert_cmpstr (mgh_medium_nick (22), ==, "cold-water");
    for (guint32 i = 0; i < 261; i++)
        if (strcmp (mgh_medium_nick (i), "reserved") != 0) {
            g_assert_true (mgh_medium_parse (mgh_medium_nick (i), &medium));
            g_assert_cmpuint (medium, ==, i);
        }
    g_assert_true (mgh_medium_parse ("7", &medium));
    g_assert_cmpuint (medium, ==, MG_MEDIUM_WATER);
    g_assert_true (mgh_medium_parse ("16", &medium));
    g_assert_false (mgh_medium_parse ("reserved", &medium));
    g_assert_false (mgh_medium_parse ("261", &medium));
    g_assert_false (mgh_medium_parse ("-1", &medium));
    g_assert_false (mgh_medium_parse ("", &medium));
}

static void quantities_have_an_index_and_a_kind (void)
{
    g_assert_cmpuint (mgh_quantity_index ("energy"), ==, 9);
    g_assert_cmpuint (mgh_quantity_kind ("energy"), ==, MG_POINT_COUNTER);
    g_assert_cmpuint (mgh_quantity_index ("access-code.developer"), ==, 46);
    g_assert_cmpuint (mgh_quantity_index ("week-number"), ==, 70);
    g_assert_cmpuint (mgh_quantity_kind ("week-number"), ==, MG_POINT_STATE);
    g_assert_cmpuint (mgh_quantity_kind ("timestamp"), ==, MG_POINT_TIME);
    g_assert_cmpuint (mgh_quantity_kind ("manufacturer"), ==, MG_POINT_TEXT);
    g_assert_cmpuint (mgh_quantity_index ("power.factor"), ==, 0);
    g_assert_cmpstr (mgh_quantity_index_text (0), ==, "Other");
    g_assert_cmpstr (mgh_quantity_index_text (9), ==, "Energy");
    g_assert_cmpstr (mgh_quantity_index_text (31), ==, "Meter specific description (text based)");
    g_assert_cmpstr (mgh_quantity_index_text (64), ==, "wM-Bus data container");
    g_assert_cmpstr (mgh_quantity_index_text (87), ==, "Frequency");
    g_assert_cmpstr (mgh_quantity_index_text (95), ==, "Data frame");
    g_assert_cmpstr (mgh_quantity_index_text (96), ==, "Reserved");
}

static void an_unregistered_quantity_counts_as_its_general_one (void)
{
    g_assert_cmpuint (mgh_quantity_index ("energy.active.import.tariff-9"), ==, 9);
    g_assert_cmpuint (mgh_quantity_index ("temperature.flow.upper"), ==, 19);
    g_assert_cmpuint (mgh_quantity_index ("energyx"), ==, 0);
    g_assert_cmpuint (mgh_quantity_index ("energ"), ==, 0);
    g_assert_cmpuint (mgh_quantity_index (""), ==, 0);
    g_assert_cmpuint (mgh_quantity_index (NULL), ==, 0);
    g_assert_cmpuint (mgh_quantity_kind ("acme.thing"), ==, MG_POINT_GAUGE);
}

static void every_registered_quantity_is_found (void)
{
    guint n = 0;
    const char *name;

    for (; (name = mgh_quantity_at (n)) != NULL; n++) {
        g_assert_cmpuint (mgh_quantity_index (name), <=, 95);
        g_assert_cmpuint (mgh_quantity_kind (name), >=, MG_POINT_GAUGE);
        g_assert_cmpuint (mgh_quantity_kind (name), <=, MG_POINT_TIME);
        g_assert_true (n == 0 || strcmp (mgh_quantity_at (n - 1), name) < 0);
    }
    g_assert_cmpuint (n, >, 100);
}

static void manufacturers_are_three_letters (void)
{
    char text[4];
    guint16 code;

    mgh_manufacturer_text (0x2c2d, text);
    g_assert_cmpstr (text, ==, "KAM");
    g_assert_true (mgh_manufacturer_code ("KAM", &code));
    g_assert_cmpuint (code, ==, 0x2c2d);
    for (guint i = 0; i < 0x8000; i++) {
        mgh_manufacturer_text ((guint16) i, text);
        g_assert_true (mgh_manufacturer_code (text, &code));
        g_assert_cmpuint (code, ==, i);
    }
    g_assert_false (mgh_manufacturer_code ("kam", &code));
    g_assert_false (mgh_manufacturer_code ("KA", &code));
    g_assert_false (mgh_manufacturer_code ("KAMX", &code));
}

static void functions_have_names (void)
{
    g_assert_cmpstr (mgh_func_nick (MG_FUNC_INSTANT), ==, "instantaneous");
    g_assert_cmpstr (mgh_func_nick (MG_FUNC_MAX), ==, "maximum");
    g_assert_cmpstr (mgh_func_nick (MG_FUNC_MIN), ==, "minimum");
    g_assert_cmpstr (mgh_func_nick (MG_FUNC_ERROR), ==, "error");
    g_assert_cmpstr (mgh_func_nick (MG_FUNC_AVERAGE), ==, "average");
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add_func ("/names/" #name, name)
    ADD (units_map_exactly_to_table_27);
    ADD (each_index_of_table_27_has_its_characters);
    ADD (every_unit_reads_back_from_its_nick);
    ADD (prefixes_go_into_the_exponent);
    ADD (media_have_the_norms_numbers_and_ours);
    ADD (quantities_have_an_index_and_a_kind);
    ADD (an_unregistered_quantity_counts_as_its_general_one);
    ADD (every_registered_quantity_is_found);
    ADD (manufacturers_are_three_letters);
    ADD (functions_have_names);
    return g_test_run ();
}
