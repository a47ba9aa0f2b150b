/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meaning.c: what records mean: VIF rows changed by VIFEs (EN 13757-3, 6.4), and when they were measured. */
#include <en13757/meaning.h>

#include <string.h>

/* A quotient that has a unit of its own. */
static const struct {
    guint8 unit, per, quotient;
    const char *quantity;
} quotients[] = {
    { MG_UNIT_M3, MG_UNIT_H, MG_UNIT_M3_PER_H, "flow.volume" },
    { MG_UNIT_M3, MG_UNIT_MIN, MG_UNIT_M3_PER_MIN, "flow.volume.extended" },
    { MG_UNIT_M3, MG_UNIT_S, MG_UNIT_M3_PER_S, "flow.volume.extended" },
    { MG_UNIT_KG, MG_UNIT_H, MG_UNIT_KG_PER_H, "flow.mass" },
    { MG_UNIT_KG, MG_UNIT_S, MG_UNIT_KG_PER_S, "flow.mass" },
    { MG_UNIT_J, MG_UNIT_H, MG_UNIT_J_PER_H, "power" },
    { MG_UNIT_WH, MG_UNIT_M3, MG_UNIT_WH_PER_M3, "other" },
    { MG_UNIT_J, MG_UNIT_M3, MG_UNIT_J_PER_M3, "other" },
    { MG_UNIT_KG, MG_UNIT_M3, MG_UNIT_KG_PER_M3, "other" },
};

/* units as they stand in a composed text: "Wh/d" */
static const char *const unit_words[] = {
    [MG_UNIT_PERCENT] = "%",
    [MG_UNIT_HCA] = "HCA",
    [MG_UNIT_WH] = "Wh",
    [MG_UNIT_VARH] = "varh",
    [MG_UNIT_VAH] = "VAh",
    [MG_UNIT_W] = "W",
    [MG_UNIT_VAR] = "var",
    [MG_UNIT_VA] = "VA",
    [MG_UNIT_V] = "V",
    [MG_UNIT_A] = "A",
    [MG_UNIT_HZ] = "Hz",
    [MG_UNIT_J] = "J",
    [MG_UNIT_J_PER_H] = "J/h",
    [MG_UNIT_CAL] = "cal",
    [MG_UNIT_CELSIUS] = "°C",
    [MG_UNIT_KELVIN] = "K",
    [MG_UNIT_M3] = "m3",
    [MG_UNIT_M3_PER_H] = "m3/h",
    [MG_UNIT_M3_PER_MIN] = "m3/min",
    [MG_UNIT_M3_PER_S] = "m3/s",
    [MG_UNIT_KG] = "kg",
    [MG_UNIT_KG_PER_H] = "kg/h",
    [MG_UNIT_BAR] = "bar",
    [MG_UNIT_FT3] = "ft3",
    [MG_UNIT_US_GAL] = "US gal",
    [MG_UNIT_S] = "s",
    [MG_UNIT_MIN] = "min",
    [MG_UNIT_H] = "h",
    [MG_UNIT_D] = "d",
};

static void words_append (char *text, const char *separator, const char *more)
{
    gsize n = strlen (text);

    g_snprintf (text + n, EN_TEXT_MAX - n, "%s%s", n > 0 ? separator : "", more);
}

static void meaning_compose_unit (MgMeaning *meaning, EnWords *words, const char *sign, const char *text)
{
    const char *unit = meaning->unit < G_N_ELEMENTS (unit_words) ? unit_words[meaning->unit] : NULL;

    if (meaning->unit_text != words->unit)
        g_strlcpy (words->unit,
                   meaning->unit_text != NULL ? meaning->unit_text
                   : unit != NULL             ? unit
                                              : "1",
                   EN_TEXT_MAX);
    words_append (words->unit, sign, text);
    meaning->unit = MG_UNIT_OTHER;
    meaning->unit_text = words->unit;
    meaning->quantity = "other";
    meaning->kind = MG_POINT_GAUGE;
}

