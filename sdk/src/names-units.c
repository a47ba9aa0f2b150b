/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names-units.c: our units, and the units of the concentrator's table 27 (en13757-tables.md). */
#include <metergate.h>

#include <host/mgh-names.h>
#include <string.h>

enum { INDEX_NONE = 0, INDEX_DIMENSIONLESS = 22 };

typedef struct {
    const char *text, *nick;
    guint8 index; /* of table 27; 22 also where it has none */
    gint8 shift;  /* added to the exponent for that index: its unit may have a prefix of its own */
    guint8 prefixes;
} UnitRow;

#define NO_INDEX INDEX_DIMENSIONLESS, 0

static const UnitRow units[] = {
    [MG_UNIT_NONE] = { "", "none", INDEX_NONE, 0, 0 },
    [MG_UNIT_OTHER] = { "", "other", NO_INDEX, 0 },
    [MG_UNIT_BITS] = { "", "bits", 1, 0, 0 },
    [MG_UNIT_COUNT] = { "", "count", NO_INDEX, 0 },
    [MG_UNIT_PERCENT] = { "%", "percent", 37, 0, 0 },
    [MG_UNIT_HCA] = { "HCA", "hca", NO_INDEX, 0 },
    [MG_UNIT_CURRENCY] = { "", "currency", 2, 0, 0 },
    [MG_UNIT_WH] = { "Wh", "Wh", 5, 0, 1 },
    [MG_UNIT_VARH] = { "varh", "varh", 34, -3, 1 },
    [MG_UNIT_VAH] = { "VAh", "VAh", NO_INDEX, 1 },
    [MG_UNIT_W] = { "W", "W", 13, 0, 1 },
    [MG_UNIT_VAR] = { "var", "var", 35, -3, 1 },
    [MG_UNIT_VA] = { "VA", "VA", NO_INDEX, 1 },
    [MG_UNIT_V] = { "V", "V", 3, 0, 1 },
    [MG_UNIT_A] = { "A", "A", 4, 0, 1 },
    [MG_UNIT_HZ] = { "Hz", "Hz", 40, 0, 1 },
    [MG_UNIT_DEGREE] = { "°", "degree", 39, 0, 0 },
    [MG_UNIT_OHM] = { "Ω", "ohm", NO_INDEX, 1 },
    [MG_UNIT_AH] = { "Ah", "Ah", NO_INDEX, 1 },
    [MG_UNIT_V2H] = { "V²h", "V2h", NO_INDEX, 0 },
    [MG_UNIT_A2H] = { "A²h", "A2h", NO_INDEX, 0 },
    [MG_UNIT_PER_WH] = { "1/Wh", "per-Wh", NO_INDEX, 0 },
    [MG_UNIT_PER_VARH] = { "1/varh", "per-varh", NO_INDEX, 0 },
    [MG_UNIT_J] = { "J", "J", 6, 0, 1 },
    [MG_UNIT_J_PER_H] = { "J/h", "J/h", 14, 0, 1 },
    [MG_UNIT_CAL] = { "cal", "cal", 36, 0, 1 },
    [MG_UNIT_BTU] = { "BTU", "BTU", 41, -3, 1 },
    [MG_UNIT_BTU_PER_S] = { "BTU/s", "BTU/s", 42, 3, 1 },
    [MG_UNIT_BTU_PER_H] = { "BTU/h", "BTU/h", NO_INDEX, 1 },
    [MG_UNIT_THERM] = { "thm", "therm", NO_INDEX, 0 },
    [MG_UNIT_CELSIUS] = { "°C", "celsius", 19, 0, 0 },
    [MG_UNIT_KELVIN] = { "K", "kelvin", 20, 0, 0 },
    [MG_UNIT_FAHRENHEIT] = { "°F", "fahrenheit", 47, 0, 0 },
    [MG_UNIT_J_PER_KG] = { "J/kg", "J/kg", NO_INDEX, 1 },
    [MG_UNIT_M3] = { "m³", "m3", 7, 0, 0 },
    [MG_UNIT_M3_NORM] = { "Nm³", "Nm3", NO_INDEX, 0 },
    [MG_UNIT_M3_PER_H] = { "m³/h", "m3/h", 15, 0, 0 },
    [MG_UNIT_M3_PER_MIN] = { "m³/min", "m3/min", 16, 0, 0 },
    [MG_UNIT_M3_PER_S] = { "m³/s", "m3/s", 17, 0, 0 },
    [MG_UNIT_M3_NORM_PER_H] = { "Nm³/h", "Nm3/h", NO_INDEX, 0 },
    [MG_UNIT_KG] = { "kg", "kg", 8, 0, 0 },
    [MG_UNIT_KG_PER_H] = { "kg/h", "kg/h", 18, 0, 0 },
    [MG_UNIT_KG_PER_S] = { "kg/s", "kg/s", NO_INDEX, 0 },
    [MG_UNIT_BAR] = { "bar", "bar", 21, 0, 1 },
    [MG_UNIT_ATM] = { "atm", "atm", NO_INDEX, 0 },
    [MG_UNIT_PSI] = { "psi", "psi", NO_INDEX, 0 },
    [MG_UNIT_FT3] = { "ft³", "ft3", 38, 0, 0 },
    [MG_UNIT_FT3_PER_H] = { "ft³/h", "ft3/h", NO_INDEX, 0 },
    [MG_UNIT_US_GAL] = { "US gal", "USgal", 43, 0, 0 },
    [MG_UNIT_US_GAL_PER_S] = { "US gal/s", "USgal/s", 44, 0, 0 },
    [MG_UNIT_US_GAL_PER_MIN] = { "US gal/min", "USgal/min", 45, 0, 0 },
    [MG_UNIT_US_GAL_PER_H] = { "US gal/h", "USgal/h", 46, 0, 0 },
    [MG_UNIT_WH_PER_M3] = { "Wh/m³", "Wh/m3", NO_INDEX, 1 },
    [MG_UNIT_J_PER_M3] = { "J/m³", "J/m3", NO_INDEX, 1 },
    [MG_UNIT_KG_PER_M3] = { "kg/m³", "kg/m3", NO_INDEX, 0 },
    [MG_UNIT_MOL_PERCENT] = { "mol%", "mol-percent", NO_INDEX, 0 },
    [MG_UNIT_PER_M3] = { "1/m³", "per-m3", NO_INDEX, 0 },
    [MG_UNIT_S] = { "s", "s", 9, 0, 1 },
    [MG_UNIT_MIN] = { "min", "min", 10, 0, 0 },
    [MG_UNIT_H] = { "h", "h", 11, 0, 0 },
    [MG_UNIT_D] = { "d", "d", 12, 0, 0 },
    [MG_UNIT_MONTH] = { "mon", "month", 28, 0, 0 },
    [MG_UNIT_YEAR] = { "y", "year", 29, 0, 0 },
    [MG_UNIT_BAUD] = { "bd", "baud", 26, 0, 0 },
    [MG_UNIT_BIT_TIME] = { "bt", "bit-time", 27, 0, 0 },
    [MG_UNIT_DBM] = { "dBm", "dBm", 31, 0, 0 },
    [MG_UNIT_DB] = { "dB", "dB", NO_INDEX, 0 },
    [MG_UNIT_M] = { "m", "m", NO_INDEX, 1 },
    [MG_UNIT_M_PER_S] = { "m/s", "m/s", NO_INDEX, 0 },
    [MG_UNIT_LUX] = { "lx", "lux", NO_INDEX, 1 },
};

