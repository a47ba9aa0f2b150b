/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* address.c: primary and secondary addresses of M-Bus meters, from text and back. */
#include <metergate.h>

#include "address.h"

#include <string.h>

static gboolean address_refuse (const char *text, GError **error)
{
    g_set_error (
        error, MG_ERROR, MG_ERROR_CONFIG,
        "address %s: expected 0 to 250, or a secondary address such as KAM-12345678-8-4 (* and digits F for anything), "
        "12345678, 123456782D2C0804",
        text);
    return FALSE;
}

/* `digits` hex digits, no more, no less */
static gboolean address_hex (const char *text, gsize digits, guint32 *number)
{
    *number = 0;
    for (gsize i = 0; i < digits; i++) {
        gint digit = g_ascii_xdigit_value (text[i]);

        if (digit < 0)
            return FALSE;
        *number = *number << 4 | (guint32) digit;
    }
    return text[digits] == '\0';
}

static void address_set_id (MbusAddress *address, guint32 id)
{
    for (guint i = 0; i < 4; i++)
        address->mask[i] = (guint8) (id >> (8 * i));
}

static gboolean address_set_maker (MbusAddress *address, const char *text)
{
    guint32 code = 0;

    if (g_str_equal (text, "*"))
        return TRUE; /* FF FF already */
    if (strlen (text) == 3) {
        for (guint i = 0; i < 3; i++) {
            char letter = g_ascii_toupper (text[i]);

            if (letter < 'A' || letter > 'Z')
                return FALSE;
            code = code << 5 | (guint32) (letter - 'A' + 1);
        }
    } else if (!address_hex (text, 4, &code)) {
        return FALSE;
    }
    address->mask[4] = (guint8) code;
    address->mask[5] = (guint8) (code >> 8);
    return TRUE;
}

static gboolean address_set_byte (guint8 *byte, const char *text)
{
    guint64 number;

    if (g_str_equal (text, "*"))
        return TRUE;
    if (!g_ascii_string_to_unsigned (text, 10, 0, 255, &number, NULL))
        return FALSE;
    *byte = (guint8) number;
    return TRUE;
}

/* MAN-SSSSSSSS-VERSION-MEDIUM */
static gboolean address_parse_parts (MbusAddress *address, const char *text)
{
    g_auto (GStrv) parts = g_strsplit (text, "-", 5);
    guint32 id;

    if (g_strv_length (parts) != 4 || !address_set_maker (address, parts[0]) || !address_hex (parts[1], 8, &id))
        return FALSE;
    address_set_id (address, id);
    return address_set_byte (&address->mask[6], parts[2]) && address_set_byte (&address->mask[7], parts[3]);
}

gboolean mbus_address_parse (const char *text, MbusAddress *address, GError **error)
{
    g_autofree char *word = g_strstrip (g_strdup (text));
    gsize len = strlen (word);
    guint64 primary;
    guint32 id, rest;

    memset (address, 0, sizeof *address);
    if (len <= 3 && g_ascii_string_to_unsigned (word, 10, 0, 250, &primary, NULL)) {
        address->primary = (guint8) primary;
        return TRUE;
    }
    address->is_secondary = TRUE;
    memset (address->mask, 0xFF, sizeof address->mask);
    if (strchr (word, '-') != NULL)
        return address_parse_parts (address, word) || address_refuse (text, error);
    if (len == 8 && address_hex (word, 8, &id)) {
        address_set_id (address, id);
        return TRUE;
    }
    if (len == 16 && address_hex (word + 8, 8, &rest)) {
        word[8] = '\0';
        if (!address_hex (word, 8, &id))
            return address_refuse (text, error);
        address_set_id (address, id);
        for (guint i = 0; i < 4; i++) /* manufacturer in wire order, version, medium */
            address->mask[4 + i] = (guint8) (rest >> (24 - 8 * i));
        return TRUE;
    }
    return address_refuse (text, error);
}

static void address_print_byte (guint8 byte, char text[8])
{
    g_snprintf (text, 8, byte == 0xFF ? "*" : "%u", byte);
}

void mbus_address_print (const MbusAddress *address, char text[MBUS_ADDRESS_TEXT_MAX])
{
    const guint8 *m = address->mask;
    guint16 code = (guint16) (m[4] | m[5] << 8);
    char maker[8], version[8], medium[8];
    gboolean letters = TRUE;

    if (!address->is_secondary) {
        g_snprintf (text, MBUS_ADDRESS_TEXT_MAX, "%u", address->primary);
        return;
    }
    for (guint i = 0; i < 3; i++) {
        guint letter = code >> (10 - 5 * i) & 0x1F;

        letters = letters && letter >= 1 && letter <= 26;
        maker[i] = (char) ('@' + letter);
    }
    maker[3] = '\0';
    if (code == 0xFFFF)
        g_strlcpy (maker, "*", sizeof maker);
    else if (!letters || code > 0x7FFF)
        g_snprintf (maker, sizeof maker, "%04X", code);
    address_print_byte (m[6], version);
    address_print_byte (m[7], medium);
    g_snprintf (text, MBUS_ADDRESS_TEXT_MAX, "%s-%02X%02X%02X%02X-%s-%s", maker, m[3], m[2], m[1], m[0], version,
                medium);
}

gboolean mbus_address_covers (const MbusAddress *address, guint32 id, gboolean has_maker, guint16 manufacturer,
                              guint8 version, guint8 medium)
{
    const guint8 rest[] = { (guint8) manufacturer, (guint8) (manufacturer >> 8), version, medium };

    for (guint i = 0; i < 8; i++) {
        guint digit = address->mask[i / 2] >> (4 * (i % 2)) & 0x0F;

        if (digit != 0x0F && digit != (id >> (4 * i) & 0x0F))
            return FALSE;
    }
    for (guint i = 0; has_maker && i < 4; i++)
        if (address->mask[4 + i] != 0xFF && address->mask[4 + i] != rest[i])
            return FALSE;
    return TRUE;
}