static void meaning_divide (MgMeaning *meaning, EnWords *words, const EnVife *row)
{
    for (guint i = 0; i < G_N_ELEMENTS (quotients); i++)
        if (quotients[i].unit == meaning->unit && quotients[i].per == row->unit) {
            meaning->unit = quotients[i].quotient;
            meaning->quantity = quotients[i].quantity;
            meaning->kind = MG_POINT_GAUGE;
            return;
        }
    meaning_compose_unit (meaning, words, "/", row->text);
}

static void meaning_set (MgMeaning *meaning, const char *quantity, guint32 unit, guint32 kind)
{
    meaning->quantity = quantity;
    meaning->unit = unit;
    meaning->unit_text = NULL;
    meaning->kind = kind;
}

static void meaning_apply (MgMeaning *meaning, EnWords *words, const EnVife *row)
{
    switch (row->effect) {
    case EN_EFFECT_PER:
        meaning_divide (meaning, words, row);
        return;
    case EN_EFFECT_TIMES:
        meaning_compose_unit (meaning, words, " ", row->text);
        return;
    case EN_EFFECT_AVERAGE:
        if (meaning->func == MG_FUNC_INSTANT)
            meaning->func = MG_FUNC_AVERAGE;
        return;
    case EN_EFFECT_ERROR:
    case EN_EFFECT_SCALE:
        return;
    case EN_EFFECT_DATE:
        meaning_set (meaning, row->quantity, MG_UNIT_NONE, MG_POINT_TIME);
        break;
    case EN_EFFECT_COUNT:
        meaning_set (meaning, row->quantity, MG_UNIT_COUNT, MG_POINT_COUNTER);
        break;
    case EN_EFFECT_DURATION:
        meaning_set (meaning, row->quantity, row->unit, MG_POINT_GAUGE);
        break;
    case EN_EFFECT_BYTES:
        meaning_set (meaning, meaning->quantity, MG_UNIT_NONE, MG_POINT_TEXT);
        break;
    case EN_EFFECT_FOREIGN:
        meaning_set (meaning, "other", MG_UNIT_NONE, MG_POINT_GAUGE);
        break;
    default:
        break;
    }
    if (row->text != NULL) {
        words_append (words->name, ", ", row->text);
        meaning->name = words->name;
    }
}

static void meaning_apply_vife (const EnRecord *record, MgMeaning *meaning, EnWords *words)
{
    const EnVife *table = en_vife_combinable;

    words->name[0] = '\0';
    if (meaning->name != NULL)
        g_strlcpy (words->name, meaning->name, EN_TEXT_MAX);
    if (record->vif->as == EN_AS_MAKER)
        return;
    for (guint i = 0; i < record->n_vife; i++) {
        const EnVife *row = &table[record->vife[i] & 0x7F];

        if (row->effect == EN_EFFECT_MAKER)
            return;
        table = row->effect == EN_EFFECT_EXTENDED ? en_vife_extended : en_vife_combinable;
        meaning_apply (meaning, words, row);
    }
}

/* A BCD counter starts again behind its last digit; where a binary one does, the meter does not say. */
static MgValue meaning_wrap (const EnRecord *record)
{
    static const guint8 digits[16] = { [0x09] = 2, [0x0A] = 4, [0x0B] = 6, [0x0C] = 8, [0x0E] = 12 };
    guint8 n = digits[record->raw[0] & 0x0F];

    if (n == 0 || record->value.type != MG_VALUE_DECIMAL)
        return (MgValue){ 0 };
    return (
        MgValue){ .type = MG_VALUE_DECIMAL, .exponent = (gint8) (record->value.exponent + n), .v = { .number = 1 } };
}

