/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* key.c: stable keys of M-Bus points. */
#include <en13757/key.h>

#include <string.h>

#define TEXT_IN_KEY_MAX 24u
#define VIFE_IN_KEY_MAX (2u * EN_CHAIN_MAX)

static const char hex_digits[16] = "0123456789ABCDEF";

static char *key_number (char *at, guint64 number)
{
    char digits[20];
    guint n = 0;

    do {
        digits[n++] = (char) ('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (n > 0)
        *at++ = digits[--n];
    return at;
}

static char *key_hex (char *at, guint8 byte)
{
    *at++ = hex_digits[byte >> 4];
    *at++ = hex_digits[byte & 0x0F];
    return at;
}

/* 8 hex digits stand for a text that is too long for a key */
static char *key_digest (char *at, const guint8 *text, gsize len)
{
    g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, text, len);

    for (guint i = 0; i < 8; i++)
        *at++ = g_ascii_toupper (sum[i]);
    return at;
}

/* `room`: bytes that are left for the text, whatever VIFEs follow */
static char *key_unit_text (char *at, const EnRecord *record, gsize room)
{
    guint8 text[256];
    char *start = at;
    guint len = record->unit_text_len;

    for (guint i = 0; i < len; i++)
        text[i] = record->unit_text[record->flags & EN_RECORD_MSB_FIRST ? i : len - 1 - i];
    *at++ = '\'';
    for (guint i = 0; i < len; i++) {
        gboolean prints = text[i] > 0x20 && text[i] < 0x7F;

        if ((gsize) (at - start) + (prints ? 0 : 2) > MIN (room, TEXT_IN_KEY_MAX)) {
            at = key_digest (start + 1, text, len);
            break;
        }
        if (prints) {
            *at++ = (char) text[i];
        } else {
            *at++ = '%';
            at = key_hex (at, text[i]);
        }
    }
    *at++ = '\'';
    return at;
}

static char *key_vife (char *at, const EnRecord *record)
{
    const EnVife *table = en_vife_combinable;
    gboolean verbatim = record->vif->as == EN_AS_MAKER;

    for (guint i = 0; i < record->n_vife; i++) {
        const EnVife *row = &table[record->vife[i] & 0x7F];

        table = en_vife_combinable;
        if (verbatim) {
            at = key_hex (at, record->vife[i]);
            continue;
        }
        if (row->effect == EN_EFFECT_ERROR)
            continue;
        if (row->effect == EN_EFFECT_EXTENDED)
            table = en_vife_extended;
        verbatim = row->effect == EN_EFFECT_MAKER;
        at = key_hex (at, row->key);
    }
    return at;
}

gsize en_key (const EnRecord *record, char key[EN_KEY_MAX])
{
    char *at = key;

    if (record->flags & EN_RECORD_MANUFACTURER) {
        memcpy (key, "0.0.0.0:0F", sizeof "0.0.0.0:0F");
        return sizeof "0.0.0.0:0F" - 1;
    }
    at = key_number (at, record->func);
    *at++ = '.';
    at = key_number (at, record->storage);
    *at++ = '.';
    at = key_number (at, record->tariff);
    *at++ = '.';
    at = key_number (at, record->subunit);
    *at++ = ':';
    if (record->flags & EN_RECORD_EXTENSION) {
        at = key_hex (at, record->vif_code);
        if (record->flags & EN_RECORD_LEVEL2)
            at = key_hex (at, 0x7D);
        at = key_hex (at, record->code);
    } else {
        at = key_hex (at, en_vif_primary[record->vif_code].key);
        if (record->flags & EN_RECORD_PLAIN)
            at = key_unit_text (at, record, EN_KEY_MAX - 1 - (gsize) (at - key) - VIFE_IN_KEY_MAX - 2);
    }
    at = key_vife (at, record);
    *at = '\0';
    return (gsize) (at - key);
}

gsize en_key_fixed (guint counter, gboolean historic, char key[EN_KEY_MAX])
{
    return (gsize) g_snprintf (key, EN_KEY_MAX, "0.%u.0.0:fixed%u", historic ? 1u : 0u, counter);
}

gsize en_key_alarm (char key[EN_KEY_MAX])
{
    return (gsize) g_snprintf (key, EN_KEY_MAX, "0.0.0.0:alarm");
}
