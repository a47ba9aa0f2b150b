/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record.c: data records of EN 13757-3, clause 6: DIB, VIB, data. */
#include <en13757/record.h>

#include "number.h"

/* bytes of each data field; the marks are told apart by the reader */
#define LEN_LVAR 0xFE
static const guint8 en_field_len[16] = { 0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, LEN_LVAR, 6, 0 };

static gboolean en_stop (EnReader *reader, EnStop why)
{
    reader->stop = why;
    return FALSE;
}

static const guint8 *en_lost (EnReader *reader, EnStop why)
{
    reader->stop = why;
    return NULL;
}

static gboolean en_printable (guint8 c)
{
    return (c >= 0x20 && c <= 0x7E) || c >= 0xA0;
}

/* DIFEs: the least significant part comes first (EN 13757-3, 6.3.5). */
static const guint8 *en_read_dife (const guint8 *p, EnReader *reader, EnRecord *record)
{
    guint n = 0;
    guint8 dife;

    do {
        if (n == EN_CHAIN_MAX)
            return en_lost (reader, EN_STOP_TOO_MANY_DIFE);
        if (p == reader->end)
            return en_lost (reader, EN_STOP_TRUNCATED);
        dife = *p++;
        record->storage |= (guint64) (dife & 0x0F) << (1 + 4 * n);
        record->tariff |= (guint32) (dife >> 4 & 3) << (2 * n);
        record->subunit = (guint16) (record->subunit | (dife >> 6 & 1) << n);
        n++;
    } while (dife & 0x80);
    return p;
}

/* A plain text unit stands right behind the VIF, or behind its VIFEs: makers read the norm either way. */
static gboolean en_text_is_first (const guint8 *p, const guint8 *end)
{
    guint len;

    if (p == end || *p == 0 || *p >= 0x20)
        return FALSE;
    len = *p;
    if (len > (gsize) (end - p) - 1)
        return FALSE;
    for (guint i = 1; i <= len; i++)
        if (!en_printable (p[i]))
            return FALSE;
    return TRUE;
}

static const guint8 *en_read_unit_text (const guint8 *p, EnReader *reader, EnRecord *record)
{
    if (p == reader->end || *p > (gsize) (reader->end - p) - 1)
        return en_lost (reader, EN_STOP_TRUNCATED);
    record->unit_text_len = *p;
    record->unit_text = p + 1;
    return p + 1 + *p;
}

typedef struct {
    guint8 as; /* EnAs */
    gint exponent;
    guint n; /* VIFE bytes so far, the true VIF among them */
} EnChain;

/* What one VIFE does to how the data are read (EN 13757-3, table 16). Returns the table of the next VIFE. */
static inline const EnVife *en_apply_vife (const EnVife *row, EnRecord *record, EnChain *chain)
{
    record->quality = (guint16) (record->quality | row->quality);
    switch (row->effect) {
    case EN_EFFECT_SCALE:
        chain->exponent += row->exponent;
        break;
    case EN_EFFECT_DATE:
        chain->as = EN_AS_TIME;
        record->flags |= EN_RECORD_DATE_VIFE;
        break;
    case EN_EFFECT_COUNT:
    case EN_EFFECT_DURATION:
        chain->as = EN_AS_UNSIGNED;
        chain->exponent = 0;
        break;
    case EN_EFFECT_BYTES:
        chain->as = EN_AS_BYTES;
        break;
    case EN_EFFECT_FOREIGN:
        chain->exponent = 0;
        break;
    case EN_EFFECT_UNSIGNED:
        chain->as = EN_AS_UNSIGNED;
        break;
    case EN_EFFECT_BITS:
        chain->as = EN_AS_BITS;
        break;
    case EN_EFFECT_EXTENDED:
        return en_vife_extended;
    case EN_EFFECT_MAKER:
        record->flags |= EN_RECORD_MAKER_CHAIN;
        break;
    default:
        break;
    }
    return en_vife_combinable;
}

static const guint8 *en_read_vife (const guint8 *p, EnReader *reader, EnRecord *record, EnChain *chain)
{
    const EnVife *table = en_vife_combinable;
    guint8 code;

    record->vife = p;
    do {
        if (chain->n == EN_CHAIN_MAX)
            return en_lost (reader, EN_STOP_TOO_MANY_VIFE);
        if (p == reader->end)
            return en_lost (reader, EN_STOP_TRUNCATED);
        code = *p++;
        chain->n++;
        record->n_vife++;
        if (!(record->flags & EN_RECORD_MAKER_CHAIN))
            table = en_apply_vife (&table[code & 0x7F], record, chain);
    } while (code & 0x80);
    return p;
}