void en_meaning (const EnRecord *record, MgMeaning *meaning, EnWords *words)
{
    const EnVif *vif = record->vif;

    *meaning = (MgMeaning) MG_INIT (MgMeaning, .quantity = vif->quantity, .name = vif->name, .kind = vif->kind,
                                    .unit = vif->unit, .func = record->func, .unit_text = vif->unit_text,
                                    .storage = record->storage, .tariff = record->tariff, .subunit = record->subunit,
                                    .raw = record->raw, .raw_len = record->raw_len, .raw_head_len = record->head_len);
    if (record->flags & EN_RECORD_MANUFACTURER) {
        meaning->quantity = "manufacturer-data";
        meaning->kind = MG_POINT_TEXT;
        return;
    }
    if (record->flags & EN_RECORD_PLAIN) {
        en_record_unit_text (record, words->unit);
        meaning->unit_text = words->unit;
    }
    if (record->n_vife > 0)
        meaning_apply_vife (record, meaning, words);
    if (record->flags & EN_RECORD_TIME_OF_DAY) {
        meaning_set (meaning, "duration", MG_UNIT_S, MG_POINT_GAUGE);
        meaning->name = meaning->name != NULL ? meaning->name : "time of day";
    } else if (record->flags & EN_RECORD_TEXT) {
        meaning_set (meaning, meaning->quantity, MG_UNIT_NONE, MG_POINT_TEXT);
    } else if (meaning->kind == MG_POINT_COUNTER) {
        meaning->wrap = meaning_wrap (record);
    }
}

static gboolean record_is_date (const EnRecord *record)
{
    return record->value.type == MG_VALUE_TIME && !(record->value.flags & MG_TIME_INVALID) && record->n_vife == 0 &&
           (record->vif_code == 0x6C || record->vif_code == 0x6D);
}

/* The date of its own function, tariff and subunit (the time of a maximum), else that of the storage number. */
static const EnRecord *record_find_date (const EnRecord *record, const EnRecord *const *dates, guint n)
{
    const EnRecord *general = NULL;

    for (guint i = 0; i < n; i++) {
        const EnRecord *date = dates[i];

        if (date->storage != record->storage)
            continue;
        if (date->func == record->func && date->tariff == record->tariff && date->subunit == record->subunit)
            return record->storage == 0 && record->func == MG_FUNC_INSTANT ? NULL : date;
        if (date->func == MG_FUNC_INSTANT && date->tariff == 0 && date->subunit == 0)
            general = date;
    }
    return record->storage > 0 ? general : NULL;
}

/* NUL behind a text fills it up; within one, it is none, and stays bytes. */
static MgValue text_value (const EnRecord *record, char text[EN_TEXT_MAX])
{
    gsize len = en_record_text (record, text);

    while (len > 0 && text[len - 1] == '\0')
        len--;
    return memchr (text, '\0', len) == NULL ? mg_value_text (text, (gssize) len) : record->value;
}

#define DATES_MAX 64u

guint en_readout_add (MgReadout *out, const EnRecord *records, guint n)
{
    const EnRecord *dates[DATES_MAX];
    guint n_dates = 0;

    for (guint i = 0; i < n && n_dates < DATES_MAX; i++)
        if (record_is_date (&records[i]))
            dates[n_dates++] = &records[i];
    for (guint i = 0; i < n; i++) {
        const EnRecord *record = &records[i], *date;
        char key[EN_KEY_MAX], text[EN_TEXT_MAX];
        MgValue value = record->value;
        MgMeaning meaning;
        EnWords words;
        guint reading;

        en_key (record, key);
        en_meaning (record, &meaning, &words);
        if (record->flags & EN_RECORD_TEXT)
            value = text_value (record, text);
        reading = mg_readout_add (out, key, &meaning, value, record->quality);
        if (value.type == MG_VALUE_TIME) {
            if (record_is_date (record) && record->vif_code == 0x6D && record->storage == 0 &&
                record->func == MG_FUNC_INSTANT && record->tariff == 0 && record->subunit == 0)
                mg_readout_set_clock (out, value);
            continue;
        }
        if (n_dates > 0 && !(record->flags & EN_RECORD_MANUFACTURER) &&
            (date = record_find_date (record, dates, n_dates)) != NULL)
            mg_readout_stamp (out, reading, date->value);
    }
    return n;
}