/* Spellings beside text and nick; those with a power of ten are not units of ours. */
static const struct {
    const char *text;
    guint32 unit;
    gint8 exponent;
    guint8 prefixes;
} aliases[] = {
    { "l", MG_UNIT_M3, -3, 1 },         { "L", MG_UNIT_M3, -3, 1 },
    { "l/h", MG_UNIT_M3_PER_H, -3, 1 }, { "l/min", MG_UNIT_M3_PER_MIN, -3, 1 },
    { "l/s", MG_UNIT_M3_PER_S, -3, 1 }, { "g", MG_UNIT_KG, -3, 1 },
    { "t", MG_UNIT_KG, 3, 1 },          { "t/h", MG_UNIT_KG_PER_H, 3, 1 },
    { "Pa", MG_UNIT_BAR, -5, 1 },       { "hPa", MG_UNIT_BAR, -3, 0 },
    { "C", MG_UNIT_CELSIUS, 0, 0 },     { "F", MG_UNIT_FAHRENHEIT, 0, 0 },
    { "m3n", MG_UNIT_M3_NORM, 0, 0 },   { "HCA", MG_UNIT_HCA, 0, 0 },
    { "min.", MG_UNIT_MIN, 0, 0 },
};

/* Table 27's own characters; "" where it has none. */
static const char *const index_texts[] = {
    "",    "",  "",    "V",    "A",      "Wh",   "J",      "m³",     "kg",       "s",          "min",      "h",
    "d",   "W", "J/h", "m³/h", "m³/min", "m³/s", "kg/h",   "°C",     "K",        "Bar",        "",         "",
    "",    "",  "bd",  "bt",   "mon",    "y",    "",       "dBm",    "",         "",           "kVARh",    "kVAR",
    "cal", "%", "ft³", "°",    "Hz",     "kBTU", "mBTU/s", "US gal", "US gal/s", "US gal/min", "US gal/h", "°F",
};