/* The true VIF is in an extension table (EN 13757-3, 6.4.3). */
static const guint8 *en_read_extension (const guint8 *p, guint8 *code, EnReader *reader, EnRecord *record,
                                        EnChain *chain)
{
    const EnVif *table = record->vif->as == EN_AS_FIRST ? en_vif_first : en_vif_second;

    if (!(*code & 0x80)) { /* 7B, 7D, 6F: a table is named, and nothing of it follows */
        record->vif = &en_vif_reserved;
        return p;
    }
    if (p == reader->end)
        return en_lost (reader, EN_STOP_TRUNCATED);
    *code = *p++;
    chain->n++;
    record->flags |= EN_RECORD_EXTENSION;
    if (record->vif->as == EN_AS_THIRD) {
        record->vif = &en_vif_reserved;
        record->code = *code & 0x7F;
    } else {
        record->vif = &table[*code & 0x7F];
        if (record->vif->as == EN_AS_LEVEL2 && *code & 0x80) {
            if (p == reader->end)
                return en_lost (reader, EN_STOP_TRUNCATED);
            record->flags |= EN_RECORD_LEVEL2;
            *code = *p++;
            chain->n++;
            record->vif = &en_vif_level2[*code & 0x7F];
        }
        record->code = record->vif->key;
    }
    return p;
}

static const guint8 *en_read_vib (const guint8 *p, EnReader *reader, EnRecord *record, EnChain *chain)
{
    guint8 code;

    if (p == reader->end)
        return en_lost (reader, EN_STOP_TRUNCATED);
    code = *p++;
    record->vif_code = code & 0x7F;
    record->vif = &en_vif_primary[code & 0x7F];
    chain->as = record->vif->as;
    if (G_UNLIKELY (chain->as >= EN_AS_FIRST)) {
        if (chain->as == EN_AS_MAKER)
            record->flags |= EN_RECORD_MAKER_CHAIN;
        else if (chain->as == EN_AS_PLAIN)
            record->flags |= EN_RECORD_PLAIN;
        else if ((p = en_read_extension (p, &code, reader, record, chain)) == NULL)
            return NULL;
        chain->as = record->vif->as >= EN_AS_FIRST ? EN_AS_NUMBER : record->vif->as;
    }
    chain->exponent = record->vif->exponent;
    if (G_UNLIKELY (record->flags & EN_RECORD_PLAIN) && en_text_is_first (p, reader->end) &&
        (p = en_read_unit_text (p, reader, record)) == NULL)
        return NULL;
    if (code & 0x80 && (p = en_read_vife (p, reader, record, chain)) == NULL)
        return NULL;
    if (G_UNLIKELY (record->flags & EN_RECORD_PLAIN) && record->unit_text == NULL)
        p = en_read_unit_text (p, reader, record);
    return p;
}

static void en_set_integer (EnRecord *record, const EnChain *chain, gsize len, gboolean msb_first)
{
    guint64 x = en_load (record->data, len, msb_first);
    guint shift = (guint) (64 - 8 * len);
    gint64 number;

    if (chain->as == EN_AS_NUMBER) {
        number = (gint64) (x << shift) >> shift;
        if (G_UNLIKELY (x == G_GUINT64_CONSTANT (1) << (8 * len - 1))) { /* type B: most negative is invalid */
            record->value = en_unfit (record->data, len);
            record->quality |= MG_QUALITY_NO_DATA;
            return;
        }
    } else {
        number = (gint64) x;
        if (number < 0 || (chain->as != EN_AS_BITS && x == G_MAXUINT64 >> shift)) { /* type C: all ones are invalid */
            record->value = en_unfit (record->data, len);
            record->quality |= MG_QUALITY_NO_DATA;
            return;
        }
    }
    record->value = en_decimal (number, chain->exponent);
}

/* Type A: F in the top digit is a minus for the others; any other letter is what displays show, not a number. */
static void en_set_bcd (EnRecord *record, const EnChain *chain, gsize len, gboolean msb_first, gboolean negative)
{
    guint64 x = len <= 8 ? en_load (record->data, len, msb_first) : 0, number;
    guint top = (guint) (8 * len - 4);

    if (len == 0) {
        record->value = (MgValue){ 0 };
        return;
    }
    if (len <= 8 && x >> top == 0x0F && !negative) {
        x &= (G_GUINT64_CONSTANT (1) << top) - 1;
        negative = TRUE;
    }
    if (G_UNLIKELY (len > 8)) { /* LVAR C9, D9: 18 digits; more do not fit */
        guint64 low, high = msb_first ? record->data[0] : record->data[8];

        low = en_load (msb_first ? record->data + 1 : record->data, 8, msb_first);
        if (len == 9 && en_bcd (high, &high) && en_bcd (low, &number)) {
            number += high * G_GUINT64_CONSTANT (10000000000000000);
            record->value = en_decimal (negative ? -(gint64) number : (gint64) number, chain->exponent);
            return;
        }
    } else if (G_LIKELY (en_bcd (x, &number))) {
        record->value = en_decimal (negative ? -(gint64) number : (gint64) number, chain->exponent);
        return;
    }
    record->value = en_unfit (record->data, len);
    record->quality |= MG_QUALITY_NO_DATA;
}

