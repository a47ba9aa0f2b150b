/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* setting-text.c: escapes, blanks and list separators of a value, as in GLib's key files. */
#include <metergate.h>

#include "setting.h"

#include <string.h>

#define QUOTE_MOST 60 /* bytes of a value that a message repeats */

static const char escape_letters[] = "sntr\\";
static const char escape_meanings[] = " \n\t\r\\";

static gboolean text_is_blank (char c)
{
    return c == ' ' || c == '\t';
}

/* Takes the blanks off both ends of [start, end); what is escaped is no blank. */
static void text_trim (const char **start, const char **end)
{
    while (*start < *end && text_is_blank (**start))
        (*start)++;
    while (*end > *start && text_is_blank ((*end)[-1]))
        (*end)--;
}

static char *text_unescape (const char *start, const char *end, gboolean in_list, GError **error)
{
    GString *out = g_string_sized_new ((gsize) (end - start) + 1);

    for (const char *p = start; p < end; p++) {
        const char *letter = NULL;

        if (*p != '\\') {
            g_string_append_c (out, *p);
            continue;
        }
        if (++p < end && in_list && *p == ';') {
            g_string_append_c (out, ';');
            continue;
        }
        if (p < end)
            letter = strchr (escape_letters, *p);
        if (letter == NULL) {
            g_autofree char *quoted = setting_text_quote (p < end ? p : "");
            g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "a backslash before %s: expected \\s, \\n, \\t, \\r, \\\\%s",
                         quoted, in_list ? " or \\;" : "");
            g_string_free (out, TRUE);
            return NULL;
        }
        g_string_append_c (out, escape_meanings[letter - escape_letters]);
    }
    return g_string_free (out, FALSE);
}

static gboolean text_is_utf8 (const char *raw, GError **error)
{
    if (g_utf8_validate (raw, -1, NULL))
        return TRUE;
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "not valid UTF-8");
    return FALSE;
}

gboolean setting_text_scalar (const char *raw, char **text, GError **error)
{
    const char *start = raw, *end = raw + strlen (raw);

    if (!text_is_utf8 (raw, error))
        return FALSE;
    text_trim (&start, &end);
    *text = text_unescape (start, end, FALSE, error);
    return *text != NULL;
}

static gboolean text_add_item (const char *start, const char *end, GPtrArray *texts, GError **error)
{
    char *text;

    text_trim (&start, &end);
    if (start == end) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "item %u is empty: expected values apart by ;", texts->len + 1);
        return FALSE;
    }
    text = text_unescape (start, end, TRUE, error);
    if (text == NULL)
        return FALSE;
    g_ptr_array_add (texts, text);
    return TRUE;
}

gboolean setting_text_list (const char *raw, GPtrArray *texts, GError **error)
{
    const char *start = raw, *end = raw + strlen (raw);

    if (!text_is_utf8 (raw, error))
        return FALSE;
    text_trim (&start, &end);
    for (const char *p = start; p < end; p++) {
        if (*p == '\\' && p + 1 < end) {
            p++;
            continue;
        }
        if (*p != ';')
            continue;
        if (!text_add_item (start, p, texts, error))
            return FALSE;
        start = p + 1;
    }
    /* a last separator closes the list, as GKeyFile writes it */
    text_trim (&start, &end);
    return start == end || text_add_item (start, end, texts, error);
}

char *setting_text_escape (const char *text, gboolean in_list)
{
    GString *out = g_string_new (NULL);
    gsize len = strlen (text);

    for (gsize i = 0; i < len; i++) {
        const char *meaning = strchr (escape_meanings, text[i]);

        /* blanks inside stay readable, those at the ends would be trimmed */
        if (text[i] == ' ' && i > 0 && i + 1 < len)
            meaning = NULL;
        if (meaning != NULL)
            g_string_append_printf (out, "\\%c", escape_letters[meaning - escape_meanings]);
        else if (in_list && text[i] == ';')
            g_string_append (out, "\\;");
        else
            g_string_append_c (out, text[i]);
    }
    return g_string_free (out, FALSE);
}

char *setting_text_quote (const char *text)
{
    g_autofree char *valid = g_utf8_make_valid (text, -1);
    GString *out = g_string_new ("\"");

    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p)) {
        gunichar c = g_utf8_get_char (p);

        if (out->len > QUOTE_MOST) {
            g_string_append (out, "...");
            break;
        }
        if (c == '"' || c == '\\')
            g_string_append_printf (out, "\\%c", (char) c);
        else if (g_unichar_isprint (c))
            g_string_append_unichar (out, c);
        else
            g_string_append_printf (out, "\\u%04x", c);
    }
    return g_string_free (g_string_append_c (out, '"'), FALSE);
}
