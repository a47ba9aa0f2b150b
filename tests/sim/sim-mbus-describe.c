/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-mbus-describe.c: meters described in words (key=value), and the gateway's list of meters made from them. */
#include "sim-mbus-private.h"

#include <gio/gio.h>
#include <string.h>

typedef enum {
    DESCRIBE_NUMBER,
    DESCRIBE_SIGNED,
    DESCRIBE_WIDE,
    DESCRIBE_BYTE,
    DESCRIBE_FLAG,
    DESCRIBE_MS
} DescribeShape;

static const struct {
    const char *key;
    DescribeShape shape;
    gsize offset;
    guint64 max;
} describe_keys[] = {
    { "version", DESCRIBE_BYTE, G_STRUCT_OFFSET (SimMeterOptions, version), 255 },
    { "medium", DESCRIBE_BYTE, G_STRUCT_OFFSET (SimMeterOptions, medium), 255 },
    { "status", DESCRIBE_BYTE, G_STRUCT_OFFSET (SimMeterOptions, status), 255 },
    { "baud", DESCRIBE_NUMBER, G_STRUCT_OFFSET (SimMeterOptions, baud), 38400 },
    { "values", DESCRIBE_NUMBER, G_STRUCT_OFFSET (SimMeterOptions, values), 1000 },
    { "pages", DESCRIBE_NUMBER, G_STRUCT_OFFSET (SimMeterOptions, pages), 50 },
    { "start", DESCRIBE_WIDE, G_STRUCT_OFFSET (SimMeterOptions, start), 90000000 },
    { "step", DESCRIBE_WIDE, G_STRUCT_OFFSET (SimMeterOptions, step), 1000000 },
    { "delay", DESCRIBE_MS, G_STRUCT_OFFSET (SimMeterOptions, delay_us), 600000 },
    { "silent", DESCRIBE_NUMBER, G_STRUCT_OFFSET (SimMeterOptions, silent), 100 },
    { "noise", DESCRIBE_NUMBER, G_STRUCT_OFFSET (SimMeterOptions, noise), 100 },
    { "checksum", DESCRIBE_NUMBER, G_STRUCT_OFFSET (SimMeterOptions, checksum), 100 },
    { "cut", DESCRIBE_NUMBER, G_STRUCT_OFFSET (SimMeterOptions, cut), 100 },
    { "babble", DESCRIBE_NUMBER, G_STRUCT_OFFSET (SimMeterOptions, babble), 100 },
    { "lost-page", DESCRIBE_NUMBER, G_STRUCT_OFFSET (SimMeterOptions, lost_page), 50 },
    { "fixed", DESCRIBE_FLAG, G_STRUCT_OFFSET (SimMeterOptions, fixed), 1 },
    { "enhanced", DESCRIBE_FLAG, G_STRUCT_OFFSET (SimMeterOptions, enhanced), 1 },
    { "application-error", DESCRIBE_SIGNED, G_STRUCT_OFFSET (SimMeterOptions, application_error), 255 },
    { "reply-address", DESCRIBE_SIGNED, G_STRUCT_OFFSET (SimMeterOptions, reply_address), 255 },
};

void sim_meter_options_init (SimMeterOptions *options)
{
    *options = (SimMeterOptions){ .address = 0,
                                  .id = 0x00000001,
                                  .manufacturer = 0x4D49, /* SJI */
                                  .version = 1,
                                  .medium = 0x04,
                                  .values = 10,
                                  .start = 1000,
                                  .step = 1,
                                  .enhanced = TRUE,
                                  .application_error = SIM_NO_ERROR,
                                  .reply_address = -1 };
}

void sim_meter_options_clear (SimMeterOptions *options)
{
    g_clear_pointer (&options->label, g_free);
}

static gboolean describe_refuse (GError **error, const char *key, const char *value, const char *expected)
{
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "meter: %s=%s: expected %s", key, value, expected);
    return FALSE;
}