static void en_set_time (EnRecord *record, gsize len, gboolean msb_first)
{
    guint8 turned[6];
    const guint8 *p = record->data;

    if (msb_first && len <= sizeof turned) {
        for (gsize i = 0; i < len; i++)
            turned[i] = record->data[len - 1 - i];
        p = turned;
    }
    record->value = en_time (p, len);
    if (record->value.type == MG_VALUE_BYTES) {
        record->value.v.data = record->data;
        record->quality |= MG_QUALITY_NO_DATA;
    } else if (record->value.type == MG_VALUE_DECIMAL) {
        record->flags |= EN_RECORD_TIME_OF_DAY;
    } else if (record->value.flags & MG_TIME_INVALID) {
        record->quality |= MG_QUALITY_CLOCK_DOUBTFUL;
    }
}

static void en_set_real (EnRecord *record, const EnChain *chain, gboolean msb_first)
{
    record->value = mg_value_from_ieee (record->data, 4, msb_first ? MG_BE : MG_LE, chain->exponent);
    if (record->value.type != MG_VALUE_DECIMAL)
        record->quality |= MG_QUALITY_NO_DATA;
}

/* The first data byte says length and kind (EN 13757-3, table 5). */
static const guint8 *en_read_lvar (const guint8 *p, EnReader *reader, EnRecord *record, const EnChain *chain)
{
    guint8 lvar;
    gsize len;

    if (p == reader->end)
        return en_lost (reader, EN_STOP_TRUNCATED);
    lvar = *p++;
    if (lvar <= 0xBF)
        len = lvar;
    else if (lvar <= 0xEF)
        len = lvar & 0x0F;
    else if (lvar <= 0xF4)
        len = 4u * (lvar - 0xECu);
    else if (lvar <= 0xF6)
        len = lvar == 0xF5 ? 48 : 64;
    else
        return en_lost (reader, EN_STOP_LVAR);
    if (len > (gsize) (reader->end - p))
        return en_lost (reader, EN_STOP_TRUNCATED);
    record->data = p;
    record->data_len = (guint16) len;
    if (chain->as == EN_AS_BYTES || chain->as == EN_AS_TIME || lvar >= 0xF0 ||
        (lvar >= 0xE0 && (len == 0 || len > 8))) {
        record->value = en_bytes (p, len);
    } else if (lvar <= 0xBF) {
        record->value = en_bytes (p, len);
        record->flags |= EN_RECORD_TEXT;
    } else if (lvar >= 0xE0) {
        en_set_integer (record, chain, len, reader->msb_first);
    } else {
        en_set_bcd (record, chain, len, reader->msb_first, lvar >= 0xD0);
    }
    return p + len;
}

static void en_set_value (EnRecord *record, const EnChain *chain, guint field, gsize len, gboolean msb_first)
{
    gboolean is_bcd = field >= 9;

    if (len == 0) {
        record->value = (MgValue){ 0 };
    } else if (G_UNLIKELY (chain->as == EN_AS_TIME) && !(is_bcd || field == 5)) {
        en_set_time (record, len, msb_first);
    } else if (G_UNLIKELY (chain->as == EN_AS_BYTES) || (chain->as == EN_AS_IDENTITY && !is_bcd && len == 8)) {
        record->value = en_bytes (record->data, len);
    } else if (is_bcd) {
        en_set_bcd (record, chain, len, msb_first, FALSE);
    } else if (field == 5) {
        en_set_real (record, chain, msb_first);
    } else {
        en_set_integer (record, chain, len, msb_first);
    }
}

static gboolean en_finish (EnReader *reader, EnRecord *record, const guint8 *p)
{
    record->raw_len = (guint16) (p - record->raw);
    reader->at = p;
    return TRUE;
}

/* DIF xF: no VIF follows (EN 13757-3, table 6). */
static gboolean en_read_special (EnReader *reader, EnRecord *record, guint8 dif)
{
    if (dif != 0x0F && dif != 0x1F)
        return en_stop (reader, EN_STOP_DIF);
    if (dif == 0x1F)
        reader->more_follow = TRUE;
    record->func = MG_FUNC_INSTANT;
    record->flags |= EN_RECORD_MANUFACTURER;
    record->vif = &en_vif_reserved;
    record->head_len = 1;
    record->data = record->raw + 1;
    record->data_len = (guint16) (reader->end - record->data);
    if (record->data_len > 0)
        record->value = en_bytes (record->data, record->data_len);
    return en_finish (reader, record, reader->end);
}

