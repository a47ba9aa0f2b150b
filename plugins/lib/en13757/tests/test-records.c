/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-records.c: bytes to exact values, by the tables of EN 13757-3. */
#include <en13757/record.h>

#include <host/mgh-names.h>

#include <string.h>

#include "hex.h"

typedef struct {
    const char *hex;
    gint64 number;
    gint exponent;
    guint32 unit;
    const char *quantity;
} Number;

static GByteArray *bytes_of_test;

/* The first record of a telegram; the bytes live until the next call. */
static EnRecord read_one (const char *hex, gboolean msb_first)
{
    EnRecord record;

    g_clear_pointer (&bytes_of_test, g_byte_array_unref);
    bytes_of_test = test_hex (hex);
    EnReader reader = EN_READER (bytes_of_test->data, bytes_of_test->len, msb_first);
    if (!en_record_next (&reader, &record))
        g_error ("%s: stop %u", hex, reader.stop);
    g_assert_cmpuint (record.raw_len, ==, bytes_of_test->len);
    return record;
}

static void check_number (const Number *want)
{
    EnRecord record = read_one (want->hex, FALSE);

    if (record.value.type != MG_VALUE_DECIMAL)
        g_error ("%s: no number", want->hex);
    if (record.value.v.number != want->number || record.value.exponent != want->exponent)
        g_error ("%s: %" G_GINT64_FORMAT "e%d", want->hex, record.value.v.number, record.value.exponent);
    if (record.vif->unit != want->unit)
        g_error ("%s: unit %u", want->hex, record.vif->unit);
    g_assert_cmpstr (record.vif->quantity, ==, want->quantity);
    g_assert_cmpuint (record.quality, ==, 0);
}

