/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* setting-type.c: the types of settings: what a text of each must look like, and its normal form. */
#include <metergate.h>
#include <host/mgh-model.h>

#include "setting.h"

#include <string.h>

#define USEC G_GINT64_CONSTANT (1000000)

typedef struct {
    const char *nick;
    gint64 factor;
} SettingScale;

/* Largest first: the normal form takes the first that divides. */
static const SettingScale duration_scales[] = {
    { "d", 86400 * USEC }, { "h", 3600 * USEC }, { "min", 60 * USEC }, { "s", USEC }, { "ms", 1000 }, { "us", 1 },
};
static const SettingScale size_scales[] = {
    { "TiB", G_GINT64_CONSTANT (1) << 40 },
    { "TB", G_GINT64_CONSTANT (1000000000000) },
    { "GiB", 1 << 30 },
    { "GB", 1000000000 },
    { "MiB", 1 << 20 },
    { "MB", 1000000 },
    { "KiB", 1 << 10 },
    { "kB", 1000 },
    { "B", 1 },
};

/* ---- reading */

/* Digits only, base 10 or 16; moves *text past them. */
static gboolean read_digits (const char **text, guint base, gint64 *number)
{
    const char *p = *text;
    gint64 n = 0;

    for (; g_ascii_isxdigit (*p); p++) {
        gint digit = g_ascii_xdigit_value (*p);

        if (digit >= (gint) base)
            break;
        if (__builtin_mul_overflow (n, (gint64) base, &n) || __builtin_add_overflow (n, (gint64) digit, &n))
            return FALSE;
    }
    if (p == *text)
        return FALSE;
    *text = p;
    *number = n;
    return TRUE;
}

static gboolean read_int (const MgSetting *setting, const char *text, SettingItem *item)
{
    gboolean negative = *text == '-';
    guint base = 10;

    if (*text == '-' || *text == '+')
        text++;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    if (!read_digits (&text, base, &item->number) || *text != '\0')
        return FALSE;
    if (negative)
        item->number = -item->number;
    item->text = g_strdup_printf ("%" G_GINT64_FORMAT, item->number);
    return TRUE;
}

static gboolean read_decimal (const MgSetting *setting, const char *text, SettingItem *item)
{
    gsize size;

    if (!mg_value_parse (text, -1, &item->decimal, NULL))
        return FALSE;
    size = mg_value_print (item->decimal, '.', NULL, 0) + 1;
    item->text = g_malloc (size);
    mg_value_print (item->decimal, '.', item->text, size);
    return TRUE;
}