static void describe_store (SimMeterOptions *options, guint i, guint64 value)
{
    gpointer field = G_STRUCT_MEMBER_P (options, describe_keys[i].offset);

    switch (describe_keys[i].shape) {
    case DESCRIBE_BYTE:
        *(guint8 *) field = (guint8) value;
        break;
    case DESCRIBE_WIDE:
        *(guint64 *) field = value;
        break;
    case DESCRIBE_MS:
        *(gint64 *) field = (gint64) value * 1000;
        break;
    case DESCRIBE_SIGNED:
    case DESCRIBE_FLAG:
        *(gint *) field = (gint) value;
        break;
    case DESCRIBE_NUMBER:
    default:
        *(guint *) field = (guint) value;
        break;
    }
}

static gboolean describe_manufacturer (const char *text, guint16 *code)
{
    *code = 0;
    if (strlen (text) != 3)
        return FALSE;
    for (guint i = 0; i < 3; i++) {
        if (text[i] < 'A' || text[i] > 'Z')
            return FALSE;
        *code = (guint16) (*code << 5 | (text[i] - 'A' + 1));
    }
    return TRUE;
}

static gboolean describe_set (SimMeterOptions *options, const char *key, const char *value, GError **error)
{
    guint64 number;

    if (g_str_equal (key, "label")) {
        g_free (options->label);
        options->label = g_strdup (value);
        return TRUE;
    }
    if (g_str_equal (key, "address")) {
        if (g_str_equal (value, "none"))
            options->address = SIM_NO_ADDRESS;
        else if (g_ascii_string_to_unsigned (value, 10, 0, 250, &number, NULL))
            options->address = (gint) number;
        else
            return describe_refuse (error, key, value, "0 to 250, or none");
        return TRUE;
    }
    if (g_str_equal (key, "id")) {
        if (strlen (value) != 8 || !g_ascii_string_to_unsigned (value, 16, 0, G_MAXUINT32, &number, NULL))
            return describe_refuse (error, key, value, "eight digits");
        options->id = (guint32) number;
        return TRUE;
    }
    if (g_str_equal (key, "manufacturer"))
        return describe_manufacturer (value, &options->manufacturer) ||
               describe_refuse (error, key, value, "three capital letters");
    for (guint i = 0; i < G_N_ELEMENTS (describe_keys); i++) {
        if (!g_str_equal (key, describe_keys[i].key))
            continue;
        if (!g_ascii_string_to_unsigned (value, 10, 0, describe_keys[i].max, &number, NULL)) {
            g_autofree char *expected = g_strdup_printf ("0 to %" G_GUINT64_FORMAT, describe_keys[i].max);
            return describe_refuse (error, key, value, expected);
        }
        describe_store (options, i, number);
        return TRUE;
    }
    return describe_refuse (error, key, value, "a known key");
}

gboolean sim_meter_options_parse (SimMeterOptions *options, const char *text, GError **error)
{
    g_auto (GStrv) words = g_strsplit_set (text, " \t", -1);

    for (guint i = 0; words[i] != NULL; i++) {
        char *equals = strchr (words[i], '=');

        if (*words[i] == '\0')
            continue;
        if (equals == NULL)
            return describe_refuse (error, words[i], "", "key=value");
        *equals = '\0';
        if (!describe_set (options, words[i], equals + 1, error))
            return FALSE;
    }
    return TRUE;
}

char *sim_meter_options_identity (const SimMeterOptions *options)
{
    guint16 m = options->manufacturer;

    if (m == 0) /* fixed data names no manufacturer */
        return g_strdup ("");
    return g_strdup_printf ("%c%c%c-%08X-%u-%u", '@' + (m >> 10 & 31), '@' + (m >> 5 & 31), '@' + (m & 31), options->id,
                            options->version, options->medium);
}

char *sim_meter_options_to_csv (const SimMeterOptions *options, const char *channel, const char *cycle)
{
    g_autofree char *identity = sim_meter_options_identity (options);
    g_autofree char *address = NULL;
    g_autofree char *label = NULL;

    address = options->address >= 0 ? g_strdup_printf ("%d", options->address) : g_strdup (identity);
    label = options->label != NULL ? g_strdup (options->label) : g_strdup_printf ("meter-%s", address);
    for (char *p = label; *p != '\0'; p++) /* file names may hold anything */
        if (*p == ';' || *p == ',' || *p == '"' || g_ascii_iscntrl (*p))
            *p = '_';
    return g_strdup_printf ("%s;%s;%s;%s;%u;%s;all;", label, channel, address, identity, options->medium, cycle);
}