static void primary_table_gives_base_units (void)
{
    static const Number numbers[] = {
        { "0400 01000000", 1, -3, MG_UNIT_WH, "energy" },
        { "0406 E7910000", 37351, 3, MG_UNIT_WH, "energy" },
        { "0408 01000000", 1, 0, MG_UNIT_J, "energy" },
        { "040F 01000000", 1, 7, MG_UNIT_J, "energy" },
        { "0413 FFFFFFFF", -1, -3, MG_UNIT_M3, "volume" },
        { "0C14 78563412", 12345678, -2, MG_UNIT_M3, "volume" },
        { "0C14 785634F2", -2345678, -2, MG_UNIT_M3, "volume" },
        { "0E14 785634129078", 789012345678, -2, MG_UNIT_M3, "volume" },
        { "041B 01000000", 1, 0, MG_UNIT_KG, "mass" },
        { "0220 0100", 1, 0, MG_UNIT_S, NULL },
        { "0227 0100", 1, 0, MG_UNIT_D, NULL },
        { "022B 0080", 0, 0, 0, NULL },
        { "032D 563412", 0x123456, 2, MG_UNIT_W, "power" },
        { "032D 5634F2", 0x123456 - 0x200000, 2, MG_UNIT_W, "power" },
        { "0637 010000000001", 0x10000000001, 7, MG_UNIT_J_PER_H, "power" },
        { "073F FFFFFFFFFFFFFFFF", -1, 1, MG_UNIT_M3_PER_H, NULL },
        { "0240 0100", 1, -7, MG_UNIT_M3_PER_MIN, NULL },
        { "024F 0100", 1, -2, MG_UNIT_M3_PER_S, NULL },
        { "0252 0100", 1, -1, MG_UNIT_KG_PER_H, NULL },
        { "0A5A 3412", 1234, -1, MG_UNIT_CELSIUS, NULL },
        { "0A5F 34F2", -234, 0, MG_UNIT_CELSIUS, NULL },
        { "0261 FEFF", -2, -2, MG_UNIT_KELVIN, NULL },
        { "0B66 563412", 123456, -1, MG_UNIT_CELSIUS, NULL },
        { "0969 12", 12, -2, MG_UNIT_BAR, "pressure" },
        { "016E FF", -1, 0, MG_UNIT_HCA, NULL },
        { "0C78 78563412", 12345678, 0, MG_UNIT_NONE, NULL },
        { "0478 FEFFFFFF", 0xFFFFFFFE, 0, MG_UNIT_NONE, NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
        Number want = numbers[i];
        EnRecord record = read_one (want.hex, FALSE);

        if (want.unit == 0 && want.quantity == NULL && want.number == 0) { /* 8000 is no number */
            g_assert_cmpint (record.value.type, ==, MG_VALUE_BYTES);
            continue;
        }
        want.quantity = want.quantity != NULL ? want.quantity : record.vif->quantity;
        check_number (&want);
    }
}

static void extension_tables_give_base_units (void)
{
    static const Number numbers[] = {
        { "04FB00 01000000", 1, 5, MG_UNIT_WH, "energy" },   { "04FB01 01000000", 1, 6, MG_UNIT_WH, "energy" },
        { "04FB03 01000000", 1, 4, MG_UNIT_VARH, NULL },     { "04FB05 01000000", 1, 4, MG_UNIT_VAH, NULL },
        { "04FB08 01000000", 1, 8, MG_UNIT_J, "energy" },    { "04FB0D 01000000", 1, 6, MG_UNIT_CAL, "energy" },
        { "04FB11 01000000", 1, 3, MG_UNIT_M3, "volume" },   { "04FB17 01000000", 1, 3, MG_UNIT_VAR, NULL },
        { "04FB19 01000000", 1, 6, MG_UNIT_KG, "mass" },     { "02FB1A 9001", 400, -1, MG_UNIT_PERCENT, NULL },
        { "04FB21 01000000", 1, -1, MG_UNIT_FT3, "volume" }, { "02FB2D F401", 500, -2, MG_UNIT_HZ, NULL },
        { "02FB37 0100", 1, 3, MG_UNIT_VA, NULL },           { "02FB75 0100", 1, -2, MG_UNIT_CELSIUS, NULL },
        { "02FD48 E600", 230, -1, MG_UNIT_V, NULL },         { "02FD5B 0500", 5, -1, MG_UNIT_A, NULL },
        { "02FD17 FFFF", 65535, 0, MG_UNIT_BITS, NULL },     { "02FD0E FE00", 254, 0, MG_UNIT_NONE, NULL },
        { "01FD71 D8", -40, 0, MG_UNIT_DBM, NULL },          { "02FD74 0100", 1, 0, MG_UNIT_D, NULL },
        { "01FDFD02 7B", 123, 0, MG_UNIT_MONTH, NULL },      { "02FD3A 0100", 1, 0, MG_UNIT_NONE, NULL },
        { "02FD3D 0100", 1, 0, MG_UNIT_MIN, NULL },          { "01FD03 01", 1, 0, MG_UNIT_CURRENCY, NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
        Number want = numbers[i];

        want.quantity = want.quantity != NULL ? want.quantity : read_one (want.hex, FALSE).vif->quantity;
        check_number (&want);
    }
}

static void every_row_of_every_table_is_filled (void)
{
    static const EnVif *const tables[] = { en_vif_primary, en_vif_first, en_vif_second, en_vif_level2 };

    for (guint t = 0; t < G_N_ELEMENTS (tables); t++)
        for (guint i = 0; i < 128; i++) {
            const EnVif *row = &tables[t][i];

            g_assert_nonnull (row->quantity);
            if (mgh_quantity_kind (row->quantity) != row->kind)
                g_error ("table %u row %02X: %s is of kind %u, not %u", t, i, row->quantity,
                         mgh_quantity_kind (row->quantity), row->kind);
            g_assert_cmpuint (row->key, <=, i);
            /* what shares a key shares a meaning */
            g_assert_cmpstr (row->quantity, ==, tables[t][row->key].quantity);
            g_assert_true ((row->unit == MG_UNIT_OTHER) == (row->unit_text != NULL || row->as == EN_AS_PLAIN));
        }
    for (guint i = 0; i < 128; i++) {
        g_assert_cmpuint (en_vife_combinable[i].key, <=, i);
        g_assert_cmpuint (en_vife_extended[i].key, ==, i);
        if (en_vife_combinable[i].quantity != NULL)
            g_assert_cmpuint (mgh_quantity_kind (en_vife_combinable[i].quantity), !=, 0);
    }
}

static void vife_change_exponent_and_quality (void)
{
    static const Number numbers[] = {
        { "0493 70 01000000", 1, -9, MG_UNIT_M3, "volume" },
        { "0493 77 01000000", 1, -2, MG_UNIT_M3, "volume" },
        { "0493 7D 01000000", 1, 0, MG_UNIT_M3, "volume" },
        { "0493 FD 74 01000000", 1, -2, MG_UNIT_M3, "volume" },
        { "02FDC9 FF01 E600", 230, 0, MG_UNIT_V, "voltage" },
        { "04BE 58 0A000000", 10, 0, MG_UNIT_M3_PER_H, NULL },
        { "0493 FC 11 FEFFFFFF", 0xFFFFFFFE, -3, MG_UNIT_M3, NULL },
    };
    static const struct {
        const char *hex;
        guint quality;
    } faults[] = {
        { "0493 15 00000000", MG_QUALITY_NO_DATA },
        { "0493 16 00000000", MG_QUALITY_OVERFLOW },
        { "0493 18 00000000", MG_QUALITY_METER_ERROR },
        { "0493 01 00000000", MG_QUALITY_METER_ERROR },
        { "0493 00 00000000", 0 },
        { "0493 FC 01 00000000", 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
        Number want = numbers[i];

        want.quantity = read_one (want.hex, FALSE).vif->quantity;
        check_number (&want);
    }
    for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
        g_assert_cmpuint (read_one (faults[i].hex, FALSE).quality, ==, faults[i].quality);
}

static void what_is_no_number_stays_bytes (void)
{
    static const char *const odd[] = {
        "0113 80",       "0213 0080",          "0413 00000080", "0713 0000000000000080",
        "0313 000080",   "0613 000000000080",  "0C13 7856341A", "0C13 785634A2",
        "0913 AB",       "0E13 0000000000A0",  "0513 0000C07F", "0513 000080FF",
        "0478 FFFFFFFF", "0478FF 01 FFFFFFFF",
    };

    for (guint i = 0; i < G_N_ELEMENTS (odd) - 1; i++) {
        EnRecord record = read_one (odd[i], FALSE);

        g_assert_cmpint (record.value.type, ==, MG_VALUE_BYTES);
        g_assert_true (record.value.flags & MG_VALUE_UNFIT);
        g_assert_cmpuint (record.value.len, ==, record.data_len);
        g_assert_cmpuint (record.quality, ==, MG_QUALITY_NO_DATA);
    }
}

static void dates_of_all_types (void)
{
    static const struct {
        const char *hex;
        gint64 seconds; /* -1: no date */
        guint flags;
    } dates[] = {
        /* type G: 2007-04-30, 2000-02-29 */
        { "426C FE04", 1177891200, MG_TIME_DATE_ONLY },
        { "426C 1D02", 951782400, MG_TIME_DATE_ONLY },
        /* type F: 2010-01-01 00:00; invalid; summer time; without century bits; the same of 1999-12-31 */
        { "046D 00204111", 1262304000, MG_TIME_NO_SECONDS },
        { "046D 80204111", 1262304000, MG_TIME_NO_SECONDS | MG_TIME_INVALID },
        { "046D 00A04111", 1262304000, MG_TIME_NO_SECONDS | MG_TIME_LOCAL | MG_TIME_SUMMER },
        { "046D 00004111", 1262304000, MG_TIME_NO_SECONDS },
        { "046D 00007FCC", 946598400, MG_TIME_NO_SECONDS },
        /* type I: a Friday, week 53; 12:05:30; in summer time; invalid */
        { "066D 0000A0411135", 1262304000, 0 },
        { "066D 1E05AC411135", 1262347530, 0 },
        { "066D 5E05AC411135", 1262347530, MG_TIME_LOCAL | MG_TIME_SUMMER },
        { "066D 1E85AC411135", 1262347530, MG_TIME_INVALID },
        /* none; 29 February 2001; 31 April; every minute; hour 24; too short */
        { "426C FFFF", -1, 0 },
        { "426C 0000", -1, 0 },
        { "426C 3D02", -1, 0 },
        { "426C 1F04", -1, 0 },
        { "046D 3F3F5F11", -1, 0 },
        { "046D 00384111", -1, 0 },
        { "016D 01", -1, 0 },
        /* begin of the first occurrence, start of a tariff */
        { "0493 6A 00204111", 1262304000, MG_TIME_NO_SECONDS },
        { "02FD30 FE04", 1177891200, MG_TIME_DATE_ONLY },
    };

    for (guint i = 0; i < G_N_ELEMENTS (dates); i++) {
        EnRecord record = read_one (dates[i].hex, FALSE);

        if (dates[i].seconds < 0) {
            g_assert_cmpint (record.value.type, ==, MG_VALUE_BYTES);
            g_assert_true (record.value.flags & MG_VALUE_UNFIT);
            continue;
        }
        if (record.value.type != MG_VALUE_TIME || record.value.v.number != dates[i].seconds)
            g_error ("%s: type %u, %" G_GINT64_FORMAT, dates[i].hex, record.value.type, record.value.v.number);
        g_assert_cmpuint (record.value.flags, ==, dates[i].flags);
    }
    check_number (&(Number){ "036D 1E0F0C", 12 * 3600 + 15 * 60 + 30, 0, MG_UNIT_NONE, "timestamp" }); /* type J */
}

static void lvar_of_every_kind_and_length (void)
{
    for (guint lvar = 0; lvar <= 0xFF; lvar++)
        for (guint left = 0; left <= 200; left += left < 80 ? 1 : 13) {
            guint8 bytes[204] = { 0x0D, 0x13, (guint8) lvar };
            EnReader reader = EN_READER (bytes, 3 + left, FALSE);
            EnRecord record;
            guint want = lvar <= 0xBF   ? lvar
                         : lvar <= 0xEF ? lvar & 0x0F
                         : lvar <= 0xF4 ? 4 * (lvar - 0xEC)
                         : lvar == 0xF5 ? 48
                                        : 64;

            if (en_record_next (&reader, &record)) {
                g_assert_cmpuint (lvar, <=, 0xF6);
                g_assert_cmpuint (record.data_len, ==, want);
                g_assert_cmpuint (want, <=, left);
                g_assert_true (reader.at == bytes + 3 + want);
            } else {
                g_assert_cmpint (reader.stop, ==, lvar > 0xF6 ? EN_STOP_LVAR : EN_STOP_TRUNCATED);
                g_assert_true (lvar > 0xF6 || want > left);
            }
        }
}

static void lvar_numbers_and_texts (void)
{
    char text[EN_TEXT_MAX];
    EnRecord record;

    check_number (&(Number){ "0D13 C2 3412", 1234, -3, MG_UNIT_M3, "volume" });
    check_number (&(Number){ "0D13 D2 3412", -1234, -3, MG_UNIT_M3, "volume" });
    check_number (&(Number){ "0D13 C9 785634129078563412", 123456789012345678, -3, MG_UNIT_M3, "volume" });
    check_number (&(Number){ "0D13 E2 FEFF", -2, -3, MG_UNIT_M3, "volume" });
    check_number (&(Number){ "0D13 E8 FEFFFFFFFFFFFF7F", G_MAXINT64 - 1, -3, MG_UNIT_M3, "volume" });
    g_assert_cmpint (read_one ("0D13 E9 010203040506070809", FALSE).value.type, ==, MG_VALUE_BYTES);
    record = read_one ("0D78 05 6F6C6C6148", FALSE);
    g_assert_cmpuint (en_record_text (&record, text), ==, 5);
    g_assert_cmpstr (text, ==, "Hallo");
    record = read_one ("0D78 05 48616C6C6F", TRUE);
    en_record_text (&record, text);
    g_assert_cmpstr (text, ==, "Hallo");
    record = read_one ("0D78 02 43B0", FALSE);
    g_assert_cmpuint (en_record_text (&record, text), ==, 3);
    g_assert_cmpstr (text, ==, "°C");
    record = read_one ("0DFD3B 03 010203", FALSE); /* a container is no text */
    g_assert_false (record.flags & EN_RECORD_TEXT);
    record = read_one ("8D04951F 05 6901030211", FALSE); /* a compact profile neither */
    g_assert_false (record.flags & EN_RECORD_TEXT);
    g_assert_cmpuint (record.value.len, ==, 5);
    record = read_one ("0D6D 04 01020304", FALSE); /* nor type M */
    g_assert_false (record.flags & EN_RECORD_TEXT);
    g_assert_cmpmem (record.value.v.data, record.value.len, "\x01\x02\x03\x04", 4);
    record = read_one ("04FD72 01020304", FALSE); /* type K */
    g_assert_cmpint (record.value.type, ==, MG_VALUE_BYTES);
    g_assert_cmpuint (record.quality, ==, 0);
}

static void plain_text_unit_in_both_orders (void)
{
    static const char *const both[] = { "02FC 03 48 52 25 74 D411", "02FC 74 03 48 52 25 D411" };
    char text[EN_TEXT_MAX];

    for (guint i = 0; i < 2; i++) {
        EnRecord record = read_one (both[i], FALSE);

        en_record_unit_text (&record, text);
        g_assert_cmpstr (text, ==, "%RH");
        g_assert_cmpint (record.value.v.number, ==, 4564);
        g_assert_cmpint (record.value.exponent, ==, -2);
    }
}

/* a chain of n bytes behind DIF or VIF, each with its extension bit but the last */
static EnStop stop_of_chain (guint n, gboolean of_dif, guint *got)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    guint8 more = 0x80 | (of_dif ? 0 : 0x3A), last = of_dif ? 0 : 0x3A, dif = of_dif && n > 0 ? 0x84 : 0x04,
           vif = !of_dif && n > 0 ? 0x93 : 0x13;
    static const guint8 data[4] = { 1, 0, 0, 0 };
    EnRecord record;

    g_byte_array_append (bytes, &dif, 1);
    for (guint i = 0; of_dif && i < n; i++)
        g_byte_array_append (bytes, i + 1 < n ? &more : &last, 1);
    g_byte_array_append (bytes, &vif, 1);
    for (guint i = 0; !of_dif && i < n; i++)
        g_byte_array_append (bytes, i + 1 < n ? &more : &last, 1);
    g_byte_array_append (bytes, data, 4);
    EnReader reader = EN_READER (bytes->data, bytes->len, FALSE);
    *got = en_record_next (&reader, &record) ? (guint) record.value.v.number : 0;
    return reader.stop;
}

static void chains_of_0_to_40 (void)
{
    for (guint n = 0; n <= 40; n++)
        for (guint of_dif = 0; of_dif < 2; of_dif++) {
            guint got;
            EnStop want = n <= EN_CHAIN_MAX ? EN_STOP_END : of_dif ? EN_STOP_TOO_MANY_DIFE : EN_STOP_TOO_MANY_VIFE;

            g_assert_cmpint (stop_of_chain (n, of_dif != 0, &got), ==, want);
            g_assert_cmpuint (got, ==, n <= EN_CHAIN_MAX ? 1 : 0);
        }
}

static void fillers_more_records_and_manufacturer_data (void)
{
    g_autoptr (GByteArray) bytes = test_hex ("2F2F 0413 01000000 2F 0213 0200 1F AABB");
    EnReader reader = EN_READER (bytes->data, bytes->len, FALSE);
    EnRecord records[8];

    g_assert_cmpuint (en_records_read (&reader, records, 8), ==, 3);
    g_assert_true (reader.more_follow);
    g_assert_cmpint (reader.stop, ==, EN_STOP_END);
    g_assert_true (records[2].flags & EN_RECORD_MANUFACTURER);
    g_assert_cmpmem (records[2].value.v.data, records[2].value.len, "\xAA\xBB", 2);
}

static void what_was_before_a_fault_stays (void)
{
    static const struct {
        const char *hex;
        EnStop stop;
        const char *code;
    } cases[] = {
        { "0413 01000000 0413 0100", EN_STOP_TRUNCATED, "truncated" },
        { "0413 01000000 04", EN_STOP_TRUNCATED, "truncated" },
        { "0413 01000000 84", EN_STOP_TRUNCATED, "truncated" },
        { "0413 01000000 0493", EN_STOP_TRUNCATED, "truncated" },
        { "0413 01000000 04FB", EN_STOP_TRUNCATED, "truncated" },
        { "0413 01000000 04FDFD", EN_STOP_TRUNCATED, "truncated" },
        { "0413 01000000 047C", EN_STOP_TRUNCATED, "truncated" },
        { "0413 01000000 3F 0413 01000000", EN_STOP_DIF, "truncated" },
        { "0413 01000000 8F 0413 01000000", EN_STOP_DIF, "truncated" },
        { "0413 01000000 0D13 FB 01000000", EN_STOP_LVAR, "truncated" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GByteArray) bytes = test_hex (cases[i].hex);
        EnReader reader = EN_READER (bytes->data, bytes->len, FALSE);
        char text[128];
        EnRecord records[4];

        g_assert_cmpuint (en_records_read (&reader, records, 4), ==, 1);
        g_assert_cmpint (reader.stop, ==, cases[i].stop);
        g_assert_cmpstr (en_stop_code (reader.stop), ==, cases[i].code);
        g_assert_cmpuint (reader.at - bytes->data, ==, 6);
        en_stop_describe (&reader, bytes->data, text, sizeof text);
        g_assert_true (g_str_has_prefix (text, "record at byte 6 of the data (DIF "));
        g_assert_false (en_record_next (&reader, &records[0]));
    }
}

static void mode_2_has_the_first_byte_in_front (void)
{
    EnRecord record = read_one ("0413 00000001", TRUE);

    g_assert_cmpint (record.value.v.number, ==, 1);
    record = read_one ("0C13 12345678", TRUE);
    g_assert_cmpint (record.value.v.number, ==, 12345678);
    record = read_one ("0313 FFFFFE", TRUE);
    g_assert_cmpint (record.value.v.number, ==, -2);
    record = read_one ("426C 04FE", TRUE);
    g_assert_cmpint (record.value.v.number, ==, 1177891200);
    record = read_one ("0513 3F800000", TRUE);
    g_assert_cmpint (record.value.type, ==, MG_VALUE_DECIMAL);
}

int main (int argc, char **argv)
{
    gint result;

    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/en13757/record/primary_table_gives_base_units", primary_table_gives_base_units);
    g_test_add_func ("/en13757/record/extension_tables_give_base_units", extension_tables_give_base_units);
    g_test_add_func ("/en13757/record/every_row_of_every_table_is_filled", every_row_of_every_table_is_filled);
    g_test_add_func ("/en13757/record/vife_change_exponent_and_quality", vife_change_exponent_and_quality);
    g_test_add_func ("/en13757/record/what_is_no_number_stays_bytes", what_is_no_number_stays_bytes);
    g_test_add_func ("/en13757/record/dates_of_all_types", dates_of_all_types);
    g_test_add_func ("/en13757/record/lvar_of_every_kind_and_length", lvar_of_every_kind_and_length);
    g_test_add_func ("/en13757/record/lvar_numbers_and_texts", lvar_numbers_and_texts);
    g_test_add_func ("/en13757/record/plain_text_unit_in_both_orders", plain_text_unit_in_both_orders);
    g_test_add_func ("/en13757/record/chains_of_0_to_40", chains_of_0_to_40);
    g_test_add_func ("/en13757/record/fillers_more_records_and_manufacturer_data",
                     fillers_more_records_and_manufacturer_data);
    g_test_add_func ("/en13757/record/what_was_before_a_fault_stays", what_was_before_a_fault_stays);
    g_test_add_func ("/en13757/record/mode_2_has_the_first_byte_in_front", mode_2_has_the_first_byte_in_front);
    result = g_test_run ();
    g_clear_pointer (&bytes_of_test, g_byte_array_unref);
    return result;
}
