/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fixed.c: counters of the fixed data structure, CI 73 and 77 (EN 1434-3, annex; no longer in EN 13757-3:2018). */
#include <en13757/meaning.h>

#include "number.h"

#define UNIT_OF_OTHER 0x3Eu

/* codes 00 to 3D: three powers of ten each, from 02 on */
static const struct {
    const char *quantity;
    guint8 first, unit, kind;
    gint8 exponent;
} fixed_units[] = {
    { "other", 0x00, MG_UNIT_NONE, MG_POINT_GAUGE, 0 },
    { "other", 0x01, MG_UNIT_NONE, MG_POINT_GAUGE, 0 },
    { "energy", 0x02, MG_UNIT_WH, MG_POINT_COUNTER, 0 },
    { "energy", 0x0B, MG_UNIT_J, MG_POINT_COUNTER, 3 },
    { "power", 0x14, MG_UNIT_W, MG_POINT_GAUGE, 0 },
    { "power", 0x1D, MG_UNIT_J_PER_H, MG_POINT_GAUGE, 3 },
    { "volume", 0x26, MG_UNIT_M3, MG_POINT_COUNTER, -6 },
    { "flow.volume", 0x2F, MG_UNIT_M3_PER_H, MG_POINT_GAUGE, -6 },
    { "temperature", 0x38, MG_UNIT_CELSIUS, MG_POINT_GAUGE, -3 },
    { "hca", 0x39, MG_UNIT_HCA, MG_POINT_COUNTER, 0 },
    { "other", 0x3A, MG_UNIT_NONE, MG_POINT_GAUGE, 0 },
};

/* The exponent rises by one with each code of a row, since rows of the same unit in kilo and mega follow each other. */
static guint fixed_row (guint8 unit, gint *exponent)
{
    guint i = G_N_ELEMENTS (fixed_units) - 1;

    while (fixed_units[i].first > unit)
        i--;
    *exponent = fixed_units[i].exponent + (fixed_units[i].unit == MG_UNIT_NONE ? 0 : unit - fixed_units[i].first);
    return i;
}

guint en_readout_add_fixed (MgReadout *out, guint counter, guint8 unit, guint8 other_unit, const guint8 bytes[4],
                            gboolean is_binary, gboolean is_stored, gboolean msb_first)
{
    gboolean historic = is_stored || unit == UNIT_OF_OTHER;
    char key[EN_KEY_MAX];
    guint64 number = en_load (bytes, 4, msb_first);
    gint exponent;
    guint row = fixed_row (unit == UNIT_OF_OTHER ? other_unit : unit, &exponent);
    MgMeaning meaning =
        MG_INIT (MgMeaning, .quantity = fixed_units[row].quantity, .kind = fixed_units[row].kind,
                 .unit = fixed_units[row].unit, .storage = historic ? 1 : 0, .raw = bytes, .raw_len = 4);
    MgValue value;

    en_key_fixed (counter, historic, key);
    if (is_binary || en_bcd (number, &number))
        value = en_decimal ((gint64) number, exponent);
    else
        value = en_unfit (bytes, 4);
    if (!is_binary && meaning.kind == MG_POINT_COUNTER)
        meaning.wrap = en_decimal (1, exponent + 8);
    return mg_readout_add (out, key, &meaning, value, value.type == MG_VALUE_DECIMAL ? 0 : MG_QUALITY_NO_DATA);
}
