/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-meaning.c: what records mean: quantity, unit, name, function, wrap, time. */
#include <en13757/meaning.h>

#include <host/mgh-names.h>
#include <host/mgh-readout.h>

#include "hex.h"

/* The meaning of the first record; its texts live until the next call. */
static MgMeaning meaning_of (const char *hex)
{
    static GByteArray *bytes;
    static EnWords words;
    EnRecord record;
    MgMeaning meaning;

    g_clear_pointer (&bytes, g_byte_array_unref);
    if (hex == NULL)
        return (MgMeaning){ 0 };
    bytes = test_hex (hex);
    EnReader reader = EN_READER (bytes->data, bytes->len, FALSE);
    g_assert_true (en_record_next (&reader, &record));
    en_meaning (&record, &meaning, &words);
    return meaning;
}

static void vife_change_unit_and_quantity (void)
{
    static const struct {
        const char *hex, *quantity;
        guint32 unit;
        const char *unit_text, *name;
    } cases[] = {
        { "0413 01000000", "volume", MG_UNIT_M3, NULL, NULL },
        { "0493 22 01000000", "flow.volume", MG_UNIT_M3_PER_H, NULL, NULL },
        { "0493 A0 3C 01000000", "flow.volume.extended", MG_UNIT_M3_PER_S, NULL, "negative contributions" },
        { "0483 23 01000000", "other", MG_UNIT_OTHER, "Wh/d", NULL },
        { "0483 A3 30 01000000", "other", MG_UNIT_OTHER, "Wh/d/kWh", NULL },
        { "05FDC8 36 00006643", "other", MG_UNIT_OTHER, "V s", NULL },
        { "0493 BE 3B 01000000", "volume", MG_UNIT_M3, NULL, "base conditions, positive contributions" },
        { "05FDC8 FC01 00006643", "voltage", MG_UNIT_V, NULL, "phase L1" },
        { "0493 6A 00204111", "time.occurrence", MG_UNIT_NONE, NULL, "begin of the first occurrence" },
        { "04BE 5E 01000000", "duration.exceed", MG_UNIT_H, NULL, "duration of the last exceed of the upper limit" },
        { "02BE 49 0100", "counter.exceeds", MG_UNIT_COUNT, NULL, "exceeds of the upper limit" },
        { "0493 3D 01000000", "other", MG_UNIT_NONE, NULL, "non-metric unit" },
        { "8D04931F 05 6901030211", "volume", MG_UNIT_NONE, NULL, "compact profile" },
        { "0493 15 01000000", "volume", MG_UNIT_M3, NULL, NULL },
        { "0493 FF22 01000000", "volume", MG_UNIT_M3, NULL, NULL },
        { "02FF 22 0100", "other", MG_UNIT_NONE, NULL, "manufacturer specific" },
        { "02FC 03 48 52 25 74 6400", "other", MG_UNIT_OTHER, "%RH", NULL },
        { "02FC 03 48 52 25 22 6400", "other", MG_UNIT_OTHER, "%RH/h", NULL },
        { "036D 1E0F0C", "duration", MG_UNIT_S, NULL, "time of day" },
        { "0F 0102", "manufacturer-data", MG_UNIT_NONE, NULL, NULL },
        { "02FB6A 0100", "hca.factor.kc", MG_UNIT_OTHER, "1/4096", NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        MgMeaning meaning = meaning_of (cases[i].hex);

        if (g_strcmp0 (meaning.quantity, cases[i].quantity) != 0 || meaning.unit != cases[i].unit ||
            g_strcmp0 (meaning.unit_text, cases[i].unit_text) != 0 || g_strcmp0 (meaning.name, cases[i].name) != 0)
            g_error ("%s: %s, unit %u %s, name %s", cases[i].hex, meaning.quantity, meaning.unit, meaning.unit_text,
                     meaning.name);
        g_assert_cmpuint (mgh_quantity_kind (meaning.quantity), !=, 0);
    }
    meaning_of (NULL);
}

static void plain_text_unit_takes_part_in_quotients (void)
{
    MgMeaning meaning = meaning_of ("02FC 03 48 52 25 A2 74 6400");

    g_assert_cmpstr (meaning.unit_text, ==, "%RH/h");
    meaning_of (NULL);
}

static void average_is_a_function (void)
{
    g_assert_cmpuint (meaning_of ("04AB 12 01000000").func, ==, MG_FUNC_AVERAGE);
    g_assert_cmpuint (meaning_of ("14AB 12 01000000").func, ==, MG_FUNC_MAX);
    meaning_of (NULL);
}

static void bcd_counters_wrap_behind_their_last_digit (void)
{
    MgMeaning meaning = meaning_of ("0C13 78563412");

    g_assert_cmpint (meaning.wrap.type, ==, MG_VALUE_DECIMAL);
    g_assert_cmpint (meaning.wrap.v.number, ==, 1);
    g_assert_cmpint (meaning.wrap.exponent, ==, 5);
    g_assert_cmpint (meaning_of ("0413 78563412").wrap.type, ==, MG_VALUE_NONE);
    g_assert_cmpint (meaning_of ("0A5A 3412").wrap.type, ==, MG_VALUE_NONE);
    meaning_of (NULL);
}

static void raw_record_and_its_head_are_told (void)
{
    MgMeaning meaning = meaning_of ("84401400000000");

    g_assert_cmpuint (meaning.raw_len, ==, 7);
    g_assert_cmpuint (meaning.raw_head_len, ==, 3);
    g_assert_cmpuint (meaning.subunit, ==, 1);
    meaning_of (NULL);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/en13757/meaning/vife_change_unit_and_quantity", vife_change_unit_and_quantity);
    g_test_add_func ("/en13757/meaning/plain_text_unit_takes_part_in_quotients",
                     plain_text_unit_takes_part_in_quotients);
    g_test_add_func ("/en13757/meaning/average_is_a_function", average_is_a_function);
    g_test_add_func ("/en13757/meaning/bcd_counters_wrap_behind_their_last_digit",
                     bcd_counters_wrap_behind_their_last_digit);
    g_test_add_func ("/en13757/meaning/raw_record_and_its_head_are_told", raw_record_and_its_head_are_told);
    return g_test_run ();
}