/* Field by field: for a structure literal compilers clear the memory with a string instruction that costs more than the
 * rest. */
static inline void en_begin (EnRecord *record, const guint8 *dif, gboolean msb_first)
{
    record->raw = dif;
    record->data = record->vife = record->unit_text = NULL;
    record->vif = NULL;
    record->value.type = MG_VALUE_NONE;
    record->value.exponent = 0;
    record->value.flags = 0;
    record->value.len = 0;
    record->value.v.number = 0;
    record->storage = *dif >> 6 & 1;
    record->tariff = 0;
    record->subunit = 0;
    record->raw_len = record->head_len = record->data_len = 0;
    record->quality = 0;
    record->flags = msb_first ? EN_RECORD_MSB_FIRST : 0;
    record->func = *dif >> 4 & 3;
    record->vif_code = record->code = record->n_vife = record->unit_text_len = 0;
}

gboolean en_record_next (EnReader *reader, EnRecord *record)
{
    const guint8 *p = reader->at;
    EnChain chain = { 0 };
    guint8 dif, field;
    gsize len;

    while (p < reader->end && *p == 0x2F)
        p++;
    reader->at = p;
    if (p == reader->end || reader->stop != EN_STOP_END)
        return FALSE;
    dif = *p;
    field = dif & 0x0F;
    en_begin (record, p, reader->msb_first);
    p++;
    if (G_UNLIKELY (field == 0x0F))
        return en_read_special (reader, record, dif);
    if (dif & 0x80 && (p = en_read_dife (p, reader, record)) == NULL)
        return FALSE;
    if ((p = en_read_vib (p, reader, record, &chain)) == NULL)
        return FALSE;
    record->head_len = (guint16) (p - record->raw);
    len = en_field_len[field];
    if (G_UNLIKELY (len == LEN_LVAR)) {
        if ((p = en_read_lvar (p, reader, record, &chain)) == NULL)
            return FALSE;
        return en_finish (reader, record, p);
    }
    if (len > (gsize) (reader->end - p))
        return en_stop (reader, EN_STOP_TRUNCATED);
    record->data = p;
    record->data_len = (guint16) len;
    en_set_value (record, &chain, field, len, reader->msb_first);
    return en_finish (reader, record, p + len);
}

guint en_records_read (EnReader *reader, EnRecord *records, guint max)
{
    guint n = 0;

    while (n < max && en_record_next (reader, &records[n]))
        n++;
    return n;
}

static gsize en_readable (const guint8 *p, gsize len, gboolean msb_first, char text[EN_TEXT_MAX])
{
    gsize n = 0;

    for (gsize i = 0; i < len && n + 3 <= EN_TEXT_MAX; i++) {
        guint8 c = msb_first ? p[i] : p[len - 1 - i];

        if (c < 0x80) {
            text[n++] = (char) c;
        } else {
            text[n++] = (char) (0xC0 | c >> 6);
            text[n++] = (char) (0x80 | (c & 0x3F));
        }
    }
    text[n] = '\0';
    return n;
}

gsize en_record_text (const EnRecord *record, char text[EN_TEXT_MAX])
{
    gboolean is_text = record->flags & EN_RECORD_TEXT;

    return en_readable (record->data, is_text ? record->data_len : 0, record->flags & EN_RECORD_MSB_FIRST, text);
}

gsize en_record_unit_text (const EnRecord *record, char text[EN_TEXT_MAX])
{
    return en_readable (record->unit_text, record->unit_text_len, record->flags & EN_RECORD_MSB_FIRST, text);
}

const char *en_stop_code (EnStop stop)
{
    static const char *const codes[] = {
        NULL, "truncated", "too-many-dife", "too-many-vife", "truncated", "truncated"
    };

    return codes[stop];
}

void en_stop_describe (const EnReader *reader, const guint8 *start, char *buf, gsize size)
{
    static const char *const why[] = {
        [EN_STOP_END] = "nothing",
        [EN_STOP_TRUNCATED] = "the telegram ends within it",
        [EN_STOP_TOO_MANY_DIFE] = "more than 10 DIFE",
        [EN_STOP_TOO_MANY_VIFE] = "more than 10 VIFE",
        [EN_STOP_DIF] = "a reserved DIF, so its length is unknown",
        [EN_STOP_LVAR] = "a reserved LVAR, so its length is unknown",
    };

    g_snprintf (buf, size, "record at byte %u of the data (DIF %02X): %s", (guint) (reader->at - start),
                reader->at < reader->end ? *reader->at : 0u, why[reader->stop]);
}