static gboolean read_bool (const MgSetting *setting, const char *text, SettingItem *item)
{
    static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

    for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
        if (g_ascii_strcasecmp (text, words[i]) == 0) {
            item->number = i % 2;
            item->text = g_strdup (words[i % 2]);
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean read_enum (const MgSetting *setting, const char *text, SettingItem *item)
{
    for (const MgChoice *choice = setting->choices; choice != NULL && choice->nick != NULL; choice++) {
        if (strcmp (text, choice->nick) == 0) {
            item->number = choice->value;
            return TRUE;
        }
    }
    return FALSE;
}

/* A whole number and one of the units, blanks between them allowed. */
static gboolean read_scaled (const char *text, const SettingScale *scales, guint n_scales, SettingItem *item)
{
    gint64 number;

    if (!read_digits (&text, 10, &number))
        return FALSE;
    while (*text == ' ')
        text++;
    for (guint i = 0; i < n_scales; i++) {
        if (strcmp (text, scales[i].nick) != 0)
            continue;
        if (__builtin_mul_overflow (number, scales[i].factor, &item->number))
            return FALSE;
        for (guint k = 0; k < n_scales; k++) {
            if (item->number % scales[k].factor == 0 && item->number != 0) {
                item->text =
                    g_strdup_printf ("%" G_GINT64_FORMAT "%s", item->number / scales[k].factor, scales[k].nick);
                return TRUE;
            }
        }
        return TRUE; /* nothing of anything, as it was written */
    }
    return FALSE;
}

static gboolean read_duration (const MgSetting *setting, const char *text, SettingItem *item)
{
    if (strcmp (text, "0") == 0)
        return TRUE;
    return read_scaled (text, duration_scales, G_N_ELEMENTS (duration_scales), item);
}

static gboolean read_size (const MgSetting *setting, const char *text, SettingItem *item)
{
    const char *p = text;

    if (read_digits (&p, 10, &item->number) && *p == '\0')
        return TRUE;
    return read_scaled (text, size_scales, G_N_ELEMENTS (size_scales), item);
}

gboolean setting_read_hex (const char *text, GBytes **bytes)
{
    g_autoptr (GByteArray) out = g_byte_array_new ();
    gint high = -1;

    for (; *text != '\0'; text++) {
        gint digit = g_ascii_xdigit_value (*text);

        if (*text == ' ' && high < 0)
            continue;
        if (digit < 0)
            return FALSE;
        if (high < 0) {
            high = digit;
        } else {
            guint8 byte = (guint8) (high << 4 | digit);
            g_byte_array_append (out, &byte, 1);
            high = -1;
        }
    }
    if (high >= 0)
        return FALSE;
    *bytes = g_byte_array_free_to_bytes (g_steal_pointer (&out));
    return TRUE;
}

static gboolean read_hex (const MgSetting *setting, const char *text, SettingItem *item)
{
    GString *normal;
    const guint8 *data;
    gsize len;

    if (!setting_read_hex (text, &item->bytes))
        return FALSE;
    data = g_bytes_get_data (item->bytes, &len);
    normal = g_string_sized_new (2 * len);
    for (gsize i = 0; i < len; i++)
        g_string_append_printf (normal, "%02X", data[i]);
    item->text = g_string_free (normal, FALSE);
    return TRUE;
}

static gboolean text_has_controls (const char *text)
{
    for (; *text != '\0'; text++) {
        if (g_ascii_iscntrl (*text))
            return TRUE;
    }
    return FALSE;
}

static gboolean read_string (const MgSetting *setting, const char *text, SettingItem *item)
{
    return TRUE;
}

static gboolean read_path (const MgSetting *setting, const char *text, SettingItem *item)
{
    return g_path_is_absolute (text) && strlen (text) < 4096 && !text_has_controls (text);
}

/* "host:port", "[address]:port": a colon in an address needs the brackets, so that nobody guesses. */
static gboolean read_hostport (const MgSetting *setting, const char *text, SettingItem *item)
{
    const char *allowed = "-._", *host = text, *colon = strrchr (text, ':'), *end = colon, *port;
    gint64 number;

    if (colon == NULL || text_has_controls (text))
        return FALSE;
    if (*host == '[') {
        if (*--end != ']')
            return FALSE;
        host++;
        allowed = ":.%-_"; /* % before the interface of a link-local address */
    }
    if (host == end || end - host > 253)
        return FALSE;
    for (const char *p = host; p < end; p++) {
        if (!g_ascii_isalnum (*p) && strchr (allowed, *p) == NULL)
            return FALSE;
    }
    port = colon + 1;
    return read_digits (&port, 10, &number) && *port == '\0' && number <= 65535;
}

/* One group of an OBIS code: a number, or one of the letters of IEC 62056-21 for C and D. */
static gboolean read_obis_group (const char **text, gboolean letters, guint8 *group)
{
    static const char names[] = "CFLP"; /* 96, 97, 98, 99 */
    const char *letter = letters && **text != '\0' ? strchr (names, **text) : NULL;
    gint64 number;

    if (letter != NULL) {
        *group = (guint8) (96 + (letter - names));
        (*text)++;
        return TRUE;
    }
    if (!read_digits (text, 10, &number) || number > 255)
        return FALSE;
    *group = (guint8) number;
    return TRUE;
}

/* [A-][B:]C.D[.E][*F]; what is left out is 255. */
static gboolean read_obis (const MgSetting *setting, const char *text, SettingItem *item)
{
    MgObis o = MG_OBIS (255, 255, 255, 255, 255, 255);
    GString *normal;

    if (strchr (text, '-') != NULL && !(read_obis_group (&text, FALSE, &o.a) && *text++ == '-'))
        return FALSE;
    if (strchr (text, ':') != NULL && !(read_obis_group (&text, FALSE, &o.b) && *text++ == ':'))
        return FALSE;
    if (!read_obis_group (&text, TRUE, &o.c) || *text++ != '.' || !read_obis_group (&text, TRUE, &o.d))
        return FALSE;
    if (*text == '.' && !(text++, read_obis_group (&text, FALSE, &o.e)))
        return FALSE;
    if (*text == '*' && !(text++, read_obis_group (&text, FALSE, &o.f)))
        return FALSE;
    if (*text != '\0')
        return FALSE;
    item->obis = o;
    normal = g_string_new (NULL);
    if (o.a != 255)
        g_string_append_printf (normal, "%u-", o.a);
    if (o.b != 255)
        g_string_append_printf (normal, "%u:", o.b);
    g_string_append_printf (normal, "%u.%u", o.c, o.d);
    if (o.e != 255)
        g_string_append_printf (normal, ".%u", o.e);
    if (o.f != 255)
        g_string_append_printf (normal, "*%u", o.f);
    item->text = g_string_free (normal, FALSE);
    return TRUE;
}

static gboolean read_selector (const MgSetting *setting, const char *text, SettingItem *item)
{
    item->selector = mgh_selector_parse (text, NULL);
    return item->selector != NULL;
}

gint setting_compare_number (const SettingItem *a, const SettingItem *b)
{
    return a->number < b->number ? -1 : a->number > b->number;
}

static gint compare_decimal (const SettingItem *a, const SettingItem *b)
{
    return mg_value_compare (a->decimal, b->decimal);
}

static const SettingType setting_types[] = {
    [MG_SETTING_STRING] = { "text", read_string, NULL, TRUE },
    [MG_SETTING_INT] = { "a whole number", read_int, setting_compare_number },
    [MG_SETTING_DECIMAL] = { "a decimal number", read_decimal, compare_decimal },
    [MG_SETTING_BOOL] = { "yes or no", read_bool },
    [MG_SETTING_ENUM] = { "one of", read_enum },
    [MG_SETTING_DURATION] = { "a duration such as 500ms, 10s, 15min, 2h or 1d", read_duration, setting_compare_number },
    [MG_SETTING_SIZE] = { "a size in bytes such as 4096, 64KiB, 8MB or 1GiB", read_size, setting_compare_number },
    [MG_SETTING_HEX] = { "pairs of hexadecimal digits", read_hex, NULL, TRUE },
    [MG_SETTING_PATH] = { "an absolute path", read_path },
    [MG_SETTING_HOSTPORT] = { "host:port or [address]:port", read_hostport },
    [MG_SETTING_OBIS] = { "an OBIS code such as 1-0:1.8.0*255", read_obis },
    [MG_SETTING_SELECTOR] = { "a selector such as tag:panel=east quantity:power.*", read_selector },
};

const SettingType *setting_type (const MgSetting *setting)
{
    const SettingType *type = setting->type < G_N_ELEMENTS (setting_types) ? &setting_types[setting->type] : NULL;

    return type != NULL && type->read != NULL ? type : NULL;
}

gboolean setting_read_number (const char *text, SettingItem *item)
{
    return read_int (NULL, text, item);
}