static const UnitRow *unit_row (guint32 unit)
{
    return unit < G_N_ELEMENTS (units) && units[unit].nick != NULL ? &units[unit] : NULL;
}

guint mgh_unit_index (guint32 unit, gint exponent, gint *index_exponent)
{
    const UnitRow *row = unit_row (unit);

    if (index_exponent != NULL)
        *index_exponent = exponent + (row != NULL ? row->shift : 0);
    return row != NULL ? row->index : INDEX_DIMENSIONLESS;
}

const char *mgh_unit_index_text (guint index)
{
    return index < G_N_ELEMENTS (index_texts) ? index_texts[index] : "";
}

const char *mgh_unit_text (guint32 unit)
{
    const UnitRow *row = unit_row (unit);

    return row != NULL ? row->text : "";
}

const char *mgh_unit_nick (guint32 unit)
{
    const UnitRow *row = unit_row (unit);

    return row != NULL ? row->nick : "other";
}

/* The unit written so, without a prefix or with one that has been taken off. */
static gboolean unit_find (const char *text, gboolean prefixed, guint32 *unit, gint *exponent)
{
    for (guint i = 0; i < G_N_ELEMENTS (units); i++)
        if (units[i].nick != NULL && (!prefixed || units[i].prefixes) &&
            (strcmp (text, units[i].nick) == 0 || (text[0] != '\0' && strcmp (text, units[i].text) == 0))) {
            *unit = i;
            *exponent = 0;
            return TRUE;
        }
    for (guint i = 0; i < G_N_ELEMENTS (aliases); i++)
        if ((!prefixed || aliases[i].prefixes) && strcmp (text, aliases[i].text) == 0) {
            *unit = aliases[i].unit;
            *exponent = aliases[i].exponent;
            return TRUE;
        }
    return FALSE;
}

gboolean mgh_unit_parse (const char *nick, guint32 *unit, gint *exponent)
{
    static const struct {
        const char *text;
        gint exponent;
    } prefixes[] = {
        { "k", 3 }, { "M", 6 }, { "G", 9 }, { "T", 12 }, { "m", -3 }, { "µ", -6 }, { "u", -6 }, { "n", -9 }
    };
    guint32 found;
    gint power;

    if (nick[0] == '\0') {
        *unit = MG_UNIT_NONE;
        *exponent = 0;
        return TRUE;
    }
    if (unit_find (nick, FALSE, unit, exponent))
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
        if (g_str_has_prefix (nick, prefixes[i].text) &&
            unit_find (nick + strlen (prefixes[i].text), TRUE, &found, &power)) {
            *unit = found;
            *exponent = power + prefixes[i].exponent;
            return TRUE;
        }
    return FALSE;
}
