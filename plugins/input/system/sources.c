/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sources.c: what the kernel tells of itself (proc(5), sysfs), from texts to exact numbers. */
#include <metergate.h>

#include "sources.h"

#include <string.h>

gboolean system_parse_ticks (const char *stat, SystemTicks *ticks)
{
    g_auto (GStrv) words = NULL;
    const char *end = strchr (stat, '\n');
    g_autofree char *line = g_strndup (stat, end != NULL ? (gsize) (end - stat) : strlen (stat));
    guint field = 0;

    *ticks = (SystemTicks){ 0, 0 };
    if (!g_str_has_prefix (line, "cpu "))
        return FALSE;
    words = g_strsplit (line + 4, " ", -1);
    /* user nice system idle iowait irq softirq steal; guest times are in user and nice already */
    for (guint i = 0; words[i] != NULL && field < 8; i++) {
        guint64 n;

        if (*words[i] == '\0')
            continue;
        if (!g_ascii_string_to_unsigned (words[i], 10, 0, G_MAXINT64 / 16, &n, NULL))
            return FALSE;
        ticks->total += n;
        if (field != 3 && field != 4)
            ticks->busy += n;
        field++;
    }
    return field >= 4;
}

gboolean system_load (SystemTicks before, SystemTicks after, MgValue *percent)
{
    guint64 total, busy;

    if (after.total <= before.total)
        return FALSE;
    total = after.total - before.total;
    busy = after.busy > before.busy ? after.busy - before.busy : 0; /* iowait may run backwards, proc(5) */
    busy = MIN (busy, total);
    while (busy > G_MAXUINT32 || total > G_MAXUINT32) {
        busy >>= 1;
        total >>= 1;
    }
    *percent = mg_value_decimal ((gint64) ((busy * 1000 + total / 2) / total), -1);
    return TRUE;
}

gboolean system_parse_kib (const char *text, const char *name, MgValue *bytes)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    gsize len = strlen (name);

    for (guint i = 0; lines[i] != NULL; i++) {
        char *end;
        guint64 kib;

        if (strncmp (lines[i], name, len) != 0 || lines[i][len] != ':')
            continue;
        kib = g_ascii_strtoull (lines[i] + len + 1, &end, 10);
        if (!g_str_equal (g_strstrip (end), "kB") || kib > (guint64) G_MAXINT64 / 1024)
            return FALSE;
        *bytes = mg_value_decimal ((gint64) kib * 1024, 0);
        return TRUE;
    }
    return FALSE;
}

gboolean system_parse_first (const char *text, MgValue *number)
{
    gsize len = strcspn (text, " \n");

    return len > 0 && mg_value_parse (text, (gssize) len, number, NULL);
}

gboolean system_parse_integer (const char *text, gint exponent, MgValue *number)
{
    g_autofree char *word = g_strstrip (g_strdup (text));
    gint64 n;

    if (!g_ascii_string_to_signed (word, 10, G_MININT32, G_MAXINT32, &n, NULL))
        return FALSE;
    *number = mg_value_decimal (n, exponent);
    return TRUE;
}

static gboolean input_refuse (GError **error, const char *text)
{
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                 "input %s: expected NAME=gpiochipN:LINE or NAME=/file, NAME of a-z, 0-9 and -", text);
    return FALSE;
}

gboolean system_input_parse (const char *text, SystemInput *input, GError **error)
{
    const char *equals = strchr (text, '='), *place, *colon;
    guint64 line;

    memset (input, 0, sizeof *input);
    input->line = -1;
    if (equals == NULL || equals == text || equals - text > 32 ||
        strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789-") != (gsize) (equals - text))
        return input_refuse (error, text);
    input->inverted = equals[1] == '!';
    place = equals + (input->inverted ? 2 : 1);
    if (g_path_is_absolute (place)) {
        input->path = g_strdup (place);
    } else {
        colon = strchr (place, ':');
        if (!g_str_has_prefix (place, "gpiochip") || colon == NULL || strchr (place, '/') != NULL ||
            !g_ascii_string_to_unsigned (colon + 1, 10, 0, 1023, &line, NULL))
            return input_refuse (error, text);
        input->path = g_strdup_printf ("/dev/%.*s", (int) (colon - place), place);
        input->line = (gint) line;
    }
    input->name = g_strndup (text, (gsize) (equals - text));
    return TRUE;
}

void system_input_clear (SystemInput *input)
{
    g_clear_pointer (&input->name, g_free);
    g_clear_pointer (&input->path, g_free);
}
