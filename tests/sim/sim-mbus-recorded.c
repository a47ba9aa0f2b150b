/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-mbus-recorded.c: recorded telegrams as meters: which files are answers of a meter, and whose. */
#include "sim-mbus-private.h"

#include <gio/gio.h>
#include <string.h>

#define RECORDED_MAX_ADDRESS 250

void sim_recorded_free (SimRecorded *recorded)
{
    sim_meter_options_clear (&recorded->options);
    g_free (recorded->name);
    g_free (recorded->refused);
    g_ptr_array_unref (recorded->pages);
    g_free (recorded);
}

/* NULL for odd digits or other characters */
static GByteArray *recorded_unhex (const char *line)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    gint high = -1;

    for (const char *p = line; *p != '\0' && *p != '#'; p++) {
        gint digit = g_ascii_xdigit_value (*p);

        if (g_ascii_isspace (*p))
            continue;
        if (digit < 0)
            return NULL;
        if (high < 0) {
            high = digit;
        } else {
            guint8 byte = (guint8) (high << 4 | digit);
            g_byte_array_append (bytes, &byte, 1);
            high = -1;
        }
    }
    return high < 0 ? g_steal_pointer (&bytes) : NULL;
}

/* EN 13757-2: start, both lengths, checksum, stop, and C of RSP_UD */
static char *recorded_refuse_link (const guint8 *b, gsize len)
{
    guint8 sum = 0;

    if (len < 9 || b[0] != 0x68 || b[3] != 0x68)
        return g_strdup_printf ("no long frame (%" G_GSIZE_FORMAT " bytes)", len);
    if (b[1] != b[2] || b[1] < 3 || len != (gsize) b[1] + 6)
        return g_strdup_printf ("length bytes %02X %02X in a frame of %" G_GSIZE_FORMAT " bytes", b[1], b[2], len);
    for (gsize i = 4; i < len - 2; i++)
        sum = (guint8) (sum + b[i]);
    if (b[len - 2] != sum || b[len - 1] != 0x16)
        return g_strdup_printf ("checksum and stop %02X %02X, expected %02X 16", b[len - 2], b[len - 1], sum);
    if ((b[4] & 0xCF) != 0x08)
        return g_strdup_printf ("control field %02X is no answer of a meter", b[4]);
    return NULL;
}

/* Modes without a meaning are none: old meters put all sorts of things there. Modes 5 and 7 count their blocks of 16
 * bytes. */
static gboolean recorded_is_encrypted (guint16 configuration)
{
    guint mode = configuration >> 8 & 0x1F;

    if (mode == 5 || mode == 7)
        return (configuration & 0x00F0) != 0;
    return (mode >= 2 && mode <= 4) || (mode >= 8 && mode <= 10) || mode == 13;
}

static char *recorded_refuse_data (const guint8 *b, gsize len)
{
    gsize data = len - 9; /* after CI, before the checksum */
    guint16 configuration = 0;

    switch (b[6]) {
    case 0x70:
    case 0x6E:
    case 0x6F:
        return g_strdup_printf ("application error (CI %02X)", b[6]);
    case 0x72:
        if (data >= 12)
            configuration = (guint16) (b[17] | b[18] << 8);
        break;
    case 0x76:
        if (data >= 12)
            configuration = (guint16) (b[17] << 8 | b[18]);
        break;
    case 0x7A:
        if (data >= 4)
            configuration = (guint16) (b[9] | b[10] << 8);
        break;
    case 0x73:
    case 0x77:
        return data == 16 ? NULL : g_strdup_printf ("CI %02X with %" G_GSIZE_FORMAT " bytes, not 16", b[6], data);
    case 0x78:
        return NULL;
    default:
        return g_strdup_printf ("CI %02X is no answer of a meter", b[6]);
    }
    if (b[6] != 0x7A && data < 12)
        return g_strdup_printf ("CI %02X with %" G_GSIZE_FORMAT " bytes, no whole header", b[6], data);
    if (recorded_is_encrypted (configuration))
        return g_strdup_printf ("encrypted (mode %u)", configuration >> 8 & 0x1F);
    return NULL;
}

static guint32 recorded_number (const guint8 *b, guint n, gboolean msb_first)
{
    guint32 number = 0;

    for (guint i = 0; i < n; i++)
        number = number << 8 | b[msb_first ? i : n - 1 - i];
    return number;
}

static void recorded_identify (SimMeterOptions *options, const guint8 *b)
{
    gboolean msb_first = (b[6] & 0x04) != 0;

    if (b[6] == 0x78 || b[6] == 0x7A)
        return;
    options->id = recorded_number (b + 7, 4, msb_first);
    if (b[6] == 0x73 || b[6] == 0x77) {
        static const guint8 media[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 3, 4, 6, 7, 8, 15 };
        options->medium = media[b[13] >> 6 | (b[14] >> 6) << 2];
        return;
    }
    options->manufacturer = (guint16) recorded_number (b + 11, 2, msb_first);
    options->version = b[13];
    options->medium = b[14];
}

SimRecorded *sim_recorded_parse (const char *name, const char *text, guint address)
{
    SimRecorded *recorded = g_new0 (SimRecorded, 1);
    g_auto (GStrv) lines = g_strsplit_set (text, "\r\n", -1);

    recorded->name = g_strdup (name);
    recorded->pages = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
    sim_meter_options_init (&recorded->options);
    recorded->options.address = (gint) address;
    recorded->options.manufacturer = recorded->options.version = recorded->options.medium = 0;
    recorded->options.label = g_strndup (name, strlen (name) - (g_str_has_suffix (name, ".hex") ? 4 : 0));
    for (guint i = 0; lines[i] != NULL && recorded->refused == NULL; i++) {
        g_autoptr (GByteArray) frame = recorded_unhex (lines[i]);

        if (frame == NULL) {
            recorded->refused = g_strdup_printf ("line %u is not hexadecimal", i + 1);
            break;
        }
        if (frame->len == 0)
            continue;
        recorded->refused = recorded_refuse_link (frame->data, frame->len);
        if (recorded->refused == NULL)
            recorded->refused = recorded_refuse_data (frame->data, frame->len);
        if (recorded->refused == NULL && recorded->pages->len == 0)
            recorded_identify (&recorded->options, frame->data);
        g_ptr_array_add (recorded->pages, g_byte_array_free_to_bytes (g_steal_pointer (&frame)));
    }
    if (recorded->refused == NULL && recorded->pages->len == 0)
        recorded->refused = g_strdup ("no telegram");
    if (recorded->refused == NULL && address > RECORDED_MAX_ADDRESS)
        recorded->refused = g_strdup_printf ("file %u, but primary addresses end at %u", address, RECORDED_MAX_ADDRESS);
    return recorded;
}

static gint recorded_compare_names (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *sim_recorded_load (const char *folder, GError **error)
{
    g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) sim_recorded_free);
    g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
    const char *entry;

    if (dir == NULL)
        return NULL;
    while ((entry = g_dir_read_name (dir)) != NULL) {
        if (g_str_has_suffix (entry, ".hex"))
            g_ptr_array_add (names, g_strdup (entry));
    }
    g_ptr_array_sort (names, recorded_compare_names);
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index (names, i);
        g_autofree char *path = g_build_filename (folder, name, NULL);
        g_autofree char *text = NULL;

        if (!g_file_get_contents (path, &text, NULL, error))
            return NULL;
        g_ptr_array_add (all, sim_recorded_parse (name, text, i + 1));
    }
    return g_steal_pointer (&all);
}
